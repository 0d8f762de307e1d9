from __future__ import annotations

import contextlib
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestrator.registry.schema import RecipeFile, json_schema, parse_text
from orchestrator.registry.validate import problems

KEYS = sorted({key for table in json_schema()["$defs"].values() for key in table["properties"]})
TEXTS = ["", "x", ">=2", "macosx_*", "none", "numpy>=2", "13.3", "https://h/x", "a" * 64, "c++"]
VALUES = st.recursive(
    st.sampled_from(TEXTS) | st.integers() | st.floats() | st.booleans() | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*KEYS, "A B", ""]), inner, max_size=4)
    ),
    max_leaves=20,
)
RELEASES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)


@given(st.builds(lambda releases: {"release": releases}, st.lists(RELEASES, max_size=2)) | VALUES)
@example({"release": [{"blas": {}, "needs": {"languages": [{}]}, "config-settings": {"": {}}}]})
def test_there_are_problems_exactly_where_decoding_fails(value: Any):
    found = list(problems(value, RecipeFile, parse_text))
    assert all(isinstance(problem, str) and problem and "$" not in problem for problem in found)
    decoded = None
    with contextlib.suppress(msgspec.ValidationError):
        decoded = msgspec.convert(value, RecipeFile, dec_hook=parse_text)
    assert bool(found) == (decoded is None), found


@settings(deadline=None)
@given(st.lists(st.sampled_from(["versions", "blas", "env", "flags", "tests"]), unique=True))
def test_each_fault_is_found_beside_the_others(keys: list[str]):
    value = {"release": [{}, dict.fromkeys(keys, 1)]}
    found = list(problems(value, RecipeFile, parse_text))
    assert [problem.split(":")[0] for problem in found] == [f"release[1].{key}" for key in keys]
