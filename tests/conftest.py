"""Rules for the whole test suite."""

import platform
import sys

import pytest
from dask_cluster import dask_cluster  # noqa: F401
from emulator_fixture import emulated_311, emulator_of_marked_tests, emulator_place  # noqa: F401
from object_store import bucket_address, demanding, object_store  # noqa: F401


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if sys.platform != "linux" or platform.machine() == "aarch64":
        unneeded = pytest.mark.skip(reason="an emulator is for Linux hosts that are no aarch64")
        for item in items:
            if item.get_closest_marker("emulator"):
                item.add_marker(unneeded)
    if sys.platform == "darwin":
        return
    elsewhere = pytest.mark.skip(reason="needs a Mac: it runs Apple's own tools")
    for item in items:
        if item.get_closest_marker("macos"):
            item.add_marker(elsewhere)
