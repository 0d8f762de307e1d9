import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.build.sourcetree import Declared, check_tree, declared_in, read_declared
from orchestrator.errors import BadMetadataError, NoBuildBackendError, RequiresPythonError
from orchestrator.model import Interpreter, Source, SourceTree

CP311 = Interpreter(major=3, minor=11)
PKG_INFO = b"Metadata-Version: 2.1\nName: My.Pkg\nVersion: 1.0.0\nRequires-Python: >=3.8\n\nBody\n"


def write(folder: Path, **files: str | bytes):
    for name, content in files.items():
        path = folder / name.replace("__", ".").replace("PKG_INFO", "PKG-INFO")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def tree(path: Path):
    return SourceTree(source=Source(name="a", version="1", kind="file", location="/a"), path=path)


def test_pkg_info_comes_first(tmp_path: Path):
    write(tmp_path, PKG_INFO=PKG_INFO, pyproject__toml="[project]\nname='other'\nversion='2'\n")
    assert read_declared(tmp_path) == Declared(
        name="my-pkg", version="1.0.0", requires_python=">=3.8"
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, Declared()),
        (
            {"pyproject__toml": "[project]\nname='A_b'\nversion='1.0-1'\nrequires-python='>=3'"},
            Declared(name="a-b", version="1.0.post1", requires_python=">=3"),
        ),
        (
            {"pyproject__toml": "[project]\nname='a'\ndynamic=['version']"},
            Declared(name="a"),
        ),
        (
            {"pyproject__toml": "[project]\nname=1\nversion='not one'"},
            Declared(),
        ),
        (
            {
                "pyproject__toml": "[build-system]\nrequires=[]",
                "setup__cfg": "[metadata]\nname=a\nversion=attr: a.v\n"
                "[options]\npython_requires=>=3.9\n",
            },
            Declared(name="a", requires_python=">=3.9"),
        ),
        ({"PKG_INFO": b"\xff\xfe garbage"}, Declared()),
    ],
)
def test_what_is_static_is_read(tmp_path: Path, files: dict[str, str | bytes], expected: Declared):
    assert read_declared(write(tmp_path, **files)) == expected


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"pyproject__toml": "[project\nname='a'"}, r"pyproject\.toml .*line 1"),
        ({"pyproject__toml": b"\xff"}, r"pyproject\.toml"),
        ({"setup__cfg": "no section"}, r"setup\.cfg"),
    ],
)
def test_broken_files_are_named(tmp_path: Path, files: dict[str, str | bytes], why: str):
    with pytest.raises(BadMetadataError, match=why):
        check_tree(tree(write(tmp_path, **files)), CP311, has_backend=False)


@pytest.mark.parametrize(
    "files",
    [
        {"setup__py": ""},
        {"pyproject__toml": "[build-system]\nrequires=[]"},
        {"pyproject__toml": "[project]\nname='a'\nversion='1'"},
        {"setup__py": "", "pyproject__toml": "[tool.black]"},
    ],
)
def test_trees_that_say_how_to_build_them(tmp_path: Path, files: dict[str, str | bytes]):
    check_tree(tree(write(tmp_path, **files)), CP311, has_backend=False)


@pytest.mark.parametrize(
    "files", [{}, {"pyproject__toml": "[tool.black]"}, {"CMakeLists__txt": ""}]
)
def test_no_backend(tmp_path: Path, files: dict[str, str | bytes]):
    write(tmp_path, **files)
    with pytest.raises(NoBuildBackendError, match="a 1 has no"):
        check_tree(tree(tmp_path), CP311, has_backend=False)
    check_tree(tree(tmp_path), CP311, has_backend=True)


def test_requires_python(tmp_path: Path):
    write(tmp_path, setup__py="", PKG_INFO=PKG_INFO.replace(b">=3.8", b">=3.12"))
    with pytest.raises(RequiresPythonError, match=r"requires Python >=3\.12 .* 3\.11"):
        check_tree(tree(tmp_path), CP311, has_backend=False)


@given(st.dictionaries(st.sampled_from(["PKG-INFO", "pyproject.toml", "setup.cfg"]), st.binary()))
def test_any_content_is_metadata_or_one_clear_error(files: dict[str, str | bytes]):
    with contextlib.suppress(BadMetadataError):
        assert isinstance(declared_in(files, "a"), Declared)
