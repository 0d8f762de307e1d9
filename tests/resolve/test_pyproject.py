import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from orchestrator.errors import UnknownExtraError, UnparsableInputError
from orchestrator.resolve.poetry import specifier
from orchestrator.resolve.pyproject import project_roots

PEP_621 = """\
[project]
name = "my.Project"
dependencies = [
    "flask>=3",
    'scikit-learn<1.6; python_version < "3.13"',
]
[project.optional-dependencies]
db = ["psycopg2"]
all = ["my-project[db]", "rich"]
[dependency-groups]
test = ["pytest", {include-group = "lint"}]
lint = ["ruff >= 0.8"]
"""

POETRY = """\
[tool.poetry.dependencies]
python = "^3.11"
flask = "^3.0"
uvicorn = {extras = ["standard"], version = "~0.30"}
psycopg2 = {version = "^2.9", optional = true}
pywin32 = {version = "*", markers = "sys_platform == 'win32'"}
torch = [{version = "2.1", python = "<3.12"}, {version = "2.2", python = ">=3.12"}]
own = {git = "https://example.org/own.git", tag = "v1"}
[tool.poetry.extras]
db = ["psycopg2"]
[tool.poetry.group.test.dependencies]
pytest = "^8"
[tool.poetry.dev-dependencies]
black = "*"
"""


def roots(text: str, *, extras: tuple[str, ...] = (), groups: tuple[str, ...] = ()):
    tables = tomllib.loads(text)
    return project_roots(tables, text, "pyproject.toml", Path("/work"), extras, groups)


def test_dependencies_with_their_lines():
    assert [(root.text, root.where) for root in roots(PEP_621)] == [
        ("flask>=3", "pyproject.toml:4"),
        ('scikit-learn<1.6; python_version < "3.13"', "pyproject.toml:5"),
    ]


def test_extras_and_groups_with_what_they_include():
    found = roots(PEP_621, extras=("ALL",), groups=("Test",))
    assert [(root.text, root.where) for root in found[2:]] == [
        ("rich", "pyproject.toml:9"),
        ("psycopg2", "pyproject.toml:8"),
        ("pytest", "pyproject.toml:11"),
        ("ruff >= 0.8", "pyproject.toml:12"),
    ]


@pytest.mark.parametrize(
    ("text", "asked", "words"),
    [
        (PEP_621, {"extras": ("nope",)}, "there are: all, db"),
        (PEP_621, {"groups": ("nope",)}, "there are: lint, test"),
        (POETRY, {"extras": ("nope",)}, "there are: db"),
        (POETRY, {"groups": ("nope",)}, "there are: test, dev"),
    ],
)
def test_extras_and_groups_that_are_not_there(text: str, asked: dict[str, tuple[str]], words: str):
    with pytest.raises(UnknownExtraError, match=words):
        roots(text, **asked)


@pytest.mark.parametrize(
    "text",
    [
        "[project]\ndependencies = 'flask'",
        "[project]\ndependencies = ['flask ==']",
        "[project]\noptional-dependencies = 1",
        "project = 1",
        "[dependency-groups]\ntest = [{include-group = 'test'}]",
        "[dependency-groups]\ntest = [1]",
        "[tool.poetry.dependencies]\nflask = 1",
        "[tool.poetry.dependencies]\nflask = '1 || 2'",
    ],
)
def test_what_can_not_be_understood(text: str):
    with pytest.raises(UnparsableInputError, match=r"pyproject\.toml"):
        roots(text, groups=("test",) if "groups" in text else ())


def test_poetrys_own_tables():
    found = roots(POETRY, extras=("db",), groups=("test", "dev"))
    assert [root.requirement for root in found] == [
        "flask>=3.0,<4",
        "uvicorn[standard]>=0.30,<0.31",
        "psycopg2>=2.9,<3",
        "pywin32 ; (sys_platform == 'win32')",
        "torch==2.1 ; (python_version < '3.12')",
        "torch==2.2 ; (python_version >= '3.12')",
        "own @ git+https://example.org/own.git@v1",
        "pytest>=8,<9",
        "black",
    ]
    assert "psycopg2" not in {root.name for root in roots(POETRY)}


@pytest.mark.parametrize(
    ("constraint", "translated"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1", ">=1,<2"),
        ("^1.0b1", ">=1.0b1,<2"),
        (">=1,<2", ">=1,<2"),
        (">=1 <2", ">=1,<2"),
        ("~=1.4", "~=1.4"),
        ("1.2.*", "==1.2.*"),
        ("!=1.5", "!=1.5"),
        ("*", ""),
    ],
)
def test_version_constraints_of_poetry(constraint: str, translated: str):
    assert specifier(constraint, "pyproject.toml") == translated


@given(st.lists(st.integers(0, 30), min_size=1, max_size=3))
def test_a_caret_admits_its_own_version_and_not_the_next_incompatible_one(numbers: list[int]):
    version = ".".join(map(str, numbers))
    allowed = SpecifierSet(specifier(f"^{version}", "x"))
    assert Version(version) in allowed
    assert Version(f"{numbers[0] + 1}") not in allowed
    # Everything with the same numbers up to the first that is not zero.
    first = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    same = [*numbers[: first + 1], *(99 for _ in numbers[first + 1 :])]
    assert Version(".".join(map(str, same))) in allowed
