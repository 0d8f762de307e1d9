"""What the generators of orchestrator/targets/sdk/data share: ziglang's files, and the format."""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT / "orchestrator" / "targets" / "sdk" / "data"
sys.path.insert(0, str(ROOT))

Version = tuple[int, int]


def unpacked(requirement: str, folder: Path, *options: str) -> Path:
    """The content of one wheel in a folder of its own, installed there unless it is already."""
    place = folder / requirement.partition("==")[2]
    if not place.is_dir():
        command = ("uv", "pip", "install", "--quiet", "--no-deps", "--target", str(place))
        subprocess.run((*command, *options, requirement), check=True)
    return place


def ziglang(version: str, folder: Path) -> Path:
    """The root of one version of ziglang: the zig program and its ``lib``."""
    return unpacked(f"ziglang=={version}", folder) / "ziglang"


def write_table(name: str, introduced: Mapping[str, Version], comment: str) -> None:
    """Writes ``NAME.txt``: under each ``@ MAJOR.MINOR`` the symbols that came with that macOS."""
    lines = [f"# {line}" for line in comment.strip().splitlines()]
    for version in sorted(set(introduced.values())):
        lines.append("@ {}.{}".format(*version))
        lines += sorted(symbol for symbol, since in introduced.items() if since == version)
    path = DATA / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {len(introduced)} symbols")


def first_seen(tables: Iterable[tuple[Version, Iterable[str]]]) -> dict[str, Version]:
    """For each symbol the version of the first table that has it; tables come oldest first."""
    introduced: dict[str, Version] = {}
    for version, symbols in tables:
        for symbol in symbols:
            introduced.setdefault(symbol, version)
    return introduced
