"""How often somebody may fail: a bucket of failures for each network address. Pure."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from functools import lru_cache

# So many failures at once, and then one in so many seconds.
FAILURES = 10
SECONDS = 30.0
# Addresses that are remembered; the ones that failed longest ago are forgotten first.
_REMEMBERED = 10_000


class Limiter:
    """Counts failures; time comes from outside.

    Args:
        failures: How many are let through at once.
        seconds: After which one more is.
    """

    def __init__(self, failures: int = FAILURES, seconds: float = SECONDS) -> None:
        self._failures = failures
        self._seconds = seconds
        # Failures that weigh on an address, and as of when.
        self._weights: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._trusted: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait(self, peer: str, now: float) -> float:
        """Seconds until somebody may try again; 0: at once.

        Args:
            peer: IP address.
            now: Seconds on a clock that never goes back.
        """
        over = self._weight(_network(peer), now) - (self._failures - 1)
        return over * self._seconds if over > 0 else 0.0

    def fail(self, peer: str, now: float) -> None:
        """Counts a failure."""
        network = _network(peer)
        self._weights[network] = (self._weight(network, now) + 1.0, now)
        self._weights.move_to_end(network)
        if len(self._weights) > _REMEMBERED:
            self._weights.popitem(last=False)

    def trust(self, peer: str, identifier: str) -> None:
        """Notes a token that was right: others' failures behind the same address don't lock it out.

        Whoever guesses gains nothing by it: what is exempt is only what was right before.
        """
        key = (_network(peer), identifier)
        self._trusted[key] = None
        self._trusted.move_to_end(key)
        if len(self._trusted) > _REMEMBERED:
            self._trusted.popitem(last=False)

    def trusts(self, peer: str, identifier: str) -> bool:
        """Whether a token was right here before."""
        return (_network(peer), identifier) in self._trusted

    def _weight(self, network: str, now: float) -> float:
        weight, since = self._weights.get(network, (0.0, now))
        return max(0.0, weight - (now - since) / self._seconds)


@lru_cache(4096)
def _network(peer: str) -> str:
    """An IPv4 address; of IPv6 the network, as one machine has all addresses in it."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if address.version == 4:  # noqa: PLR2004
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
