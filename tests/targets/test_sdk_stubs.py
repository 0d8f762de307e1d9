"""Stubs are read back by the project's own parser of stubs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.binary.tbd import parse_stubs
from orchestrator.targets.sdk.stubs import stub_text

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_$.]{0,30}", fullmatch=True)


@given(st.frozensets(NAMES))
def test_what_is_written_is_read(symbols: frozenset[str]):
    (stub,) = parse_stubs(stub_text("/usr/lib/libx.1.dylib", "arm64-macos", symbols))
    assert stub.install_name == "/usr/lib/libx.1.dylib"
    assert stub.targets == ("arm64-macos",)
    assert stub.exports("arm64") == symbols


@given(st.lists(NAMES, unique=True))
def test_order_of_names_does_not_matter(symbols: list[str]):
    assert stub_text("/x", "arm64-macos", symbols) == stub_text("/x", "arm64-macos", symbols[::-1])


def test_operators_that_programs_may_replace_are_weak():
    text = stub_text("/x", "arm64-macos", ["__Znwm", "__ZdlPv", "__ZNSt9exceptionD1Ev"])
    strong, weak = text.split("weak-symbols")
    assert "__ZNSt9exceptionD1Ev" in strong
    assert "__Znwm" in weak
    assert "__ZdlPv" in weak
