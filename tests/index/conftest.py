"""What tests of the index share."""

from pathlib import Path

import pytest
from index_store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)
