from __future__ import annotations

import hashlib
import operator
import time
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from recipe_folders import LINUX, MACOS, write, write_own, write_patch

from orchestrator.model import (
    Backend,
    BuildSettings,
    Flags,
    Needs,
    Patch,
    SourceOverride,
    Substitute,
    TestPlan,
)
from orchestrator.registry import schema
from orchestrator.registry.load import Registry, load_registry
from orchestrator.registry.select import applies, merge, settings_of

if TYPE_CHECKING:
    from pathlib import Path


def settings(folder: Path, text: str, version: str | None = "1.0") -> BuildSettings:
    return Registry([write(folder / "recipes", pkg=text)]).settings("pkg", version, MACOS)


def test_a_package_without_recipe_has_empty_settings_with_a_digest(tmp_path: Path):
    found = Registry([tmp_path]).settings("pkg", "1.0", MACOS)
    assert msgspec.structs.replace(found, digest="") == BuildSettings()
    assert len(found.digest) == 64


def test_every_field_arrives(tmp_path: Path):
    write_patch(tmp_path / "recipes", "pkg/1.patch", "text")
    own = write_own(tmp_path / "recipes", "pkg", "test_pkg.py")
    found = settings(
        tmp_path,
        f"""
why = "whole"
upstream = "https://h/1"
[[release]]
versions = ">=1,<2"
platforms = ["macosx_*"]
pythons = ">=3.12"
why = "part"
upstream = "https://h/2"
source = {{ url = "https://h/x.tar.gz", sha256 = "{"a" * 64}" }}
patches = ["pkg/1.patch"]
target-build-requires = ["numpy >=2"]
blas = "accelerate"
env = {{ KEY = "value" }}
config-settings = {{ setup-args = ["-Da=1", "-Db=2"], build-dir = "x" }}
backend = {{ build-backend = "b.build", requires = ["b"], backend-path = ["."] }}
flags = {{ add-compile = ["-a"], drop-compile = ["-b"], add-link = ["-c"], drop-link = ["-d"] }}
build-requires = {{ add = ["x>1"], constrain = ["y<2"], remove = ["Some_Name"] }}
needs = {{ languages = ["c"], minimum-macos = "13.3", frameworks = ["IOKit"], tools = ["perl"] }}
route = "hybrid"
[release.test]
imports = ["pkg.x"]
command = "pytest"
requires = ["pytest"]
files = ["tests", "data/x.json"]
own-files = ["test_pkg.py"]
source = {{ git = "https://h/tests", rev = "v1" }}
seconds = 60
[release.substitute]
kind = "redirect"
name = "Other_Pkg"
extras = {{ gpu = ["other-gpu ==1.0", "other-pkg[gpu]"] }}
advice = "Same thing."
""",
    )
    assert found.digest
    assert msgspec.structs.replace(found, digest="") == BuildSettings(
        recipes=("pkg.toml[0]",),
        source=SourceOverride(url="https://h/x.tar.gz", sha256="a" * 64),
        patches=(
            Patch(
                name="pkg/1.patch",
                path=tmp_path / "patches/pkg/1.patch",
                sha256=hashlib.sha256(b"text").hexdigest(),
            ),
        ),
        env={"KEY": "value"},
        flags=Flags(compile_add=("-a",), compile_drop=("-b",), link_add=("-c",), link_drop=("-d",)),
        build_requires=found.build_requires,
        target_build_requires=("numpy>=2",),
        config_settings={"setup-args": ("-Da=1", "-Db=2"), "build-dir": "x"},
        backend=Backend(build_backend="b.build", requires=("b",), backend_path=(".",)),
        blas="accelerate",
        needs=Needs(
            languages=("c",), minimum_macos=(13, 3), frameworks=("IOKit",), tools=("perl",)
        ),
        route="hybrid",
        test=TestPlan(
            imports=("pkg.x",),
            command="pytest",
            requires=("pytest",),
            files=("tests", "data/x.json"),
            own_files=(own,),
            source=SourceOverride(git="https://h/tests", rev="v1"),
            seconds=60,
        ),
        substitute=Substitute(
            kind="redirect",
            name="other-pkg",
            extras={"gpu": ("other-gpu==1.0", "other-pkg[gpu]")},
            advice="Same thing.",
        ),
        why=("whole", "part"),
    )
    assert found.build_requires.add == ("x>1",)
    assert found.build_requires.constrain == ("y<2",)
    assert found.build_requires.remove == ("some-name",)


def test_lists_append_tables_update_and_scalars_override_in_file_order(tmp_path: Path):
    found = settings(
        tmp_path,
        """
[[release]]
blas = "openblas"
env = { A = "1", B = "1" }
config-settings = { args = ["x"], one = "1" }
flags = { add-compile = ["-a"] }
needs = { minimum-macos = "12", languages = ["c"] }
[[release]]
versions = ">=2"
blas = "none"
[[release]]
blas = "accelerate"
env = { B = "2", C = "2" }
config-settings = { args = ["y"], one = "2" }
flags = { add-compile = ["-b"], add-link = ["-c"] }
needs = { languages = ["rust"] }
""",
    )
    assert found.recipes == ("pkg.toml[0]", "pkg.toml[2]")
    assert found.blas == "accelerate"
    assert found.env == {"A": "1", "B": "2", "C": "2"}
    assert found.config_settings == {"args": ("x", "y"), "one": "2"}
    assert found.flags == Flags(compile_add=("-a", "-b"), link_add=("-c",))
    assert found.needs == Needs(languages=("c", "rust"), minimum_macos=(12, 0))


def test_test_plans_are_merged_and_their_own_files_found_in_each_folder(tmp_path: Path):
    common = write(
        tmp_path / "common",
        pkg="""
[[release]]
route = "cross"
test = { command = "python a.py", requires = ["x"], files = ["tests"], own-files = ["a.py"] }
""",
    )
    mine = write(
        tmp_path / "mine",
        pkg=f"""
[[release]]
route = "emulated"
[release.test]
command = "python b.py"
own-files = ["b.py"]
source = {{ url = "https://h/x.tar.gz", sha256 = "{"a" * 64}" }}
seconds = 9
""",
    )
    own = (write_own(common, "pkg", "a.py"), write_own(mine, "pkg", "b.py"))
    found = Registry([common, mine]).settings("pkg", "1.0", MACOS)
    assert found.route == "emulated"
    assert found.test == TestPlan(
        command="python b.py",
        requires=("x",),
        files=("tests",),
        own_files=own,
        source=SourceOverride(url="https://h/x.tar.gz", sha256="a" * 64),
        seconds=9,
    )


def test_source_and_backend_are_replaced_as_a_whole(tmp_path: Path):
    found = settings(
        tmp_path,
        f"""
[[release]]
source = {{ url = "https://h/x", sha256 = "{"a" * 64}" }}
backend = {{ build-backend = "one", requires = ["one"] }}
[[release]]
source = {{ git = "https://h/y", rev = "v1" }}
backend = {{ build-backend = "two" }}
""",
    )
    assert found.source == SourceOverride(git="https://h/y", rev="v1")
    assert found.backend == Backend(build_backend="two")


def test_later_folders_refine_earlier_ones_and_bring_their_own_patches(tmp_path: Path):
    first = write(
        tmp_path / "a" / "recipes", pkg="[[release]]\nblas = 'none'\npatches = ['same.patch']"
    )
    write_patch(first, "same.patch", "first")
    second = write(tmp_path / "b", pkg="[[release]]\nblas = 'openblas'\npatches = ['same.patch']")
    (second / "patches").mkdir()
    (second / "patches" / "same.patch").write_text("second")
    write_patch(second, "same.patch", "beside, and not looked at")

    found = Registry([first, second]).settings("PKG", "1.0", MACOS)

    assert found.blas == "openblas"
    assert [patch.path.read_text() for patch in found.patches] == ["first", "second"]
    assert Registry([second, first]).settings("pkg", "1.0", MACOS).blas == "none"


def test_a_folder_given_twice_counts_once(tmp_path: Path):
    folder = write(tmp_path / "r", pkg="[[release]]\nflags = { add-link = ['-x'] }")
    found = load_registry([folder, tmp_path / "r" / ".." / "r"]).settings("pkg", "1.0", MACOS)
    assert found.flags.link_add == ("-x",)


@pytest.mark.parametrize(
    ("conditions", "version", "matches"),
    [
        ("", "1.0", True),
        ("versions = '>=1,<2'", "1.5", True),
        ("versions = '>=1,<2'", "2.0", False),
        ("versions = '>=1'", "1.5rc1", True),
        ("versions = '>=2'", None, True),
        ("platforms = ['manylinux_*']", "1.0", False),
        ("platforms = ['manylinux_*', 'macosx_*']", "1.0", True),
        ("platforms = ['macosx_11_*']", "1.0", False),
        ("platforms = ['macosx_1[4-9]_0_arm64']", "1.0", True),
        ("pythons = '>=3.12'", "1.0", True),
        ("pythons = '<3.12'", "1.0", False),
        ("pythons = '==3.12'\nplatforms = ['musllinux_*']", "1.0", False),
    ],
)
def test_a_release_applies_when_all_its_conditions_hold(
    tmp_path: Path, conditions: str, version: str | None, matches: bool
):
    found = settings(tmp_path, f"[[release]]\n{conditions}", version)
    assert found.recipes == (("pkg.toml[0]",) if matches else ())


def test_the_reason_of_a_file_is_given_only_when_a_release_applies(tmp_path: Path):
    text = "why = 'whole'\n[[release]]\nversions = '>=2'\nwhy = 'part'"
    assert settings(tmp_path, text, "1.0").why == ()
    assert settings(tmp_path, text, "2.0").why == ("whole", "part")


RELEASE = """
[[release]]
env = { A = "1", B = "2" }
patches = ["1.patch"]
"""


def test_the_digest_stays_when_nothing_that_matters_changes(tmp_path: Path):
    write_patch(tmp_path / "recipes", "1.patch", "one")
    write_patch(tmp_path / "elsewhere" / "recipes", "renamed.patch", "one")
    first = settings(tmp_path, RELEASE).digest
    moved = settings(
        tmp_path / "elsewhere",
        """
why = "said better"
[[release]]
versions = ">=2"
[[release]]
why = "told at last"
env = { B = "2" }
[[release]]
env = { A = "1" }
patches = ["renamed.patch"]
test = { command = "a test makes no other wheel", files = ["tests"], seconds = 1 }
""",
    ).digest
    assert first == moved


@pytest.mark.parametrize(
    "change",
    ["blas = 'none'", "env = { A = '2' }", "env = { C = '' }", "route = 'emulated'"],
)
def test_the_digest_changes_with_every_setting(tmp_path: Path, change: str):
    write_patch(tmp_path / "recipes", "1.patch", "one")
    first = settings(tmp_path, RELEASE).digest
    assert settings(tmp_path, RELEASE + "[[release]]\n" + change).digest != first


def test_the_digest_changes_with_a_patch_s_content(tmp_path: Path):
    write_patch(tmp_path / "recipes", "1.patch", "one")
    first = settings(tmp_path, RELEASE).digest
    write_patch(tmp_path / "recipes", "1.patch", "two")
    assert settings(tmp_path, RELEASE).digest != first


def test_the_digest_is_the_same_on_every_machine():
    """It is in fingerprints: changing it builds everything anew, so let it be on purpose."""
    found = settings_of([schema.Release(blas="none", env={"B": "1", "A": "2"})])
    assert found.digest == "a8dbfb0e6fc6c17cbb13fbde2045333487a575185f7767655270ef668def5f4b"


def test_numpy_takes_accelerate_on_macos_and_openblas_elsewhere():
    registry = load_registry()
    on_macos = registry.settings("NumPy", "2.2.6", MACOS)
    assert on_macos.blas == "accelerate"
    assert on_macos.needs.minimum_macos == (13, 3)
    assert "-Duse-ilp64=true" in on_macos.config_settings["setup-args"]
    on_linux = registry.settings("numpy", "2.2.6", LINUX)
    assert on_linux.blas == "openblas"
    assert on_linux.needs.minimum_macos is None
    assert on_linux.test == on_macos.test


def test_settings_do_not_read_other_recipes(tmp_path: Path):
    many = {f"other{number}": "[[ not TOML" for number in range(500)}
    registry = Registry([write(tmp_path, pkg="[[release]]\nblas = 'none'", **many)])
    registry.settings("pkg", "1.0", MACOS)
    started = time.process_time()
    for _ in range(10):
        registry.settings("pkg", "1.0", MACOS)
    assert (time.process_time() - started) / 10 < 0.02, "5 ms when the machine is idle"


WORDS = st.sampled_from(["a", "b", "c"])
LISTS = st.lists(WORDS, max_size=3).map(tuple)
RELEASES = st.builds(
    schema.Release,
    why=st.sampled_from(["", "x", "y"]),
    versions=st.sampled_from(["", ">=1", "<2", "==1.*"]).map(SpecifierSet),
    platforms=st.lists(
        st.sampled_from(["macosx_*", "manylinux_*", "*"]).map(schema.PlatformPattern), max_size=2
    ).map(tuple),
    env=st.dictionaries(WORDS, WORDS),
    config_settings=st.builds(
        operator.or_, st.dictionaries(WORDS, WORDS), st.dictionaries(st.just("list"), LISTS)
    ),
    flags=st.builds(schema.Flags, add_compile=LISTS, drop_link=LISTS),
    blas=st.sampled_from([msgspec.UNSET, "none", "openblas"]),
    route=st.sampled_from([msgspec.UNSET, "cross", "emulated"]),
    test=st.sampled_from(
        [
            schema.Test(),
            schema.Test(command="a", files=("a",), seconds=1),
            schema.Test(files=("b",), requires=(), seconds=2),
        ]
    ),
    backend=st.just(msgspec.UNSET)
    | st.builds(schema.Backend, build_backend=WORDS, backend_path=LISTS),
)


@limits(deadline=None)
@given(RELEASES, RELEASES, RELEASES)
def test_merging_may_be_grouped_in_any_way(a: schema.Release, b: schema.Release, c: schema.Release):
    assert settings_of([merge(a, merge(b, c))]) == settings_of([merge(merge(a, b), c)])


@limits(deadline=None)
@given(RELEASES)
def test_merging_with_nothing_changes_nothing(release: schema.Release):
    assert merge(release, schema.Release()) == release
    assert merge(schema.Release(), release) == release


@limits(deadline=None)
@given(RELEASES, st.sampled_from(["0.1", "1.0", "1.5b1", "2.0"]))
def test_a_release_applies_on_one_of_two_targets_only_for_its_platforms(
    release: schema.Release, version: str
):
    on_macos, on_linux = (applies(release, Version(version), target) for target in (MACOS, LINUX))
    if on_macos != on_linux:
        assert len({pattern.split("_")[0] for pattern in release.platforms}) == 1
    if not release.versions.contains(version, prereleases=True):
        assert not on_macos
        assert not on_linux
