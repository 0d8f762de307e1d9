import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import LockMismatchError, UnusableLockError
from orchestrator.model import Closure, Locked, Target
from orchestrator.resolve.closure import closure_of, select, with_roots
from orchestrator.resolve.inputs import Root, parse_root
from orchestrator.targets.tags import parse_interpreter, parse_platform

BASE = Path("/work/project")
MAC = Target(platform=parse_platform("macosx_12_0_arm64"), interpreter=parse_interpreter("3.11"))


def wheel(name: str, digest: str = "a") -> str:
    return (
        f'{{ name = "{name}", url = "https://example.org/{name}", '
        f'hashes = {{ sha256 = "{digest * 64}" }} }}'
    )


def lock(*packages: str, more: str = "") -> dict[str, Any]:
    head = f'lock-version = "1.0"\ncreated-by = "test"\n{more}\n'
    return tomllib.loads(head + "".join(f"[[packages]]\n{package}\n" for package in packages))


def closure(
    *packages: str, roots: tuple[Root, ...] = (), target: Target = MAC, **edges: tuple[str, ...]
) -> Closure:
    selected = select(lock(*packages), target, "pylock.toml")
    return closure_of(selected, edges, roots, target, text="", base=BASE)


def root(text: str, *hashes: str) -> Root:
    return parse_root(text, "r.txt:1", BASE, hashes)


def test_the_wheel_is_the_one_that_an_installer_takes():
    names = (
        "x-1-cp311-cp311-macosx_14_0_arm64.whl",
        "x-1-cp311-cp311-macosx_11_0_x86_64.whl",
        "x-1-cp39-abi3-macosx_11_0_arm64.whl",
        "x-1-cp311-cp311-macosx_10_9_universal2.whl",
        "x-1-py3-none-any.whl",
    )

    def taken(*names: str) -> str | None:
        listed = ", ".join(map(wheel, names))
        (package,) = closure(f'name = "x"\nversion = "1"\nwheels = [{listed}]').packages
        assert len(package.wheels) == len(names)
        return package.wheel and package.wheel.filename

    assert taken(*names) == names[3]
    assert taken(*names[:3], names[4]) == names[2]
    assert taken(*names[:2], names[4]) == names[4]
    assert taken(*names[:2]) is None


def test_sources_that_no_index_has():
    packages = closure(
        'name = "a"\ndirectory = { path = "../a" }',
        'name = "b"\n[packages.vcs]\ntype = "git"\nurl = "https://u:p@example.org/b.git"\n'
        'commit-id = "abc"\nsubdirectory = "python"',
        'name = "c"\nversion = "1"\n[packages.archive]\nurl = "https://example.org/c-1.zip"\n'
        'hashes = { sha256 = "00" }',
        roots=(
            root("../a"),
            root("git+https://example.org/b.git@v1"),
            root("c @ https://e/c.zip"),
        ),
    ).packages
    a, b, c = (package.source for package in packages)
    assert a
    assert (a.kind, a.location) == ("directory", "/work/a")
    assert b
    assert (b.location, b.digest) == ("https://example.org/b.git#subdirectory=python", "git:abc")
    assert c
    assert (c.kind, c.filename, c.digest) == ("url", "c-1.zip", "sha256:00")
    assert [package.roots for package in packages] == [
        ("../a",),
        ("git+https://example.org/b.git@v1",),
        ("c @ https://e/c.zip",),
    ]


def test_hashes_of_the_user_are_held_to():
    text = (
        f'name = "x"\nversion = "1"\nwheels = [{wheel("x-1-py3-none-any.whl", "a")}]\n'
        'sdist = { name = "x-1.tar.gz", url = "https://example.org/x-1.tar.gz", hashes = '
        f'{{ sha256 = "{"b" * 64}" }} }}'
    )
    (package,) = closure(text, roots=(root("x", "sha256:" + "b" * 64),)).packages
    assert package.wheel is None
    assert package.sdist
    with pytest.raises(LockMismatchError, match=r"r\.txt:1: none of the hashes of x==1") as caught:
        closure(text, roots=(root("x", "sha256:" + "c" * 64),))
    assert caught.value.details == (
        f"x-1-py3-none-any.whl has sha256:{'a' * 64}",
        f"x-1.tar.gz has sha256:{'b' * 64}",
    )


@pytest.mark.parametrize(
    "more", ['requires-python = ">=3.13"', "environments = [\"sys_platform == 'linux'\"]"]
)
def test_a_lock_that_is_not_for_the_target(more: str):
    with pytest.raises(UnusableLockError, match=r"^pylock\.toml: "):
        select(lock(more=more + "\npackages = []"), MAC, "pylock.toml")


def test_a_root_that_does_not_apply_pulls_nothing_in():
    packages = [Locked(name="a", version="1", needs=("b",)), Locked(name="b", version="1")]
    found = with_roots(packages, (root("a ; sys_platform == 'win32'"), root("b")), MAC)
    assert [package.roots for package in found] == [(), ("b",)]


NAMES = [f"p{number}" for number in range(6)]


@given(st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=3)))
def test_a_root_pulls_in_what_can_be_reached_from_it(graph: dict[str, list[str]]):
    packages = [Locked(name=name, version="1", needs=tuple(graph.get(name, ()))) for name in NAMES]
    found = with_roots(packages, (root("p0"),), MAC)
    pulled = {package.name for package in found if package.roots}
    assert "p0" in pulled
    for package in packages:
        assert package.name not in pulled or set(package.needs) <= pulled
        needed = any(package.name in graph.get(name, ()) for name in pulled)
        assert package.name == "p0" or needed == (package.name in pulled)
