"""Stubs of shared libraries: tables, assembly, version scripts."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.targets import sysroot
from orchestrator.targets.stubs import parse_versions, stub_assembly, version_script

NAME = st.from_regex(r"[a-z_]\w{0,8}", fullmatch=True)
VERSIONS = st.dictionaries(
    st.from_regex(r"GCC_\d\.\d", fullmatch=True), st.lists(NAME, min_size=1, unique=True)
)
DATA = Path(sysroot.__file__).parent / "data"


@given(VERSIONS)
def test_a_table_is_read_as_written(versions: dict[str, list[str]]):
    text = "# by a script\n" + "".join(
        "\n".join((f"@ {version}", *names, "")) for version, names in versions.items()
    )
    assert parse_versions(text) == {version: tuple(names) for version, names in versions.items()}


@given(VERSIONS)
def test_every_name_is_defined_and_versioned(versions: dict[str, list[str]]):
    table = {version: tuple(names) for version, names in versions.items()}
    defined = re.findall(r"^(\w+):$", stub_assembly(table), re.MULTILINE)
    assert defined == [name for names in table.values() for name in names]
    nodes = re.findall(r"(\S+) \{ (.*?) \};", version_script(table))
    assert {node: tuple(names.replace(";", "").split()) for node, names in nodes} == table


@pytest.mark.parametrize("arch", ["aarch64", "x86_64"])
def test_gccs_library_offers_what_every_manylinux_allows(arch: str):
    versions = parse_versions((DATA / f"libgcc_s.{arch}.txt").read_text())
    names = [name for each in versions.values() for name in each]
    assert len(names) == len(set(names))
    wanted = {"_Unwind_Resume", "_Unwind_RaiseException", "__addtf3", "__letf2", "__udivti3"}
    assert wanted <= set(names)
    newest = max(version for version in versions if version.startswith("GCC_"))
    assert newest <= "GCC_4.7.0"  # of manylinux_2_17
