"""What monitoring asks for below ``/-/``: health, readiness, numbers as Prometheus reads them."""

from __future__ import annotations

import bisect
import os
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.index.app import Route
from orchestrator.index.messages import Answer, Request, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.index.catalogue import Facts

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})
_KIND = ("content-type", "text/plain; version=0.0.4; charset=utf-8")


class _Sums:
    """Of the answers of one route."""

    def __init__(self) -> None:
        self.counts = [0] * (len(_BUCKETS) + 1)
        self.seconds = 0.0
        self.bytes = 0


class Metrics:
    """Counts requests; an ``app.Observer``."""

    def __init__(self) -> None:
        self._started = time.time()
        self._requests: dict[tuple[str, str, int], int] = {}
        self._routes: dict[str, _Sums] = {}

    def __call__(
        self, request: Request, answer: Answer, *, route: str, seconds: float, error: str
    ) -> None:
        """Counts a request."""
        del error
        method = request.method if request.method in _METHODS else "other"
        key = (route, method, answer.status)
        self._requests[key] = self._requests.get(key, 0) + 1
        sums = self._routes.get(route)
        if sums is None:
            sums = self._routes[route] = _Sums()
        sums.counts[bisect.bisect_left(_BUCKETS, seconds)] += 1
        sums.seconds += seconds
        sums.bytes += length_of(request, answer)

    def text(self, facts: Facts) -> str:
        """Everything, as Prometheus reads it."""
        return "\n".join((*self._lines(), *self._of_process(facts), ""))

    def _lines(self) -> Iterator[str]:
        yield "# TYPE orchestrate_index_requests_total counter"
        for (route, method, status), count in sorted(self._requests.items()):
            labels = f'route="{route}",method="{method}",status="{status}"'
            yield f"orchestrate_index_requests_total{{{labels}}} {count}"
        yield "# TYPE orchestrate_index_sent_bytes_total counter"
        for route, sums in sorted(self._routes.items()):
            yield f'orchestrate_index_sent_bytes_total{{route="{route}"}} {sums.bytes}'
        yield "# TYPE orchestrate_index_request_seconds histogram"
        for route, sums in sorted(self._routes.items()):
            total = 0
            for bound, count in zip((*_BUCKETS, "+Inf"), sums.counts, strict=True):
                total += count
                labels = f'route="{route}",le="{bound}"'
                yield f"orchestrate_index_request_seconds_bucket{{{labels}}} {total}"
            took = f"{sums.seconds:.6f}"
            yield f'orchestrate_index_request_seconds_sum{{route="{route}"}} {took}'
            yield f'orchestrate_index_request_seconds_count{{route="{route}"}} {total}'

    def _of_process(self, facts: Facts) -> Iterator[str]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        numbers = {
            "orchestrate_index_projects": len(facts.names()),
            "process_start_time_seconds": round(self._started, 3),
            "process_resident_memory_bytes": _resident(used.ru_maxrss),
            "process_cpu_seconds_total": round(used.ru_utime + used.ru_stime, 2),
        }
        for name, number in numbers.items():
            yield f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}"
            yield f"{name} {number}"


def monitoring(metrics: Metrics, facts: Facts, problem: Callable[[], str]) -> tuple[Route, ...]:
    """The routes below ``/-/``.

    Args:
        metrics: What was counted.
        facts: What is offered.
        problem: Why nothing can be served just now; empty where it can.
    """

    async def healthz(_: Request) -> Answer:
        return plain(200, "ok")

    async def readyz(_: Request) -> Answer:
        why = problem()
        return plain(503, why) if why else plain(200, "ok")

    async def numbers(_: Request) -> Answer:
        return Answer(headers=(_KIND,), body=metrics.text(facts).encode())

    handlers = {"healthz": healthz, "readyz": readyz, "metrics": numbers}
    return tuple(Route(prefix=f"/-/{name}", handler=handler) for name, handler in handlers.items())


def length_of(request: Request, answer: Answer) -> int:
    """Bytes of the body that is sent."""
    if request.method == "HEAD":
        return 0
    if answer.span:
        return answer.span[1] - answer.span[0]
    if answer.file is None:
        return len(answer.body)
    try:
        return answer.file.stat().st_size
    except OSError:
        return 0


def _resident(most: int) -> int:
    """Bytes of memory; where the system does not say what there is now, the most there was."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return most if sys.platform == "darwin" else most * 1024
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
