"""TLS for requests with one context for all connections.

To load a bundle of certificates takes a tenth of a second of CPU, and ``requests`` loads it for
every connection anew: more than all else that a small download costs.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from urllib3.util.ssl_ import create_urllib3_context

from orchestrator.resolve.addresses import AddressAdapter

if TYPE_CHECKING:
    import ssl

    from urllib3 import Retry


_LOADING = threading.Lock()  # threads that come at once shall not each load it


class SharedContextAdapter(AddressAdapter):
    """An adapter for ``https`` whose connections share the context of a bundle.

    Args:
        certificates: Path of the bundle, a file or a folder of certificates. Where it is not there,
            requests themselves fail, and say so.
        max_retries: As of ``HTTPAdapter``.
    """

    def __init__(self, certificates: str, max_retries: Retry) -> None:
        with _LOADING:
            self._context = _context(certificates)
        super().__init__(max_retries=max_retries)

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        """Gives direct connections the context."""
        super().init_poolmanager(*arguments, ssl_context=self._context, **settings)

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        """Gives connections through a proxy the context."""
        return super().proxy_manager_for(proxy, ssl_context=self._context, **settings)

    def build_connection_pool_key_attributes(self, *arguments: Any, **settings: Any) -> Any:
        """Leaves out the bundle, which the context has."""
        host, pool = super().build_connection_pool_key_attributes(*arguments, **settings)
        return host, {name: value for name, value in pool.items() if not name.startswith("ca_cert")}

    def cert_verify(self, conn: Any, *arguments: Any, **settings: Any) -> None:
        """Checks that the bundle is there, and leaves it out as well."""
        super().cert_verify(conn, *arguments, **settings)
        conn.ca_certs = conn.ca_cert_dir = None


@lru_cache(maxsize=8)
def _context(certificates: str) -> ssl.SSLContext:
    context = create_urllib3_context()
    path = Path(certificates)
    if path.is_dir():
        context.load_verify_locations(capath=certificates)
    elif path.is_file():
        context.load_verify_locations(cafile=certificates)
    return context
