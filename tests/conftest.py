"""Rules for the whole test suite."""

import sys

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if sys.platform == "darwin":
        return
    elsewhere = pytest.mark.skip(reason="needs a Mac: it runs Apple's own tools")
    for item in items:
        if item.get_closest_marker("macos"):
            item.add_marker(elsewhere)
