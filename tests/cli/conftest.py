from pathlib import Path

import pytest
from command_line import CommandLine
from debian_tools import debian_fortran, debian_rust  # noqa: F401


@pytest.fixture(scope="session")
def cache(request: pytest.FixtureRequest) -> Path:
    """The caches of toolchains and sources, kept from one run of the tests to the next."""
    return request.config.cache.mkdir("orchestrate")


@pytest.fixture
def command_line(tmp_path: Path, cache: Path) -> CommandLine:
    return CommandLine(tmp_path, cache)
