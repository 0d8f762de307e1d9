import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import target, wheel

from orchestrator.audit.offers import offer_of, offers
from orchestrator.targets.wheel_tags import accepted


@pytest.mark.parametrize(
    ("tag", "fit", "oldest"),
    [
        ("py3-none-any", "fits", None),
        ("cp311-cp311-macosx_11_0_arm64", "fits", (11, 0)),
        ("cp311-cp311-macosx_10_9_universal2", "fits", (11, 0)),
        ("cp39-abi3-macosx_11_0_arm64", "fits", (11, 0)),
        ("cp311-cp311-macosx_12_0_arm64", "newer", (12, 0)),
        ("py3-none-macosx_14_0_arm64", "newer", (14, 0)),
        ("cp311-cp311-macosx_10_9_x86_64", "x86_64", (10, 9)),
        ("cp311-cp311-macosx_10_9_intel", "x86_64", (10, 9)),
        # One file for both: what it offers is the better of the two.
        ("cp311-cp311-macosx_10_9_x86_64.macosx_12_0_arm64", "newer", (12, 0)),
    ],
)
def test_what_a_wheel_offers_a_mac(tag: str, fit: str, oldest: tuple[int, int] | None):
    filename = f"pkg-1.0-{tag}.whl"
    assert offer_of(filename, target()) == (filename, fit, oldest)


@pytest.mark.parametrize(
    "tag",
    [
        "cp310-cp310-macosx_11_0_arm64",
        "cp312-abi3-macosx_11_0_arm64",
        "pp311-pypy311_pp73-macosx_11_0_arm64",
        "cp311-cp311-manylinux_2_17_aarch64",
        "cp311-cp311-win_arm64",
        "cp311-cp311-macosx_10_9_i386",
    ],
)
def test_what_a_mac_can_never_use(tag: str):
    assert offer_of(f"pkg-1.0-{tag}.whl", target()) is None


@pytest.mark.parametrize(
    ("platform", "tag", "fit"),
    [
        ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64.manylinux2014_aarch64", "fits"),
        ("manylinux_2_28_aarch64", "manylinux_2_34_aarch64", "newer"),
        ("manylinux_2_28_aarch64", "manylinux2014_x86_64", "x86_64"),
        ("musllinux_1_2_aarch64", "musllinux_1_1_aarch64", "fits"),
    ],
)
def test_what_a_wheel_offers_linux(platform: str, tag: str, fit: str):
    offer = offer_of(f"pkg-1.0-cp311-cp311-{tag}.whl", target(platform))
    assert offer
    assert offer.fit == fit


def test_other_libc_is_no_offer():
    assert offer_of("p-1-cp311-cp311-musllinux_1_2_aarch64.whl", target("linux")) is None


def test_free_threaded_pythons_take_their_own():
    name = "pkg-1.0-cp313-cp313-macosx_11_0_arm64.whl"
    assert offer_of(name, target(python="3.13t")) is None
    assert offer_of(name.replace("-cp313-m", "-cp313t-m"), target(python="3.13t"))


TAGS = sorted(accepted(target("macosx_13_0_arm64")) | accepted(target("linux", "3.13")))


@given(st.sampled_from(TAGS), st.sampled_from(["macosx_11_0_arm64", "manylinux_2_28_aarch64"]))
def test_fits_means_that_installers_take_it(tag: str, platform: str):
    where = target(platform)
    offer = offer_of(f"pkg-1.0-{tag}.whl", where)
    assert bool(offer and offer.fit == "fits") == (tag in accepted(where))


def test_versions_around_the_resolved_one():
    tag = "cp311-cp311-macosx_11_0_arm64"
    files = [
        *(wheel(version, tag) for version in ("1.0", "1.5", "2.1", "3.0")),
        wheel("1.9", tag, yanked=True),
        wheel("1.8", tag, requires_python=">=3.12"),
        wheel("4.0rc1", tag),
        wheel("1.7", "cp310-cp310-macosx_11_0_arm64"),
        wheel("1.6", "cp311-cp311-macosx_12_0_arm64"),
        wheel("not a version", tag),
        wheel("2.0", "cp311-cp311-macosx_13_0_arm64"),
        wheel("2.0", "cp311-cp311-macosx_12_0_arm64"),
        wheel("2.0", "cp311-cp311-macosx_10_9_x86_64"),
    ]
    found = offers("2.0", files, target())
    assert (found.older, found.newer) == ("1.5", "3.0")
    assert found.newer_platform
    assert found.newer_platform.oldest == (12, 0)
    assert found.x86_64
    assert found.x86_64.oldest == (10, 9)


def test_a_prerelease_sees_prereleases():
    files = [wheel("2.0rc1", "py3-none-any")]
    assert offers("2.0rc2", files, target()).older == "2.0rc1"
    assert offers("2.0", files, target()).older == ""
