"""What sdists say: languages, libraries, tools, hazards; each case is one that real sdists have."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import sources_of

from orchestrator.audit.facts import Library, SdistFacts
from orchestrator.audit.glimpse import glimpse_archive, glimpse_folder
from orchestrator.audit.sdist import read_sources
from orchestrator.audit.sources import kind_of

SETUP = "from setuptools import Extension, setup\nsetup(ext_modules=[Extension('a', ['a.c']{})])\n"


def read(files: dict[str, str]) -> SdistFacts:
    return read_sources(sources_of(files))


def names(found: SdistFacts, *, certain: bool = True) -> set[str]:
    return {library.name for library in found.libraries if library.certain == certain}


def test_pure_python_takes_nothing():
    found = read({"setup.py": "setup(packages=['a'])", "a/__init__.py": "", "fuzz/a.c": ""})
    assert found == SdistFacts(backend="setuptools")


@pytest.mark.parametrize(
    ("files", "languages"),
    [
        ({"setup.py": SETUP, "a.c": ""}, ("c",)),
        ({"setup.py": SETUP, "src/a.cc": "", "src/b.pyx": ""}, ("c++", "cython")),
        # Code of tests and manuals is not compiled.
        ({"setup.py": SETUP, "a.c": "", "tests/b.cpp": "", "doc/c.f90": ""}, ("c",)),
        # So is Fortran, and Rust, unless the build speaks of it.
        ({"setup.py": SETUP, "a.c": "", "lapack/b.f": "", "b.rs": ""}, ("c",)),
        ({"setup.py": "from numpy.distutils.core import setup", "b.f": ""}, ("fortran",)),
        (
            {
                "pyproject.toml": '[build-system]\nrequires=["meson-python"]\n'
                'build-backend="mesonpy"',
                "meson.build": "project('a', 'c', 'fortran')",
                "a.c": "",
                "b.f90": "",
            },
            ("c", "fortran"),
        ),
        (
            {
                "pyproject.toml": '[build-system]\nrequires=["maturin>=1,<2"]\n'
                'build-backend="maturin"',
                "src/lib.rs": "",
            },
            ("rust",),
        ),
        ({"setup.py": "setup(rust_extensions=[RustExtension('a')])", "a.rs": ""}, ("rust",)),
        ({"setup.py": SETUP, "swig/a.i": ""}, ("c",)),
    ],
)
def test_languages(files: dict[str, str], languages: tuple[str, ...]):
    assert read(files).languages == languages


@pytest.mark.parametrize(
    ("script", "library"),
    [
        (", libraries=['leveldb']", "leveldb"),
        (", libraries=[\n  # the server's\n  'pq',\n]", "libpq"),
        (", extra_link_args=['-lportaudio']", "portaudio"),
        (", extra_link_args=['-L/opt/lib -lldap']", "openldap"),
        ("\nlibs = ['memcached']\n", "libmemcached"),
        ("\nlibraries.append('sasl2')\n", "cyrus-sasl"),
        ("\nBLAS_LIB = ['blas']\n", "blas"),
        ("\nsubprocess.check_output(['pg_config', '--includedir'])\n", "libpq"),
        ("\nos.popen('mysql_config --libs')\n", "mysql-client"),
        ("\ncall(['pkg-config', '--cflags', 'icu-i18n'])\n", "icu4c"),
        ("\nget_info('lapack_opt')\n", "lapack"),
    ],
)
def test_libraries_of_python_scripts(script: str, library: str):
    assert names(read({"setup.py": f"{SETUP.format(script)}\n{script}", "a.c": ""})) == {library}


@pytest.mark.parametrize(
    "script",
    [
        ", libraries=['m', 'pthread', 'user32']",
        ", define_macros=[('PQ', '1')], sources=['pq.c']",
        # A word that is a module of pkg-config, where nobody asks pkg-config.
        "\nprint('libpq is not needed')\n",
        "\nname = 'zlib'\n",
    ],
)
def test_what_is_no_library(script: str):
    assert read({"setup.py": f"{SETUP.format(script)}\n{script}", "a.c": ""}).libraries == ()


def test_setup_cfg_lists_libraries_without_quotes():
    found = read({"setup.py": SETUP, "setup.cfg": "[_ldap]\nlibs = ldap_r lber\n", "a.c": ""})
    assert names(found) == {"openldap"}


CMAKE = '[build-system]\nrequires=["scikit-build-core"]\nbuild-backend="scikit_build_core.build"\n'


@pytest.mark.parametrize(
    ("script", "certain"),
    [
        ("find_package(ZLIB REQUIRED)", True),
        ("find_package(ZLIB 1.2 REQUIRED COMPONENTS a)", True),
        ("find_package(ZLIB)", False),
        ("if(USE_ZLIB)\n  find_package(ZLIB REQUIRED)\nendif()", False),
        ("if(A)\nendif()\nfind_package(ZLIB REQUIRED)", True),
        ("pkg_check_modules(Z REQUIRED zlib>=1.2)", True),
        ("find_library(Z NAMES z zlib1)", False),
    ],
)
def test_libraries_of_cmake(script: str, certain: bool):
    found = read({"pyproject.toml": CMAKE, "CMakeLists.txt": script, "a.c": ""})
    assert [(library.name, library.certain) for library in found.libraries] == [("zlib", certain)]
    assert found.tools == ("cmake",)


def test_libraries_of_meson():
    text = "dependency('geos', version: '>=3')\ndependency('zlib', required: false)\n"
    found = read({"pyproject.toml": 'build-backend = "mesonpy"', "meson.build": text, "a.c": ""})
    assert names(found) == {"geos"}
    assert names(found, certain=False) == {"zlib"}


def test_libraries_of_rust():
    text = '[dependencies]\nopenssl = "0.10"\n[dependencies.libsqlite3-sys]\nversion = "1"\n'
    found = read({"pyproject.toml": 'requires=["maturin"]', "Cargo.toml": text, "src/lib.rs": ""})
    assert names(found) == {"openssl", "sqlite"}


def test_an_include_alone_is_no_proof():
    found = read({"setup.py": SETUP, "a.c": '#include <Python.h>\n#  include "zlib.h"\n'})
    assert found.libraries == (Library(name="zlib", evidence=("a.c: zlib.h",), certain=False),)


def test_includes_of_cython_and_of_strings_of_cffi():
    files = {
        "setup.py": "setup(cffi_modules=['_cffi_build.py:ffi'])",
        "a.pyx": 'cdef extern from "leveldb/db.h":\n    pass\n',
        "_cffi_build.py": 'ffi.set_source("a", """\n#include <sodium.h>\n""")',
    }
    assert names(read(files), certain=False) == {"leveldb", "libsodium"}


def test_what_an_sdist_brings_along():
    files = {
        "setup.py": SETUP.format(", libraries=['ev']"),
        "a.c": '#include "ev.h"\n#include "yaml.h"\n',
        "deps/libev/ev.h": "",
        "a/yaml.h": "",  # its own header, and nothing links libyaml
    }
    (libev,) = read(files).libraries
    assert (libev.name, libev.vendored) == ("libev", True)


def test_a_folder_of_the_packages_own_that_is_named_like_a_library_brings_nothing_along():
    files = {
        "setup.py": SETUP.format(", libraries=['krb5']"),
        "gssapi/raw/ext.h": "#include <gssapi/gssapi.h>\n#include <gssapi/gssapi_ext.h>",
    }
    (krb5,) = read(files).libraries
    assert not krb5.vendored


def test_what_a_vendored_project_asks_for_is_not_asked_for():
    files = {
        "setup.py": SETUP,
        "third_party/boost/CMakeLists.txt": "find_package(ICU REQUIRED)",
        "third_party/x.c": "#include <openssl/ssl.h>",
    }
    assert read(files).libraries == ()


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"libsodium/config.sub": "timestamp='2012-01-01'\naarch64-*)"}, "old-config-sub"),
        ({"CMakeLists.txt": "cmake_minimum_required(VERSION 2.8.12)"}, "old-cmake"),
        ({"CMakeLists.txt": "FetchContent_Declare(x URL y)"}, "network"),
        ({"fetch.py": "urllib.request.urlretrieve(url)"}, "network"),
        ({"build_flags.py": "args = ['-O3', '-msse4.2']"}, "x86-flags"),
        ({"build_flags.py": "args = ['-march=native']"}, "x86-flags"),
        ({"CMakeLists.txt": "find_package(OpenMP)"}, "openmp"),
    ],
)
def test_hazards(files: dict[str, str], kind: str):
    (hazard,) = read({"setup.py": SETUP, "a.c": "", **files}).hazards
    assert (hazard.kind, hazard.where) == (kind, next(iter(files)))


@pytest.mark.parametrize(
    "files",
    [
        {"libsodium/config.sub": "timestamp='2022-01-01'\narm64-*)"},
        {"CMakeLists.txt": "cmake_minimum_required(VERSION 3.15)"},
        {"CMakeLists.txt": "cmake_minimum_required(VERSION 3.1...3.28)"},
        {"tests/fetch.py": "urllib.request.urlretrieve(url)"},
        {"build_flags.py": "args = ['-mmacosx-version-min=11']"},
    ],
)
def test_no_hazards(files: dict[str, str]):
    assert read({"setup.py": SETUP, "a.c": "", **files}).hazards == ()


def test_a_broken_pyproject_is_left_to_the_build():
    assert read({"pyproject.toml": "[build-system", "setup.py": ""}).backend == "setuptools"


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=4))
def test_whatever_an_sdist_holds_is_read(files: dict[str, str]):
    read({**files, "setup.py": SETUP, **{f"{name}/CMakeLists.txt": t for name, t in files.items()}})


@given(st.text(alphabet="ab/.[]()'=\n", max_size=2000))
def test_no_script_takes_long(text: str):
    read({"setup.py": f"Extension( libraries={text}", "CMakeLists.txt": f"find_package({text}"})


def test_kinds_of_files():
    assert kind_of("setup.py", 10) == "script"
    assert kind_of("setup.py", 10 << 20) == "neither"
    assert kind_of("a/b/c/d/setup.py", 10) == "neither"
    assert kind_of("src/a.c", 10 << 20) == "source"
    assert kind_of("tests/a.c", 10) == "neither"


def test_archives_and_folders_say_the_same(tmp_path: Path):
    files = {"setup.py": SETUP.format(", libraries=['pq']"), "src/a.c": "#include <libpq-fe.h>\n"}
    folder = tmp_path / "pkg-1.0"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(folder, "pkg-1.0")
    archive = tmp_path / "pkg-1.0.tar.gz"
    archive.write_bytes(gzip.compress(packed.getvalue()))
    assert glimpse_archive(archive) == glimpse_folder(folder)
    assert names(read_sources(glimpse_archive(archive))) == {"libpq"}
