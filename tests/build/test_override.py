"""pyproject.toml with the build backend of a recipe."""

import tomllib

import pytest

from orchestrator.build.override import with_backend
from orchestrator.errors import BadMetadataError
from orchestrator.model import Backend, Source

BACKEND = Backend(build_backend="scikit_build_core.build", requires=("scikit-build-core>=0.10",))
SOURCE = Source(name="pkg", version="1.0", kind="index", location="")
SYSTEM = {"requires": ["scikit-build-core>=0.10"], "build-backend": "scikit_build_core.build"}


def test_a_project_without_any():
    text = with_backend("", BACKEND, SOURCE, described=False)
    assert tomllib.loads(text) == {
        "build-system": SYSTEM,
        "project": {"name": "pkg", "version": "1.0"},
    }


def test_a_project_that_is_described_elsewhere():
    assert tomllib.loads(with_backend("", BACKEND, SOURCE, described=True)) == {
        "build-system": SYSTEM
    }


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "own"\n\n[build-system]\nrequires = ["old"]\nbuild-backend = "old"\n',
        '[build-system]\nrequires = [\n  "old",\n]\n[project]\nname = "own"\n',
        '[build-system]\nrequires = ["old[extra]"]\n\n[project]\nname = "own"\n',
        'project = { name = "own" }\n',
    ],
)
def test_other_tables_stay(text: str):
    made = with_backend(text, BACKEND, SOURCE, described=False)
    assert tomllib.loads(made) == {"build-system": SYSTEM, "project": {"name": "own"}}
    assert with_backend(made, BACKEND, SOURCE, described=False).count("[build-system]") == 1


def test_a_backend_of_the_projects_own():
    own = Backend(build_backend="local", requires=(), backend_path=("tools", "."))
    made = tomllib.loads(with_backend("", own, SOURCE, described=True))
    assert made["build-system"] == {
        "requires": [],
        "build-backend": "local",
        "backend-path": ["tools", "."],
    }


def test_a_text_that_is_not_toml():
    with pytest.raises(BadMetadataError, match=r"pkg: pyproject\.toml: Expected"):
        with_backend("[broken", BACKEND, SOURCE, described=False)
