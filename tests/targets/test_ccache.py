"""zig through ccache, where it is installed: what a step compiled before is found."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from workshop import Shop, kit_request

from orchestrator.targets.host import this_host
from orchestrator.targets.tags import parse_platform
from orchestrator.targets.zig import ZigToolchain

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.toolchain,
    pytest.mark.skipif(sys.platform == "darwin", reason="a Mac compiles with Apple's tools"),
    pytest.mark.skipif(not shutil.which("ccache"), reason="ccache is not installed"),
]

MACOS = parse_platform("macos")
SOURCE = '#include "own.h"\nconst char *where = __FILE__;\nint answer(void) { return ANSWER; }\n'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache whose ccache is empty, and whose zig knows its libraries."""
    kept = pytestconfig.cache.mkdir("orchestrate")
    folder = tmp_path / "cache"
    folder.mkdir()
    for name in ("zig", "sdk"):
        (kept / name).mkdir(exist_ok=True)
        (folder / name).symlink_to(kept / name)
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(folder))
    return folder


def compiled(root: Path) -> bytes:
    """The object file of a source, compiled in a build folder."""
    root.mkdir()
    shop = Shop(ZigToolchain(this_host()).prepare(kit_request(root / "kit", MACOS)), root)
    shop.write("own.h", "#define ANSWER 42\n")
    shop.write("a.c", SOURCE)
    shop.say("cc", "-O2", f"-I{root}", "-c", str(root / "a.c"), "-o", str(root / "a.o"))
    return (root / "a.o").read_bytes()


def test_what_is_built_again_is_not_compiled_again_and_the_same_without(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compiled(tmp_path / "build")
    shutil.rmtree(tmp_path / "build")
    assert compiled(tmp_path / "build") == first
    shop = Shop(ZigToolchain(this_host()).prepare(kit_request(tmp_path / "x", MACOS)), tmp_path)
    monkeypatch.setitem(shop.env, "CCACHE_DIR", str(cache / "ccache"))
    counts = dict(line.split("\t") for line in shop.say("ccache", "--print-stats").splitlines())
    hits = int(counts["direct_cache_hit"]) + int(counts["preprocessed_cache_hit"])
    assert (hits, int(counts["cache_miss"])) == (1, 1)
    monkeypatch.setenv("PATH", str(tmp_path))  # no ccache
    assert compiled(tmp_path / "other") == first
