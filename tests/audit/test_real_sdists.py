"""Real sdists, and what is known of them: the survey of November 2026 (packages without wheels)."""

import os
from pathlib import Path

import pytest

from orchestrator.audit.facts import SdistFacts
from orchestrator.audit.sdist_facts import sdist_facts
from orchestrator.build.sources import pin
from orchestrator.model import Interpreter
from orchestrator.resolve.configuration import read_configuration
from orchestrator.resolve.requests import classify

pytestmark = pytest.mark.network

# Pinned: another version may have other needs.
LINKED = {
    "annoy==1.17.3": set(),
    "crcmod==1.7": set(),
    "fasttext==0.9.3": set(),
    "hnswlib==0.8.0": set(),
    "mysqlclient==2.3.1": {"mysql-client"},
    "netifaces==0.11.0": set(),
    "plyvel==1.5.1": {"leveldb"},
    "psycopg2==2.9.13": {"libpq", "openssl"},
    "pyaudio==0.2.14": {"portaudio"},
    "pycosat==0.6.6": set(),
    "pycrypto==2.6.1": {"gmp"},
    "pygraphviz==2.0.4": {"graphviz"},
    "pyicu==2.17": {"icu4c"},
    "pylibmc==1.6.3": {"cyrus-sasl", "libmemcached", "zlib"},
    "python-ldap==3.4.8": {"openldap"},
    "lxml==4.6.3": {"libxml2", "libxslt", "zlib"},
    "numpy==1.19.5": {"blas", "lapack"},
    "pandas==1.1.5": set(),
    "pyyaml==5.3.1": {"libyaml"},
    "rjsmin==1.2.5": set(),
}


@pytest.fixture(autouse=True)
def _kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sdists are kept from one run of the tests to the next."""
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(request.config.cache.mkdir("orchestrate")))


def facts(requirement: str) -> SdistFacts:
    configuration = read_configuration(Path.cwd(), os.environ)
    interpreter = Interpreter(major=3, minor=11)
    source = pin(classify(requirement, Path.cwd()), configuration, interpreter).source
    found = sdist_facts(source, configuration)
    assert found is not None
    assert sdist_facts(source, configuration) == found  # as it was kept
    return found


@pytest.mark.parametrize(("requirement", "libraries"), LINKED.items())
def test_what_is_linked_and_not_brought_along(requirement: str, libraries: set[str]) -> None:
    found = facts(requirement)
    linked = {one.name for one in found.libraries if one.certain and not one.vendored}
    assert linked == libraries


def test_what_is_brought_along() -> None:
    found = facts("grpcio==1.38.0")
    vendored = {one.name for one in found.libraries if one.vendored}
    assert vendored >= {"c-ares", "openssl", "zlib"}
    assert found.languages == ("c", "c++", "cython")


def test_a_header_of_what_only_an_option_links() -> None:
    (sasl,) = (one for one in facts("python-ldap==3.4.8").libraries if one.name == "cyrus-sasl")
    assert not sasl.certain


def test_cmake_is_run_by_setup_py() -> None:
    found = facts("dlib==20.0.1")
    assert "cmake" in found.tools
    assert "c++" in found.languages


def test_fortran_rust_and_openmp() -> None:
    assert "fortran" in facts("scipy==1.5.4").languages
    cryptography = facts("cryptography==3.4.7")
    assert "rust" in cryptography.languages
    assert "openssl" in {one.name for one in cryptography.libraries}
    assert "openmp" in {one.kind for one in facts("scikit-learn==0.23.2").hazards}


def test_downloads_are_a_hazard() -> None:
    assert "network" in {one.kind for one in facts("ibm-db==3.2.3").hazards}
