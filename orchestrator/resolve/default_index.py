"""The index that is asked when none is configured: pypi-simple's own default."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path

_CONSTANT = re.compile(r"^PYPI_SIMPLE_ENDPOINT(?:: \w+)? = \"([^\"]+)\"", re.MULTILINE)


@cache
def default_index() -> str:
    """Its URL.

    Read from pypi-simple's source, where it is found there: to import the package takes as long
    as a resolution from uv's cache.
    """
    spec = importlib.util.find_spec("pypi_simple")
    if spec and spec.origin:
        for path in sorted(Path(spec.origin).parent.glob("*.py")):
            if found := _CONSTANT.search(path.read_text(encoding="utf-8")):
                return found[1]
    from pypi_simple import PYPI_SIMPLE_ENDPOINT  # noqa: PLC0415 (slow)

    return PYPI_SIMPLE_ENDPOINT
