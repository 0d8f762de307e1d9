import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import BadMetadataError, NoProjectError, OrchestratorError
from orchestrator.resolve.project import LOCKS, describe_project

Table = dict[str, Any]
HATCHLING: Table = {"requires": ["hatchling"], "build-backend": "hatchling.build"}


def described(
    project: Table | None = None,
    *,
    system: Table | None = HATCHLING,
    tool: Table | None = None,
    **files: str,
):
    tables = {"project": {"name": "My.App", **(project or {})}, "tool": tool or {}}
    if system:
        tables["build-system"] = system
    return describe_project(
        tables, {name.replace("_", "."): text for name, text in files.items()}, "app"
    )


def test_a_pure_package_is_built_from_its_source():
    assert described().form == "source"
    assert described().name == "my-app"


@pytest.mark.parametrize(
    "requires",
    [
        "setuptools>=61, Cython",
        "maturin",
        "scikit_build_core>=0.10",
        "hatch-mypyc",
        "hatch-vcs",
        "setuptools_scm[toml]",
    ],
)
def test_what_needs_a_compiler_or_git_comes_as_a_wheel(requires: str):
    system = {"requires": requires.split(", ")}
    assert described(system=system).form == "wheel"


@pytest.mark.parametrize(
    "text",
    [
        "setup(ext_modules=cythonize('x.pyx'))",
        "Extension ('a', ['a.c'])",
        "setup(cffi_modules=['b.py:ffi'])",
    ],
)
def test_extensions_of_setup_py_count(text: str):
    setuptools = {"requires": ["setuptools"]}
    assert described(system=setuptools, setup_py=text).form == "wheel"
    assert described(system=setuptools, setup_py="setup()").form == "source"


def test_extensions_of_pyproject_count():
    assert described(tool={"setuptools": {"ext-modules": [{"name": "a"}]}}).form == "wheel"


def test_without_a_build_system_its_files_are_run():
    project = described(system=None, main_py="print()")
    assert project.form == "files"
    assert project.command == ("python", "main.py")
    assert described(system=None).command == ()


def test_uv_is_told_whether_it_is_a_package():
    assert described(tool={"uv": {"package": False}}).form == "files"
    assert described(system=None, tool={"uv": {"package": True}}).form == "source"


@pytest.mark.parametrize(
    ("scripts", "command"),
    [
        ({"my_app": "a:b", "other": "a:c"}, ("my_app",)),
        ({"other": "a:c"}, ("other",)),
        ({"one": "a:b", "two": "a:c"}, ()),
        ({}, ()),
    ],
)
def test_the_command_is_the_script_of_its_name_or_the_only_one(
    scripts: dict[str, str], command: tuple[str, ...]
):
    assert described({"scripts": scripts}).command == command


def test_locks_in_order_of_preference():
    files = dict.fromkeys(LOCKS, "")
    for lock in LOCKS:
        assert describe_project({"project": {"name": "a"}}, files, "a").lock == lock
        del files[lock]
    assert not describe_project({"project": {"name": "a"}}, files, "a").lock


def test_hashes_and_included_files_of_requirements():
    hashed = described(requirements_txt="six==1.17.0 \\\n    --hash=sha256:00\n")
    assert hashed.hashed
    loose = described(requirements_txt="-r base.txt\n-c=constraints/all.txt\nsix\n")
    assert not loose.hashed
    assert loose.included == ("base.txt", "constraints/all.txt")


def test_dependencies_that_only_a_build_tells():
    assert not described({"dynamic": ["dependencies"]}).separable
    assert described({"dynamic": ["dependencies"]}, requirements_txt="six").separable
    assert described({"dynamic": ["version"]}).separable


def test_no_project_table():
    with pytest.raises(NoProjectError, match=re.escape("app/pyproject.toml has no [project]")):
        describe_project({"build-system": HATCHLING}, {}, "app")


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"project": {"name": "a b"}}, "project.name"),
        ({"project": {"name": "a", "requires-python": 3.11}}, "project.requires-python"),
        (
            {"project": {"name": "a"}, "build-system": {"requires": ["a b"]}},
            "build-system.requires",
        ),
        ({"project": "a"}, "project is not a table"),
    ],
)
def test_wrong_values_are_named(tables: Table, message: str):
    with pytest.raises(BadMetadataError, match=re.escape(message)):
        describe_project(tables, {}, "app")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("name", "requires-python", "dynamic", "scripts", "requires", "uv", "setuptools", "package")
TABLE = st.dictionaries(st.sampled_from(KEYS), ANYTHING)


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("project", "build-system", "tool"), TABLE | ANYTHING)
    ),
    st.dictionaries(st.sampled_from(("setup.py", "main.py", *LOCKS)), st.text()),
)
def test_any_content_is_described_or_refused(tables: Table, files: dict[str, str]):
    try:
        project = describe_project(tables, files, "app")
    except OrchestratorError as error:
        message = error.message
    else:
        message = ""
        assert all(isinstance(word, str) for word in project.command)
    assert not message or message.startswith("app/pyproject.toml")
