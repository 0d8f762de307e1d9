from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from library_folders import SHA256, library, registry
from recipe_folders import LINUX, MACOS, write, write_patch

from orchestrator.errors import NoLibraryVersionError, RecipeError, UnknownLibraryError
from orchestrator.model import SourceOverride
from orchestrator.registry.load import Registry

if TYPE_CHECKING:
    from pathlib import Path


def choose(folder: Path, need: str, **libraries: str):
    return registry(folder, libraries).libraries.choose(need, MACOS.platform, "pkg")


def test_the_newest_version_that_will_do_is_taken(tmp_path: Path):
    text = library("1.9", "1.10", "2.0")
    assert choose(tmp_path / "any", "tiny", tiny=text).version == "2.0"
    chosen = choose(tmp_path / "old", "tiny<2", tiny=text)
    assert chosen.version == "1.10"
    assert chosen.settings.source == SourceOverride(
        url="https://example.org/1.10.tar.gz", sha256=SHA256
    )


def test_releases_that_apply_are_merged(tmp_path: Path):
    release = """arguments = ["-DA=1"]
programs = { tiny-config = { "--version" = "1", "--libs" = "-ltiny" } }
[[release]]
platforms = ["macosx_*"]
arguments = ["-DB=2"]
linking = "static"
programs = { tiny-config = { "--version" = "2" } }
[[release]]
platforms = ["manylinux_*"]
build = "make"
[[release]]
versions = ">=2"
build = "meson"
"""
    text = library("1.0", release=release)
    build = choose(tmp_path, "tiny", tiny=text).settings.library
    assert build is not None
    assert (build.system, build.linking) == ("cmake", "static")
    assert build.arguments == ("-DA=1", "-DB=2")
    assert build.programs == {"tiny-config": {"--version": "2", "--libs": "-ltiny"}}
    on_linux = registry(tmp_path / "linux", {"tiny": text}).libraries.choose(
        "tiny", LINUX.platform, "pkg"
    )
    assert on_linux.settings.library
    assert on_linux.settings.library.system == "make"


def test_a_later_folder_adds_versions_and_refines_releases(tmp_path: Path):
    registry(tmp_path / "a", {"tiny": library("1.0", release='arguments = ["-DA=1"]')})
    write(
        tmp_path / "b" / "libraries",
        tiny=library("1.0", "1.1", release='arguments = ["-DB=2"]\npatches = ["tiny/x.patch"]'),
    )
    write_patch(tmp_path / "b", "tiny/x.patch")
    both = Registry([tmp_path / "a" / "recipes", tmp_path / "b"])
    chosen = both.libraries.choose("tiny", MACOS.platform, "pkg")
    assert chosen.version == "1.1"
    assert chosen.settings.library
    assert chosen.settings.library.arguments == ("-DA=1", "-DB=2")
    assert [patch.name for patch in chosen.settings.patches] == ["tiny/x.patch"]


def test_an_unknown_library_is_named_with_who_needs_it(tmp_path: Path):
    with pytest.raises(UnknownLibraryError, match="pkg needs the library huge, for which"):
        choose(tmp_path, "huge>=1", tiny=library("1.0"))


def test_versions_that_there_are_are_named(tmp_path: Path):
    with pytest.raises(NoLibraryVersionError, match=r"tiny>3; its recipe has the versions 1\.0, 2"):
        choose(tmp_path, "tiny>3", tiny=library("1.0", "2"))


def test_a_platform_for_which_no_release_says_how_it_is_built(tmp_path: Path):
    text = library("1.0").replace("[[release]]", '[[release]]\nplatforms = ["manylinux_*"]')
    with pytest.raises(NoLibraryVersionError, match="how it is built for macosx_14_0_arm64"):
        choose(tmp_path, "tiny", tiny=text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (library("1.x"), "source[0].version: '1.x' is not a version (PEP 440)"),
        (library("1.0").replace("url", "git"),
         "source[0]: needs either `sha256` with `url` or `debian`, or `git` with `rev`"),
        (library("1.0").replace("url", "uri"), "source[0].uri: unknown key; did you mean url?"),
        (library("1.0", release='debian = "x"'),
         "release[0].debian: unknown key; known are versions"),
        (library("1.0").replace("cmake", "bazel"),
         "release[0].build: 'bazel' is not one of cmake, autotools, meson, make"),
        (library("1.0", needs='"huge"'),
         "release[0].libraries[0]: there is no library huge; there are tiny"),
        (library("1.0", needs='"tiny>1"'),
         "release[0].libraries[0]: no version of tiny is in the range; there are 1.0"),
        (library("1.0", needs='"tiny[extra]"'),
         "release[0].libraries[0]: 'tiny[extra]' is not a library's name, with a version range"),
        (library("1.0", release='patches = ["x.patch"]'), "release[0].patches[0]: no such file"),
        (library("1.0", release='programs = { "a/b" = {} }'),
         "release[0].programs.\"a/b\": 'a/b' is not a file name without folder"),
    ],
)  # fmt: skip
def test_lint_names_file_and_key(tmp_path: Path, text: str, problem: str):
    (found,) = registry(tmp_path, {"tiny": text}).lint()
    where = f"{tmp_path / 'recipes/libraries/tiny'}.toml: "
    assert found.startswith(where + problem)


def test_lint_sees_recipes_that_name_unknown_libraries(tmp_path: Path):
    recipe = '[[release]]\nlibraries = ["tiny", "hueg"]'
    (found,) = registry(tmp_path, {"tiny": library("1.0")}, pkg=recipe).lint()
    assert found == (
        f"{tmp_path / 'recipes/pkg.toml'}: release[0].libraries[1]: there is no library hueg; "
        "there are tiny"
    )


def test_a_broken_library_fails_what_needs_it(tmp_path: Path):
    with pytest.raises(RecipeError, match=r"tiny\.toml: release\[0\]\.linkage: unknown key"):
        choose(tmp_path, "tiny", tiny=library("1.0", release='linkage = "static"'))


def test_the_settings_of_a_package_name_each_library_once(tmp_path: Path):
    recipe = '[[release]]\nlibraries = ["Tiny >=1", "b"]\n[[release]]\nlibraries = ["b"]'
    recipes = registry(tmp_path, {}, pkg=recipe)
    assert recipes.settings("pkg", "1.0", MACOS).libraries == ("tiny>=1", "b")
