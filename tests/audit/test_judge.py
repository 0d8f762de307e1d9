import pytest
from made import locked, target, wheel

from orchestrator.audit.facts import Library, SdistFacts
from orchestrator.audit.judge import Surroundings, judge
from orchestrator.audit.offers import Offers, offers
from orchestrator.model import BuildSettings, DistFile, Source, Substitute, Target
from orchestrator.resolve.pages import FileEntry

C = SdistFacts(backend="setuptools", languages=("c",))
LEVELDB = Library(name="leveldb", evidence=("setup.py: leveldb",))
RECIPE = Surroundings(settings=BuildSettings(recipes=("pkg.toml[0]",)))
MAC = "cp311-cp311-macosx_11_0_arm64"


def offered(files: list[FileEntry], where: Target | None = None) -> Offers:
    return offers("2.0", files, where or target())


def test_a_wheel_and_the_oldest_system_it_needs():
    verdict = judge(locked(wheel=MAC), target(), Surroundings())
    assert (verdict.answer, verdict.group, verdict.needs) == ("wheel", "ready", "macOS 11.0")
    assert verdict.ways == ()


def test_a_wheel_for_everything_needs_nothing():
    verdict = judge(locked(wheel="py3-none-any"), target(), Surroundings())
    assert (verdict.needs, verdict.words) == ("", "runs everywhere")


def test_a_published_wheel_fills_the_gap():
    published = ("pkg-1.0-py3-none-any.whl", f"pkg-2.0-{MAC}.whl", "broken.whl")
    verdict = judge(locked(), target(), Surroundings(published=published))
    assert (verdict.answer, verdict.group) == ("wheelhouse", "ready")
    assert verdict.wheel == published[1]


@pytest.mark.parametrize(
    "filename",
    [
        "pkg-2.0-cp311-cp311-macosx_12_0_arm64.whl",
        "pkg-2.1-py3-none-any.whl",
        "other-2.0-py3-none-any.whl",
    ],
)
def test_a_published_wheel_that_does_not_fit_fills_none(filename: str):
    verdict = judge(locked(), target(), Surroundings(published=(filename,)), facts=C)
    assert verdict.answer == "sdist"


def test_what_the_lock_names_counts_before_the_wheelhouse():
    published = (f"pkg-2.0-{MAC}.whl",)
    verdict = judge(locked(wheel="py3-none-any"), target(), Surroundings(published=published))
    assert verdict.answer == "wheel"


def test_only_for_a_newer_system():
    files = [wheel("2.0", "cp311-cp311-macosx_12_0_arm64"), wheel("1.0", MAC)]
    verdict = judge(locked(), target(), Surroundings(), offered(files, target()), C)
    assert (verdict.answer, verdict.group) == ("newer-platform", "attention")
    assert verdict.needs == "macOS 12.0"
    assert verdict.ways == ("--platform macosx_12_0_arm64", "take 1.0", "orchestrate build")


def test_a_newer_minor_version_is_asked_for_by_the_next_major_one():
    # A tag of 12.3 is nothing that installers take; 13.0 is the first that runs it.
    files = [wheel("2.0", "cp311-cp311-macosx_12_3_arm64")]
    verdict = judge(locked(), target(), Surroundings(), offered(files, target()), C)
    assert verdict.ways[0] == "--platform macosx_13_0_arm64"


def test_only_for_a_newer_libc():
    files = [wheel("2.0", "cp311-cp311-manylinux_2_34_aarch64")]
    verdict = judge(
        locked(),
        target("manylinux_2_28_aarch64"),
        Surroundings(),
        offered(files, target("manylinux_2_28_aarch64")),
        C,
    )
    assert verdict.ways[0] == "--platform manylinux_2_34_aarch64"


def test_only_another_version():
    files = [wheel("1.0", MAC), wheel("3.0", MAC)]
    verdict = judge(locked(), target(), Surroundings(), offered(files), C)
    assert (verdict.answer, verdict.group) == ("other-version", "build")
    assert (verdict.older, verdict.newer) == ("1.0", "3.0")
    assert verdict.ways == ("take 3.0", "orchestrate build makes it")


def test_only_for_intel():
    files = [wheel("2.0", "cp311-cp311-macosx_10_9_x86_64")]
    verdict = judge(locked(sdist=False), target(), Surroundings(), offered(files, target()))
    assert (verdict.answer, verdict.group) == ("x86_64", "attention")
    assert "Rosetta" in verdict.words


def test_an_sdist_that_needs_nothing_is_built():
    verdict = judge(locked(), target(), Surroundings(), facts=C)
    assert (verdict.answer, verdict.group) == ("sdist", "build")


def test_an_sdist_that_could_not_be_read_needs_attention():
    verdict = judge(locked(), target(), Surroundings())
    assert (verdict.answer, verdict.group) == ("sdist", "attention")


@pytest.mark.parametrize(
    ("library", "platform", "group"),
    [
        (LEVELDB, "macosx_11_0_arm64", "attention"),
        (Library(name="leveldb", evidence=(), vendored=True), "macosx_11_0_arm64", "build"),
        (Library(name="leveldb", evidence=(), certain=False), "macosx_11_0_arm64", "build"),
        (Library(name="zlib", evidence=()), "macosx_11_0_arm64", "build"),
        (Library(name="zlib", evidence=()), "manylinux_2_28_aarch64", "attention"),
    ],
)
def test_a_native_library_is_an_obstacle(library: Library, platform: str, group: str):
    facts = SdistFacts(languages=("c++",), libraries=(library,))
    verdict = judge(locked(), target(platform), Surroundings(), facts=facts)
    assert verdict.group == group
    assert bool(verdict.obstacles) == (group == "attention")


def test_a_recipe_takes_the_obstacles_away():
    facts = SdistFacts(languages=("c++",), libraries=(LEVELDB,), tools=("swig",))
    verdict = judge(locked(), target(), RECIPE, facts=facts)
    assert (verdict.answer, verdict.group, verdict.obstacles) == ("recipe", "build", ())


def test_a_language_that_nothing_here_compiles_is_one_even_with_a_recipe():
    facts = SdistFacts(languages=("c", "fortran"))
    surroundings = Surroundings(settings=RECIPE.settings, uncompilable=frozenset({"fortran"}))
    verdict = judge(locked(), target(), surroundings, facts=facts)
    assert verdict.group == "attention"
    assert verdict.obstacles == ("a compiler of Fortran for macosx_11_0_arm64",)


def test_a_recipe_makes_no_sdist():
    verdict = judge(locked(sdist=False), target(), RECIPE)
    assert (verdict.answer, verdict.group) == ("missing", "attention")
    assert verdict.ways


@pytest.mark.parametrize(
    ("substitute", "ways"),
    [
        (Substitute(kind="upgrade", versions=">=3"), ("take >=3",)),
        (Substitute(kind="advice", advice="Do without."), ("Do without.",)),
    ],
)
def test_a_substitute(substitute: Substitute, ways: tuple[str, ...]):
    settings = BuildSettings(recipes=("pkg.toml[0]",), substitute=substitute)
    verdict = judge(locked(sdist=False), target(), Surroundings(settings=settings))
    assert (verdict.answer, verdict.group, verdict.ways) == ("substitute", "attention", ways)


def test_a_redirect_is_one_only_where_it_can_be_made():
    substitute = Substitute(kind="redirect", name="other")
    settings = BuildSettings(recipes=("pkg.toml[0]",), substitute=substitute)
    possible = Surroundings(settings=settings, redirect="other==1.0")
    verdict = judge(locked(sdist=False), target(), possible)
    assert (verdict.answer, verdict.group) == ("redirect", "build")
    assert verdict.words == "a redirect wheel, which requires other==1.0"
    verdict = judge(locked(sdist=False), target(), Surroundings(settings=settings))
    assert (verdict.answer, verdict.group) == ("missing", "attention")
    assert verdict.ways[0] == "take a version that other has too: it has no wheel of this one"


def test_a_source_of_the_users_own_is_built():
    folder = Source(name="pkg", version="2.0", kind="directory", location="/work/pkg")
    verdict = judge(locked(sdist=False, source=folder), target(), Surroundings(), facts=C)
    assert (verdict.answer, verdict.group, verdict.sdist) == ("sdist", "build", "/work/pkg")


def test_the_wheel_of_our_own_wheelhouse_is_told_apart():
    mine = DistFile(filename=f"pkg-2.0-{MAC}.whl", url="file:///wheelhouse")
    package = locked(wheel=MAC)
    assert package.wheel
    assert package.wheel.filename == mine.filename
    verdict = judge(package, target(), Surroundings(published=(mine.filename,)))
    assert verdict.answer == "wheelhouse"
