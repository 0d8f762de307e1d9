from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.binary.tbd import BadStubError, parse_stubs

STUB = """\
--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64-macos ]
install-name:    '/usr/lib/libsmall.1.dylib'
current-version: 1.2.3
reexported-libraries:
  - targets:     [ arm64-macos ]
    libraries:   [ '/usr/lib/libother.dylib' ]
exports:
  - targets:     [ x86_64-macos, arm64-macos ]
    symbols:     [ _plain, '_quo''ted$X', "_double",
                   _next_line ]
    weak-symbols: [ _weak ]
    objc-classes: [ Thing ]
  - targets:     [ arm64-macos ]
    symbols:     [ _arm_only ]
...
"""
VERSION_3 = """\
--- !tapi-tbd-v3
archs:           [ x86_64, arm64 ]
uuids:           [ 'x86_64: 0', 'arm64: 1' ]
platform:        macosx
install-name:    /usr/lib/libold.dylib
exports:
  - archs:       [ arm64 ]
    re-exports:  [ /usr/lib/libother.dylib ]
    symbols:     [ _old ]
    weak-def-symbols: [ _older ]
...
"""


def test_version_4():
    (stub,) = parse_stubs(STUB)
    assert stub.install_name == "/usr/lib/libsmall.1.dylib"
    assert stub.targets == ("x86_64-macos", "arm64-macos")
    common = {"_plain", "_quo'ted$X", "_double", "_next_line", "_weak"}
    classes = {"_OBJC_CLASS_$_Thing", "_OBJC_METACLASS_$_Thing"}
    assert stub.exports("x86_64") == common | classes
    assert stub.exports("arm64") == common | classes | {"_arm_only"}
    assert stub.reexports["arm64-macos"] == {"/usr/lib/libother.dylib"}
    assert not stub.reexports["x86_64-macos"]


def test_version_3():
    (stub,) = parse_stubs(VERSION_3)
    assert stub.targets == ("x86_64-macosx", "arm64-macosx")
    assert stub.exports("arm64") == {"_old", "_older"}
    assert stub.exports("x86_64") == frozenset()
    assert stub.reexports["arm64-macosx"] == {"/usr/lib/libother.dylib"}


def test_the_stub_that_zig_ships():
    ziglang = pytest.importorskip("ziglang")
    path = Path(ziglang.__file__).parent / "lib/libc/darwin/libSystem.tbd"
    stubs = parse_stubs(path.read_text(encoding="utf-8"))
    assert stubs[0].install_name == "/usr/lib/libSystem.B.dylib"
    assert "/usr/lib/system/libsystem_c.dylib" in stubs[0].reexports["arm64e-macos"]
    symbols = {name for stub in stubs for name in stub.exports("arm64e")}
    assert {"_malloc", "_mkfifoat", "___stack_chk_fail", "_sin"} <= symbols
    assert all(stub.parents == ("System",) for stub in stubs[1:])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[ _arm_only ]", "[ _arm_only, ]", "line 16: a comma right before ]"),
        ("[ _arm_only ]", "[ _arm_only", "line 16: the list is not closed"),
        ("[ _arm_only ]", "[ _arm _only ]", "line 16: unexpected '_only'"),
        ("[ _arm_only ]", "[ _arm,, _only ]", "line 16: unexpected ','"),
        ("[ _arm_only ]", "[ { _arm } ]", "line 16: can't read"),
        ("install-name:    '/usr/lib/libsmall.1.dylib'\n", "", "line 1: no install-name"),
        ("tbd-version:     4", "tbd-version:     5", "tbd-version is not 4"),
        ("--- !tapi-tbd", "--- !other", "not tapi-tbd 3 or 4"),
        ("current-version: 1.2.3", "current version", "line 5: expected `key: value`"),
        ("current-version: 1.2.3", "  symbols: [ _x ]", "line 5: symbols is indented"),
        (STUB, '{"tapi_tbd_version": 5}', "no document starts here"),
    ],
)
def test_malformed_stubs_name_the_line(old: str, new: str, message: str):
    assert old in STUB
    with pytest.raises(BadStubError) as caught:
        parse_stubs(STUB.replace(old, new))
    assert message in str(caught.value)


@given(st.data())
def test_edited_stubs_raise_nothing_else(data: st.DataObject):
    start = data.draw(st.integers(0, len(STUB)))
    junk = data.draw(st.text(alphabet="[]{},:'\"# -\n_a", max_size=6))
    try:
        stubs = parse_stubs(STUB[:start] + junk + STUB[start + len(junk) :])
    except BadStubError:
        return
    assert stubs
