"""Objects in a bucket, through ``obstore``: what a wheelhouse needs of S3, GCS and Azure.

An object appears whole or not at all, whatever happens to its writer. ``obstore`` takes addresses
and credentials of the environment (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``, …).
"""

from __future__ import annotations

import contextlib
import os
import re
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from orchestrator.errors import (
    BucketAccessError,
    BucketUnreachableError,
    NoBucketError,
    StoreSupportError,
)
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from obstore import UpdateVersion
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

# An answer that does not come is asked for again soon; a big wheel on a slow line may take long.
_RETRY: RetryConfig = {"max_retries": 4, "retry_timeout": timedelta(minutes=1)}
_CLIENT: ClientConfig = {"connect_timeout": "3s", "timeout": "20m"}

# How servers say it; obstore has no error of its own for it.
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "bucket does not exist")
_NO_ACCESS = ("401 Unauthorized", "403 Forbidden", "AccessDenied")
# Where none are given, they are asked of the machine, as those of a cloud have them.
_NO_CREDENTIALS = ("/latest/api/token", "/computeMetadata/", "/metadata/identity/")


class Stored(Value):
    """An object: its content, and what tells this content from a later one."""

    content: bytes
    version: dict[str, str]


class Bucket:
    """The objects below one address; safe to share between threads.

    Attributes:
        address: ``s3://BUCKET/PREFIX`` or the like.

    Args:
        address: Of which the scheme is known.

    Raises:
        StoreSupportError: ``obstore`` is not installed.
        NoBucketError: The address names no bucket.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        try:
            from obstore.store import from_url  # noqa: PLC0415 (an extra)
        except ImportError as error:
            raise StoreSupportError(
                f"{address}: object stores need obstore, which is not installed."
            ) from error
        client = _CLIENT.copy()
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
        if endpoint.startswith("http://"):
            client["allow_http"] = True  # whoever wrote that address has asked for it
        try:
            self._store: ObjectStore = from_url(address, client_options=client, retry_config=_RETRY)
        except Exception as error:
            raise NoBucketError(f"{address}: {_said(error)}") from error

    def read(self, key: str) -> Stored | None:
        """An object, or None where there is none.

        Raises:
            OrchestratorError: The bucket can't be read; so for all other methods.
        """
        import obstore  # noqa: PLC0415 (an extra)

        with contextlib.suppress(_Absent), self._failures():
            result = obstore.get(self._store, key)
            known = {"e_tag": result.meta["e_tag"], "version": result.meta["version"]}
            version = {name: value for name, value in known.items() if value is not None}
            return Stored(content=bytes(result.bytes()), version=version)
        return None

    def download(self, key: str, path: Path) -> bool:
        """Writes an object into a file, piece by piece; False where there is none."""
        import obstore  # noqa: PLC0415 (an extra)

        with contextlib.suppress(_Absent), self._failures():
            result = obstore.get(self._store, key)
            with path.open("wb") as file:
                for piece in result.stream():
                    file.write(piece)
            return True
        return False

    def write(self, key: str, content: bytes) -> None:
        """Writes an object, whether there is one or not."""
        import obstore  # noqa: PLC0415 (an extra)

        with self._failures():
            obstore.put(self._store, key, content)

    def create(self, key: str, content: bytes) -> bool:
        """Writes an object where there is none; False where there is, also if just since now."""
        import obstore  # noqa: PLC0415 (an extra)
        from obstore.exceptions import AlreadyExistsError, NotSupportedError  # noqa: PLC0415

        with self._failures():
            try:
                obstore.put(self._store, key, content, mode="create")
            except AlreadyExistsError:
                return False
            except (NotSupportedError, NotImplementedError):  # a server without conditions
                if self.read(key):
                    return False
                obstore.put(self._store, key, content)
        return True

    def replace(self, key: str, content: bytes, stored: Stored) -> bool:
        """Writes over what was read; False where that has changed meanwhile."""
        import obstore  # noqa: PLC0415 (an extra)
        from obstore.exceptions import NotSupportedError, PreconditionError  # noqa: PLC0415

        with self._failures():
            try:
                obstore.put(self._store, key, content, mode=cast("UpdateVersion", stored.version))
            except PreconditionError:
                return False
            except (NotSupportedError, NotImplementedError):
                obstore.put(self._store, key, content)
        return True

    def names(self, folder: str) -> tuple[str, ...]:
        """The last parts of the keys below a folder, newest object first."""
        import obstore  # noqa: PLC0415 (an extra)

        with self._failures():
            found = [meta for page in obstore.list(self._store, prefix=folder) for meta in page]
        found.sort(key=lambda meta: meta["last_modified"], reverse=True)
        return tuple(meta["path"].rpartition("/")[2] for meta in found)

    def put(self, key: str, content: bytes | BinaryIO, headers: dict[str, str]) -> None:
        """Writes an object that is sent with these headers; large ones part by part."""
        import obstore  # noqa: PLC0415 (an extra)

        with self._failures():
            obstore.put(self._store, key, content, attributes=headers)

    def sizes(self) -> dict[str, int]:
        """Of all objects, in bytes, by key."""
        import obstore  # noqa: PLC0415 (an extra)

        with self._failures():
            pages = obstore.list(self._store, chunk_size=1000)
            return {meta["path"]: meta["size"] for page in pages for meta in page}

    def delete(self, key: str) -> None:
        """Deletes an object, whether it is there or not."""
        import obstore  # noqa: PLC0415 (an extra)

        with contextlib.suppress(_Absent), self._failures():
            obstore.delete(self._store, key)

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        """Says what the server's refusal means for the user; a missing object is none."""
        from obstore.exceptions import BaseError  # noqa: PLC0415 (an extra)

        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            text, said = str(error), _said(error)
            if any(word in text for word in _NO_BUCKET):
                raise NoBucketError(f"{self.address}: there is no such bucket.") from error
            if isinstance(error, FileNotFoundError):
                raise _Absent from error
            if any(word in text for word in _NO_CREDENTIALS):
                raise BucketAccessError(f"{self.address}: no credentials for it here.") from error
            if any(word in text for word in _NO_ACCESS):
                raise BucketAccessError(f"{self.address}: access refused: {said}") from error
            raise BucketUnreachableError(f"{self.address}: {said}") from error


class _Absent(Exception):  # noqa: N818 (no error: an answer)
    """There is no object of that name."""


def _said(error: Exception) -> str:
    """What was asked and what came back, of all that obstore says: its first line, and not all."""
    line = (str(error) or repr(error)).splitlines()[0].partition(": <?xml")[0]
    asked = re.search(r"Error performing (\S+ \S+) in ", line)
    return f"{asked[1]}: {line.rpartition(' - ')[2]}" if asked else line
