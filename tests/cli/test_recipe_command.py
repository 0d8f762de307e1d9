from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestrator.cli.recipe import recipe
from orchestrator.errors import BadPythonError, NoRecipeError, RecipeError, RecipeExistsError


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(recipe, [str(arg) for arg in args], env={"COLUMNS": "80"})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "pkg.toml").write_text(
        "why = 'because'\n[[release]]\nversions = '<2'\nblas = 'none'\n"
        "config-settings = { setup-args = ['-Da=1', '-Db=2'] }\n"
        "[[release]]\nversions = '>=2'\nneeds = { minimum-macos = '13.3' }\n"
    )
    return tmp_path / "own"


def test_list(folder: Path):
    shown = run("list", "--recipes", folder).output
    assert ["pkg", "<2,", ">=2", "because"] in [line.split() for line in shown.splitlines()]
    assert max(map(len, shown.splitlines())) <= 80
    listed = json.loads(run("list", "--recipes", folder, "--json").output)["recipes"]
    assert {entry["name"] for entry in listed} >= {"pkg", "numpy", "annoy"}
    assert {"versions": "<2", "platforms": []} in [r for e in listed for r in e["releases"]]


def test_show_says_what_is_merged_and_from_where(folder: Path):
    shown = run("show", "pkg", "--recipes", folder, "--version", "1.0", "--python", "3.11")
    assert shown.output.startswith("pkg 1.0 for cp311-macosx_11_0_arm64\n\n")
    rows = [line.split() for line in shown.output.splitlines()]
    assert ["recipes", "pkg.toml[0]"] in rows
    assert ["config-settings.setup-args", "-Da=1"] in rows
    assert ["-Db=2"] in rows
    assert ["blas", "none"] in rows

    both = run("show", "pkg", "--recipes", folder, "--json").output
    assert json.loads(both)["recipes"] == ["pkg.toml[0]", "pkg.toml[1]"]
    assert json.loads(both)["needs"]["minimum_macos"] == [13, 3]


def test_show_says_when_no_release_applies():
    shown = run("show", "numpy", "--version", "1.0", "--platform", "linux")
    assert "no release of its recipe applies" in shown.output


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (("show", "nothing-like-it"), NoRecipeError),
        (("show", "numpy", "--python", "2.7"), BadPythonError),
        (("list", "--recipes", "nowhere"), RecipeError),
    ],
)
def test_what_can_not_be_shown_is_an_error(args: tuple[str, ...], error: type[Exception]):
    assert type(run(*args).exception) is error


def test_bad_arguments_are_usage_errors(folder: Path):
    for args in (
        ("show", "numpy", "--version", "x"),
        ("new", "-x-"),
        ("new", "x", "--version", "?"),
    ):
        result = run(*args)
        assert result.exit_code == 2, args
        assert "is not" in result.output or "No such option" in result.output


def test_new_writes_a_recipe_that_passes_the_lint(folder: Path):
    assert run("new", "My_Pkg", "--version", "1.2", "--recipes", folder).exit_code == 0
    text = (folder / "my-pkg.toml").read_text()
    assert 'versions = "==1.2"' in text
    assert run("lint", "--recipes", folder).exit_code == 0

    again = run("new", "my.pkg", "--recipes", folder)
    assert type(again.exception) is RecipeExistsError
    assert (folder / "my-pkg.toml").read_text() == text


def test_new_goes_to_recipes_here_by_default(folder: Path):
    assert json.loads(run("new", "x", "--json").output) == {"path": "recipes/x.toml"}
    assert Path("recipes/x.toml").is_file()


def test_new_says_why_it_can_not_write(folder: Path):
    Path("file").write_text("")
    assert type(run("new", "x", "--recipes", "file/below").exception) is RecipeError


def test_lint_lists_every_problem_and_fails(folder: Path):
    (folder / "bad.toml").write_text("x = 1\ny = 2\n[[release]]\n")
    result = run("lint", "--recipes", folder)
    assert result.exit_code == 2
    assert [line.split(": ")[:2] for line in result.output.splitlines()] == [
        ["own/bad.toml", "x"],
        ["own/bad.toml", "y"],
    ]
    as_json = run("lint", "--recipes", folder, "--json")
    assert as_json.exit_code == 2
    assert len(json.loads(as_json.output)["problems"]) == 2
