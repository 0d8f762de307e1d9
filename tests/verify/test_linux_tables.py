"""The tables of what Linux systems have."""

import json
from importlib.resources import files

import pytest

from orchestrator.verify.libc import libc_symbols
from orchestrator.verify.manylinux import newest, policy


@pytest.mark.parametrize(
    ("glibc", "arch", "version", "allowed"),
    [
        ((2, 17), "aarch64", "GLIBC_2.17", True),
        ((2, 17), "aarch64", "GLIBC_2.27", False),
        ((2, 28), "aarch64", "GLIBC_2.28", True),
        ((2, 29), "aarch64", "GLIBC_2.29", True),
        ((2, 29), "aarch64", "GLIBC_2.30", False),
        ((2, 28), "aarch64", "GLIBC_PRIVATE", False),
        ((2, 28), "aarch64", "GLIBCXX_3.4.24", True),
        ((2, 28), "aarch64", "GLIBCXX_3.4.29", False),
        ((2, 28), "aarch64", "CXXABI_TM_1", True),
        ((2, 28), "aarch64", "OPENSSL_3.0.0", True),
        ((2, 5), "x86_64", "GLIBC_2.2.5", True),
        ((2, 36), "x86_64", "GLIBC_ABI_DT_RELR", True),
        ((2, 35), "x86_64", "GLIBC_ABI_DT_RELR", False),
    ],
)
def test_versions_that_a_tag_allows(glibc: tuple[int, int], arch: str, version: str, allowed: bool):
    found = policy(glibc, arch)
    assert found is not None
    assert found.allows(version) == allowed


def test_there_is_no_policy_before_the_first():
    assert policy((2, 16), "aarch64") is None
    assert policy((2, 17), "riscv64") is None
    assert newest("riscv64") is None


def test_the_table_is_that_of_the_installed_auditwheel():
    """A newer auditwheel may know more tags; run scripts/data/manylinux_policy.py then."""
    auditwheel = pytest.importorskip("auditwheel.policy", reason="Linux only")
    text = files(auditwheel.__name__).joinpath("manylinux-policy.json").read_text()
    for facts in json.loads(text):
        versions = facts["symbol_versions"].get("aarch64")
        if versions:
            major, minor = facts["name"].split("_")[1:]
            known = policy((int(major), int(minor)), "aarch64")
            assert known is not None
            assert {family: set(names) for family, names in versions.items()} == known.versions
            assert set(facts["lib_whitelist"]) == known.libraries


def test_names_of_the_c_libraries():
    table = libc_symbols()
    assert {"sqrt", "dlopen", "pthread_create", "shm_open", "openpty"} <= table.glibc
    assert "malloc" not in table.glibc
    assert table.musl["malloc"] == table.musl["fopen64"] == (1, 1, 24)
    assert table.musl["qsort_r"] == (1, 2, 3)
