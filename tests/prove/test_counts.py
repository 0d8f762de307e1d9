"""Test counts out of what test programs print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.prove.counts import count_tests

WORDS = ("passed", "failed", "errors", "skipped", "xfailed", "xpassed")


@pytest.mark.parametrize(
    ("output", "counts"),
    [
        ("===== 160 passed, 2 skipped in 1.23s =====", {"passed": 160, "skipped": 2}),
        ("476 passed in 70.10s (0:01:10)", {"passed": 476}),
        ("1 failed, 2 passed, 1 warning in 0.10s", {"failed": 1, "passed": 2}),
        ("= 3 passed, 9 deselected, 1 error in 3605.10s (1:00:05) =", {"passed": 3, "errors": 1}),
        ("== 1 xfailed, 1 xpassed in 0.1s ==", {"xfailed": 1, "xpassed": 1}),
        ("=== no tests ran in 0.01s ===", {}),
        ("Ran 12 tests in 0.001s\n\nOK", {"passed": 12}),
        ("Ran 1 test in 0.001s\n\nOK (skipped=1)", {"skipped": 1}),
        (
            "Ran 9 tests in 0.1s\n\nFAILED (failures=1, errors=2, expected failures=1)",
            {"failed": 1, "errors": 2, "xfailed": 1, "passed": 5},
        ),
        ("Ran 4 tests in 1s\nOK\nRan 5 tests in 2s\nOK\n1 passed in 3s", {"passed": 10}),
        ("12 tests passed\nOK\nall of them passed in 3s", {}),
        ("", {}),
    ],
)
def test_known_words(output: str, counts: dict[str, int]) -> None:
    assert count_tests(output.splitlines()) == counts


@given(st.dictionaries(st.sampled_from(WORDS), st.integers(1, 10**6), min_size=1))
def test_what_pytest_counts_is_what_is_read(counts: dict[str, int]) -> None:
    line = ", ".join(f"{number} {word}" for word, number in counts.items())
    assert count_tests([f"=== {line} in 1.00s ==="]) == counts


@given(st.lists(st.text()))
def test_any_output_can_be_read(lines: list[str]) -> None:
    assert all(number > 0 for number in count_tests(lines).values())
