from __future__ import annotations

from pathlib import Path

import pytest
from recipe_folders import MACOS, write, write_own, write_patch

from orchestrator.errors import RecipeError
from orchestrator.files import data_directory
from orchestrator.registry.load import Registry, load_registry
from orchestrator.registry.skeleton import skeleton


def lint(folder: Path, text: str, name: str = "pkg") -> list[str]:
    """The problems of one recipe, without the part that names its file."""
    write(folder / "recipes", **{name: text})
    where = f"{folder / 'recipes' / name}.toml: "
    found = Registry([folder / "recipes"]).lint()
    assert all(problem.startswith(where) for problem in found)
    return [problem.removeprefix(where) for problem in found]


NO_UPGRADE = (
    "release[0].substitute: an upgrade needs `versions`, and no `name`: the project is the same"
)


def in_release(text: str) -> str:
    return f"[[release]]\n{text}\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("whyy = 'x'\n[[release]]", "whyy: unknown key; did you mean why?"),
        ("why = 3\n[[release]]", "why: Expected a string, got an integer"),
        ("upstream = 'x'\n[[release]]", "upstream: 'x' is not an http(s) URL"),
        ("why = 'x'", "the key `release` is missing"),
        ("release = []", "release: Expected a list of length >= 1"),
        ("[release]", "release: Expected a list, got a table"),
        ("release = [1]", "release[0]: Expected a table, got an integer"),
        ("[[release", ("not TOML: Expected ']]' at the end of an array declaration"
         " (at line 1, the last)")),
        ("why = 'x'\nwhy = 'y'", "not TOML: Cannot overwrite a value (at line 2, the last)"),
        ("why = 'x'\nwhy == 2\n[[release]]", "not TOML: Invalid value (at line 2, column 6)"),
        (in_release("build-require = {}"),
         "release[0].build-require: unknown key; did you mean build-requires?"),
        (in_release("build_requires = {}"),
         "release[0].build_requires: unknown key; did you mean build-requires?"),
        (in_release("versions = '2.x'"),
         "release[0].versions: '2.x' is not a version range (PEP 440)"),
        (in_release("versions = ['>=2']"), "release[0].versions: Expected a string, got a list"),
        (in_release("pythons = '3.12'"),
         "release[0].pythons: '3.12' is not a version range (PEP 440)"),
        (in_release("platforms = ['macosx_*', 'darwin_*']"),
         ("release[0].platforms[1]: 'darwin_*' is not a pattern that matches platform tags"
         " for arm64")),
        (in_release("platforms = 'macosx_*'"),
         "release[0].platforms: Expected a list, got a string"),
        (in_release("blas = 'mkl'"),
         "release[0].blas: 'mkl' is not one of accelerate, openblas, none"),
        (in_release("source = { url = 'https://h/x.tar.gz' }"),
         "release[0].source: `url` and `sha256` belong together"),
        (in_release(f"source = {{ sha256 = '{'0' * 64}' }}"),
         "release[0].source: needs either `url` with `sha256`, or `git` with `rev`"),
        (in_release("source = { git = 'https://h/x', url = 'https://h/x' }"),
         "release[0].source: needs either `url` with `sha256`, or `git` with `rev`"),
        (in_release("source = { git = 'https://h/x' }"),
         "release[0].source: `git` and `rev` belong together"),
        (in_release("source = { url = 'https://h/x', sha256 = 'ABC' }"),
         "release[0].source.sha256: 'ABC' is not 64 hex digits"),
        (in_release("env = { 'A B' = 'x' }"),
         "release[0].env.\"A B\": 'A B' is not a variable's name"),
        (in_release("env = { A = 1 }"), "release[0].env.A: Expected a string, got an integer"),
        (in_release("config-settings = { a = true }"),
         "release[0].config-settings.a: Expected a string or a list, got a boolean"),
        (in_release("config-settings = { a = ['x', 1] }"),
         "release[0].config-settings.a[1]: Expected a string, got an integer"),
        (in_release("build-requires = { add = ['cython', 'numpy =< 2'] }"),
         "release[0].build-requires.add[1]: 'numpy =< 2' is not a requirement (PEP 508)"),
        (in_release("build-requires = { remove = ['numpy>2'] }"),
         "release[0].build-requires.remove[0]: 'numpy>2' is not a project name"),
        (in_release("target-build-requires = [1.5]"),
         "release[0].target-build-requires[0]: Expected a string, got a number"),
        (in_release("backend = { requires = ['x'] }"),
         "release[0].backend: the key `build-backend` is missing"),
        (in_release("flags = '-O2'"), "release[0].flags: Expected a table, got a string"),
        (in_release("needs = { languages = ['go'] }"),
         "release[0].needs.languages[0]: 'go' is not one of c, c++, rust, fortran"),
        (in_release("needs = { minimum-macos = '13.x' }"),
         "release[0].needs.minimum-macos: '13.x' is not a macOS version such as 13.3"),
        (in_release("test = { imports = ['a-b'] }"),
         "release[0].test.imports[0]: 'a-b' is not a module's name"),
        (in_release("route = 'crosswise'"),
         "release[0].route: 'crosswise' is not one of cross, native, hybrid, emulated"),
        (in_release("test = { files = ['tests', 'a/../../b'] }"),
         "release[0].test.files[1]: 'a/../../b' is not a relative path without .."),
        (in_release("test = { files = ['/etc/passwd'] }"),
         "release[0].test.files[0]: '/etc/passwd' is not a relative path without .."),
        (in_release("test = { files = ['..'] }"),
         "release[0].test.files[0]: '..' is not a relative path without .."),
        (in_release("test = { files = [''] }"),
         "release[0].test.files[0]: '' is not a relative path without .."),
        (in_release("test = { source = { git = 'https://h/x' } }"),
         "release[0].test.source: `git` and `rev` belong together"),
        (in_release("test = { seconds = -1 }"),
         "release[0].test.seconds: Expected an integer >= 0"),
        (in_release("test = { own-files = ['../x.py'] }"),
         "release[0].test.own-files[0]: '../x.py' is outside the folder pkg"),
        (in_release("substitute = { name = 'other' }"),
         "release[0].substitute: the key `kind` is missing"),
        (in_release("substitute = { kind = 'alias', name = 'other' }"),
         "release[0].substitute.kind: 'alias' is not one of redirect, upgrade, advice"),
        (in_release("substitute = { kind = 'redirect' }"),
         "release[0].substitute: a redirect needs `name`"),
        (in_release("substitute = { kind = 'redirect', name = 'other', versions = '>2' }"),
         "release[0].substitute: `versions` belong to an upgrade; a redirect keeps the version"),
        (in_release("substitute = { kind = 'upgrade', advice = 'x' }"), NO_UPGRADE),
        (in_release("substitute = { kind = 'upgrade', versions = '>2', name = 'x' }"), NO_UPGRADE),
        (in_release("substitute = { kind = 'advice', name = 'other' }"),
         "release[0].substitute: advice needs `advice`"),
        (in_release("substitute = { kind = 'advice', advice = 'x', extras = { a = ['b'] } }"),
         "release[0].substitute: `extras` belong to a redirect"),
        (in_release("substitute = { kind = 'redirect', name = 'x', extras = { A_b = ['b'] } }"),
         "release[0].substitute.extras.A_b: 'A_b' is not the normalized name of an extra"),
        (in_release("substitute = { kind = 'redirect', name = 'x', extras = { a = ['x[b]>1'] } }"),
         "release[0].substitute: extras get x in the redirect's version: name none"),
        (in_release("patches = ['../pkg.patch']"),
         "release[0].patches[0]: '../pkg.patch' is outside the patches folder"),
        (in_release("patches = ['/etc/passwd']"),
         "release[0].patches[0]: '/etc/passwd' is outside the patches folder"),
    ],
)  # fmt: skip
def test_each_problem_is_said_with_its_key_path(tmp_path: Path, text: str, problem: str):
    assert lint(tmp_path, text) == [problem]


def test_a_missing_patch_is_named_by_key_and_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "recipes", pkg=in_release("") + in_release("patches = ['pkg/1.patch']"))
    assert Registry([Path("recipes")]).lint() == (
        "recipes/pkg.toml: release[1].patches[0]: no such file: patches/pkg/1.patch",
    )
    write_patch(tmp_path / "recipes", "pkg/1.patch")
    assert Registry([Path("recipes")]).lint() == ()


def test_a_missing_file_of_a_test_is_named_by_key_and_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    recipes = write(tmp_path / "recipes", pkg=in_release("test = { own-files = ['a.py', 'b.py'] }"))
    write_own(recipes, "pkg", "a.py")
    assert Registry([Path("recipes")]).lint() == (
        "recipes/pkg.toml: release[0].test.own-files[1]: no such file: recipes/pkg/b.py",
    )


def test_names_with_dots_that_lead_nowhere_else_are_files(tmp_path: Path):
    files = "['..tests', 'a..b/.c', 'tests/...']"
    assert lint(tmp_path, in_release(f"test = {{ files = {files} }}")) == []


def test_a_link_out_of_the_patches_folder_is_refused(tmp_path: Path):
    write_patch(tmp_path / "recipes", "other.patch")
    (tmp_path / "secret").write_text("x")
    (tmp_path / "patches" / "link.patch").symlink_to(tmp_path / "secret")
    assert lint(tmp_path, in_release("patches = ['link.patch']")) == [
        "release[0].patches[0]: 'link.patch' is outside the patches folder"
    ]


def test_every_problem_of_every_file_is_said_at_once(tmp_path: Path):
    recipes = write(
        tmp_path / "recipes",
        one="whyy = 1\n[[release]]\nversions = 'x'\npatches = ['none']\nblas = 1\n"
        "[[release]]\nnonsense = 1\nenv = { A = 1, 'B C' = 'x' }",
        two="[[",
        Three_x="[[release]]",
    )
    (recipes / "four.toml").write_bytes(b"why = '\xff'")
    keys = [problem.split(".toml: ")[1].split(": ")[0] for problem in Registry([recipes]).lint()]
    assert keys == [
        "the file name is not normalized; call it three-x.toml",
        "not UTF-8 at byte 7",
        "whyy",
        "release[0].versions",
        "release[0].blas",
        "release[1].nonsense",
        "release[1].env.A",
        'release[1].env."B C"',
        "release[0].patches[0]",
        "not TOML",
    ]


def test_settings_raise_what_lint_says_of_that_package_alone(tmp_path: Path):
    recipes = write(tmp_path / "recipes", pkg="why = 1\nx = 1\n[[release]]", other="[[")
    registry = Registry([recipes])
    with pytest.raises(RecipeError) as caught:
        registry.settings("pkg", "1.0", MACOS)
    assert caught.value.message == "2 problems in recipes."
    assert caught.value.details == tuple(p for p in registry.lint() if "/pkg.toml" in p)

    with pytest.raises(RecipeError, match=r"other\.toml: not TOML: .*line 1") as caught:
        registry.settings("other", "1.0", MACOS)
    assert caught.value.details == ()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(RecipeError, match="nowhere: no such folder"):
        load_registry([tmp_path / "nowhere"])


def test_the_recipes_that_come_with_orchestrator_are_right_and_say_why():
    registry = load_registry()
    assert registry.lint() == ()
    assert registry.names(), data_directory("recipes")
    for name in registry.names():
        for recipe in registry.recipes(name):
            for number, release in enumerate(recipe.file.release):
                assert release.why or recipe.file.why, f"{name}: release[{number}] gives no reason"


def test_every_recipe_that_comes_with_orchestrator_has_a_test_unless_it_names_substitutes():
    registry = load_registry()
    for name in registry.names():
        for recipe in registry.recipes(name):
            if all(release.substitute for release in recipe.file.release):
                continue
            commands = [release.test.command for release in recipe.file.release]
            assert any(command.startswith("python ") for command in commands), name


def test_every_file_beside_the_recipes_is_one_that_a_test_names():
    registry = load_registry()
    named = {
        recipe.own / file
        for name in registry.names()
        for recipe in registry.recipes(name)
        for release in recipe.file.release
        for file in release.test.own_files
    }
    folder = data_directory("recipes").absolute()
    assert {path for path in folder.glob("*/*") if path.suffix == ".py"} == named


@pytest.mark.parametrize("version", ["", "1.2.post1"])
def test_a_new_recipe_is_right_also_when_all_its_comments_are_used(tmp_path: Path, version: str):
    text = skeleton("my-pkg", version)
    assert lint(tmp_path, text, "my-pkg") == []
    write_patch(tmp_path / "recipes", "my-pkg/0001-what-it-does.patch")
    used = "\n".join(
        line.removeprefix("# ") if " = " in line else line for line in text.splitlines()
    )
    assert lint(tmp_path, used, "my-pkg") == []
