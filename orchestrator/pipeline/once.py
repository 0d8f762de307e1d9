"""Work that several threads want done, and one does."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")


class Once(Generic[K, V]):
    """Values by key, each made by the first thread that asks for it; the others wait.

    Whoever makes a value is running already, so that threads of one pool can't wait for each other
    forever.
    """

    def __init__(self) -> None:
        self._made: dict[K, Future[V]] = {}
        self._lock = threading.Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of a key; what making it raised, is raised to all."""
        with self._lock:
            known = key in self._made
            future = self._made.setdefault(key, Future())
        if not known:
            try:
                future.set_result(make())
            except BaseException as error:  # noqa: BLE001 (raised below, to whoever asks)
                future.set_exception(error)
        return future.result()
