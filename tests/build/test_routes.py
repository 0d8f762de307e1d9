"""Which ways to run a build are tried, and in which order."""

from collections.abc import Sequence
from typing import Literal

import pytest

from orchestrator.build.routes import may_be_mended, next_step, routes
from orchestrator.errors import (
    BackendFailedError,
    MissingBuildRequirementError,
    MissingHeaderError,
    MissingLanguageError,
    MissingToolError,
    NoRuntimeError,
    OrchestratorError,
    WrongWheelError,
)
from orchestrator.model import Route


@pytest.mark.parametrize(
    ("asked", "available", "tried"),
    [
        ("", ("cross",), ("cross",)),
        ("", ("cross", "hybrid"), ("cross", "hybrid")),
        ("", ("emulated", "hybrid", "cross"), ("cross", "hybrid", "emulated")),
        ("cross", ("cross", "hybrid"), ("cross",)),
        ("hybrid", ("cross", "hybrid", "emulated"), ("hybrid",)),
        ("emulated", ("cross", "hybrid", "emulated"), ("emulated",)),
        # Where target and host are the same, the others have nothing to offer.
        ("", ("native",), ("native",)),
        ("hybrid", ("native",), ("native",)),
    ],
)
def test_the_order(asked: Route | Literal[""], available: Sequence[Route], tried: Sequence[Route]):
    assert routes(asked, available, "pkg==1.0") == tried


@pytest.mark.parametrize(
    ("asked", "available", "kind", "way_out"),
    [
        ("hybrid", ("cross",), NoRuntimeError, "orchestrate emulator setup"),
        ("emulated", ("cross", "hybrid"), MissingToolError, "setup --compiler"),
    ],
)
def test_a_route_that_a_recipe_asks_for_must_be_there(
    asked: Route, available: Sequence[Route], kind: type[OrchestratorError], way_out: str
):
    with pytest.raises(kind, match=rf"pkg==1\.0.*{asked}") as caught:
        routes(asked, available, "pkg==1.0")
    assert way_out in caught.value.hint


@pytest.mark.parametrize("kind", [BackendFailedError, WrongWheelError])
def test_a_failure_of_unknown_cause_may_be_the_routes(kind: type[OrchestratorError]):
    assert may_be_mended(kind("it failed"))


@pytest.mark.parametrize(
    "kind",
    [
        MissingBuildRequirementError,
        MissingHeaderError,
        MissingLanguageError,
        MissingToolError,
    ],
)
def test_what_is_missing_is_missing_by_every_route(kind: type[OrchestratorError]):
    assert not may_be_mended(kind("it failed"))


@pytest.mark.parametrize(
    ("asked", "available", "said"),
    [
        ("", ("cross",), "orchestrate emulator setup`"),
        ("", ("cross", "hybrid"), "orchestrate emulator setup --compiler`"),
        ("", ("cross", "hybrid", "emulated"), ""),
        ("cross", ("cross",), ""),
        ("", ("native",), ""),
    ],
)
def test_what_would_open_another_route(
    asked: Route | Literal[""], available: Sequence[Route], said: str
):
    step = next_step(asked, available)
    assert said in step
    assert bool(step) == bool(said)
