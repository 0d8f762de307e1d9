import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestrator.pipeline.once import Once


def test_one_makes_it_and_the_others_wait():
    once: Once[str, int] = Once()
    made = []
    going = threading.Barrier(4)

    def make() -> int:
        made.append(1)
        return len(made)

    def ask(_: int) -> int:
        going.wait(5)
        return once.get("a", make)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [1] * 4
    assert once.get("b", make) == 2


def test_a_failure_is_everybodys():
    once: Once[str, int] = Once()

    def fail() -> int:
        raise LookupError("gone")

    for _ in range(2):
        with pytest.raises(LookupError, match="gone"):
            once.get("a", fail)
