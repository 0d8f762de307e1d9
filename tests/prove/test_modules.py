"""The modules that wheels install."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.prove.modules import top_level_modules


@pytest.mark.parametrize(
    ("members", "modules"),
    [
        (["msgpack/__init__.py", "msgpack/_cmsgpack.cpython-311-x86_64-linux-gnu.so"], ["msgpack"]),
        (["_a.cpython-311-aarch64-linux-gnu.so", "b.abi3.so", "c.py"], ["_a", "b", "c"]),
        (["fast/__init__.cpython-311-aarch64-linux-gnu.so"], ["fast"]),
        (["google/cloud/store/__init__.py", "google/x.py"], ["google.cloud.store", "google.x"]),
        (["a.py", "a-1.0.dist-info/METADATA", "a.libs/libz-123.so.1", "a.pth"], ["a"]),
        (["a-1.0.data/platlib/b.py", "a-1.0.data/scripts/c.py", "a-1.0.data/data/d.py"], ["b"]),
        (["a.py", "tests/__init__.py", "conftest.py", "setup.py"], ["a"]),
        (["tests/__init__.py"], ["tests"]),
        (["a/__init__.py", "a/b/c.py", "a/py.typed"], ["a"]),
        (["data/x.txt", "not-a-module.py"], []),
        ([], []),
    ],
)
def test_what_is_imported(members: list[str], modules: list[str]) -> None:
    assert list(top_level_modules(members)) == modules


@given(st.lists(st.text()))
def test_every_name_can_be_imported(members: list[str]) -> None:
    for name in top_level_modules(members):
        assert all(part.isidentifier() for part in name.split("."))
