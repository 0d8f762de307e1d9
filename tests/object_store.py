"""A real S3-compatible server on loopback, in a thread of the tests."""

import logging
import threading
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

# Nothing listens there: credentials must not be looked for on other machines.
_NOBODY = "http://127.0.0.1:9"


@dataclass(frozen=True)
class ObjectStore:
    """The server: where it is, and what a client's environment needs for it."""

    endpoint: str

    @property
    def env(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "somebody",
            "AWS_SECRET_ACCESS_KEY": "something",
            "AWS_REGION": "us-east-1",
            "AWS_METADATA_ENDPOINT": _NOBODY,
        }

    def make_bucket(self, name: str) -> None:
        url = f"{self.endpoint}/{name}"
        request = urllib.request.Request(url, method="PUT")  # noqa: S310 (loopback)
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    # Imported here: moto takes seconds.
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415
        DomainDispatcherApplication,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415

    app = DomainDispatcherApplication(create_backend_app)
    turn = threading.Lock()

    def serve(environ: Any, start_response: Any) -> Iterable[bytes]:
        # Of two conditional writes at once one fails, as on a real server: moto looks, then writes.
        with turn:
            return list(app(environ, start_response))

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, serve, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield ObjectStore(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()


@pytest.fixture
def bucket_address(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> str:
    """The address of a wheelhouse in a bucket of the test's own; the environment leads there."""
    name = f"bucket-{abs(hash(request.node.nodeid)) % 10**12}"
    object_store.make_bucket(name)
    for variable, value in object_store.env.items():
        monkeypatch.setenv(variable, value)
    return f"s3://{name}/wheels"


@pytest.fixture
def demanding(bucket_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the server refuses everybody it does not know, and it knows nobody."""
    from moto import settings  # noqa: PLC0415

    monkeypatch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0.0)
