import json

import pytest
from tinywheels import Verifier, WheelMaker, codes

INFO = "tiny-1.0.dist-info"
TAG = "cp311-cp311-macosx_11_0_arm64"
SAYS = {
    "format": 1,
    "name": "tiny",
    "version": "1.0",
    "tag": TAG,
    "requires": "tiny-macos==1.0",
    "extras": {"gpu": ["tiny-gpu"]},
}
METADATA = (
    "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\nKeywords: orchestrator-redirect\n"
    "Provides-Extra: gpu\n"
)
REQUIRES = 'Requires-Dist: tiny-macos (==1.0)\nRequires-Dist: tiny-gpu ; extra == "gpu"\n'


def redirect(**changes: object) -> dict[str, bytes]:
    return {f"{INFO}/redirect.json": json.dumps(SAYS | changes).encode()}


def test_a_redirect_is_no_error_and_is_said_to_be_one(verify: Verifier):
    (found,) = verify(redirect(), metadata=METADATA + REQUIRES)
    assert (found.code, found.severity) == ("WHL110", "note")
    assert "requires tiny-macos==1.0" in found.message


def test_other_wheels_are_not_looked_at(verify: Verifier):
    assert not codes(verify(metadata=f"{METADATA.replace('orchestrator-', '')}{REQUIRES}"))


@pytest.mark.parametrize(
    "name", ["tiny.py", "tiny.so", "tiny-1.0.data/scripts/x", f"{INFO}/entry_points.txt"]
)
def test_anything_else_in_it_is_an_error(verify: Verifier, name: str):
    found = verify({**redirect(), name: b"x"}, metadata=METADATA + REQUIRES)
    assert codes(found) == {"WHL109"}
    assert name in " ".join(finding.message for finding in found)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "other"},
        {"version": "1.1", "requires": "tiny-macos==1.1"},
        {"tag": "cp311-cp311-macosx_12_0_arm64"},
        {"requires": "tiny-macos"},
        {"requires": "tiny-macos>=1.0"},
        {"requires": "tiny-macos==1.0 ; os_name == 'posix'"},
        {"requires": "tiny-macos==2.0"},
        {"requires": "tiny==1.0"},
        {"requires": "Tiny==1.0"},
        {"requires": "tiny-macos @ https://h/x.whl"},
        {"requires": "=="},
        {"extras": {}},
        {"extras": {"gpu": ["tiny-gpu>1"]}},
        {"format": 2},
        {"requires": 1},
    ],
)
def test_what_it_says_must_be_so(verify: Verifier, changes: dict[str, object]):
    assert codes(verify(redirect(**changes), metadata=METADATA + REQUIRES)) == {"WHL109"}


def test_more_requirements_than_it_says_are_an_error(verify: Verifier):
    more = f"{REQUIRES}Requires-Dist: miner\n"
    assert codes(verify(redirect(), metadata=METADATA + more)) == {"WHL109"}


def test_one_for_every_platform_is_an_error(verify: Verifier, make_wheel: WheelMaker):
    found = verify(redirect(tag="py3-none-any"), metadata=METADATA + REQUIRES, tag="py3-none-any")
    assert codes(found) == {"WHL109"}


def test_the_keyword_alone_is_an_error(verify: Verifier):
    assert codes(verify({}, metadata=METADATA + REQUIRES)) == {"WHL109"}
