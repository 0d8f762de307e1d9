"""What tests of the pages share: a wheelhouse with all that they can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sample_index import make_wheelhouse

from orchestrator.index.catalogue import Catalogue
from orchestrator.index.ui.assets import asset_names
from orchestrator.index.ui.content import Content
from orchestrator.index.ui.frame import Site

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheelhouse; not to be changed."""
    return make_wheelhouse(tmp_path_factory.mktemp("sample") / "wheelhouse")


@pytest.fixture(scope="session")
def content(sample: Path) -> Content:
    """What the pages show."""
    catalogue = Catalogue(sample)
    return Content(catalogue, catalogue.records, Site(assets=asset_names()), sample)
