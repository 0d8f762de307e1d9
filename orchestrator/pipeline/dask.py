"""``distributed``, imported where it is used: an extra, and quiet, because errors are told here."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

from orchestrator.errors import ClusterError, ClusterSupportError

if TYPE_CHECKING:
    from types import ModuleType

    from distributed import Client

CONNECT_SECONDS = 4.0
_LOGGERS = ("distributed", "distributed.client", "tornado", "tornado.application")


def load() -> ModuleType:
    """The module ``distributed``.

    Raises:
        ClusterSupportError: It is not installed.
    """
    try:
        import distributed  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ClusterSupportError(
            "Clusters need dask's distributed, which is not installed."
        ) from error
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="distributed")
    return distributed


def connect(address: str) -> Client:
    """A client of a cluster.

    Args:
        address: Of its scheduler, e.g. ``tcp://192.0.2.1:8786``.

    Raises:
        ClusterSupportError: What clusters need is not installed.
        ClusterError: There is no cluster.
    """
    distributed = load()
    try:
        client: Client = distributed.Client(
            address, timeout=CONNECT_SECONDS, set_as_default=False, name="orchestrate"
        )
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        raise ClusterError(f"{address}: there is no cluster: {error}.") from error
    return client


def parse_size(text: str) -> int:
    """Bytes, as ``16GB`` or ``500 MiB`` name them.

    Raises:
        ValueError: It names none.
    """
    load()
    from dask.utils import parse_bytes  # noqa: PLC0415 (an extra)

    return int(parse_bytes(text))
