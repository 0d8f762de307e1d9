import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import UnparsableInputError
from orchestrator.resolve.environment_yml import parse_environment


def test_pips_part_with_its_lines_and_condas_part_as_such():
    found = parse_environment(
        "name: x\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n  - numpy\n"
        "  - pip:\n    - -r more.txt\n    - annoy==1.17.3\n",
        "environment.yml",
    )
    assert found.conda == ("python=3.11", "numpy")
    assert found.pip == ((7, "-r more.txt"), (8, "annoy==1.17.3"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no list of dependencies"),
        ("name: x\n", "no list of dependencies"),
        ("dependencies: numpy\n", "no list of dependencies"),
        ("dependencies:\n  - other: [x]\n", r"e\.yml:2: neither a package"),
        ("dependencies:\n  - pip:\n    - [x]\n", r"e\.yml:3: not a requirement"),
        ("a: [", r"e\.yml: while parsing"),
    ],
)
def test_what_is_no_environment(text: str, words: str):
    with pytest.raises(UnparsableInputError, match=words):
        parse_environment(text, "e.yml")


@given(st.text(max_size=100))
def test_no_text_is_too_odd(text: str):
    with contextlib.suppress(UnparsableInputError):
        parse_environment(text, "e.yml")
