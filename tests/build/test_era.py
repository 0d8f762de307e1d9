"""Build tools of an sdist's own time."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from orchestrator.build.era import _FLOORS, Release, applicable, constraints, release_table
from orchestrator.model import Interpreter

CP311 = Interpreter(major=3, minor=11)
TABLE = tuple(
    Release(name="setuptools", series=series, released=date.fromisoformat(day))
    for series, day in (("65", "2022-08-14"), ("66", "2023-01-16"), ("70", "2024-05-21"))
)


def test_a_tool_is_held_below_what_came_out_later():
    assert constraints((2023, 6, 1), CP311, TABLE) == ("setuptools<70",)


def test_the_release_of_the_same_day_was_there():
    assert constraints((2023, 1, 16), CP311, TABLE) == ("setuptools<70",)
    assert constraints((2023, 1, 15), CP311, TABLE) == ("setuptools<66",)


def test_a_very_old_sdist_gets_the_oldest_tool_that_still_runs():
    assert constraints((2009, 1, 1), CP311, TABLE) == ("setuptools<66",)
    newer = Interpreter(major=3, minor=12)
    assert constraints((2009, 1, 1), newer, TABLE) == ("setuptools<70",)


def test_a_pybind11_whose_arrays_crash_beside_numpy_2_is_never_gone_back_to():
    assert "pybind11<2.13" in constraints((2023, 12, 3), CP311, release_table())


def test_an_sdist_newer_than_every_release_has_no_bounds():
    assert constraints((2099, 1, 1), CP311, TABLE) == ()


def test_an_unknown_date_has_no_bounds():
    assert constraints(None, CP311, TABLE) == ()


@settings(deadline=None)
@given(day=st.dates(date(1990, 1, 1), date(2040, 1, 1)), minor=st.integers(9, 14))
def test_bounds_of_the_real_table_leave_a_tool_to_install(day: date, minor: int):
    table = release_table()
    interpreter = Interpreter(major=3, minor=minor)
    for text in constraints((day.year, day.month, day.day), interpreter, table):
        bound = Requirement(text)
        floors = _FLOORS[bound.name]
        assert bound.specifier.contains(floors[max(m for m in floors if m <= minor)])
        assert any(r.released > day for r in table if not bound.specifier.contains(r.series))


@pytest.mark.parametrize(
    ("requirement", "kept"),
    [
        ("setuptools", True),
        ("setuptools>=40", True),
        ("setuptools>=40,!=60", True),
        ("setuptools<80", True),
        ("SetupTools>=71", False),
        ("setuptools==75.*", False),
        ("setuptools~=70.1", False),
        ("wheel>=99", True),
    ],
)
def test_a_lower_bound_of_the_package_wins(requirement: str, *, kept: bool):
    assert bool(applicable(("setuptools<70",), (requirement,))) is kept


def test_a_locked_version_is_no_bound():
    assert applicable(("setuptools==67.8.0", "wheel<1"), ("setuptools>=40", "wheel>=2")) == (
        "setuptools==67.8.0",
    )
