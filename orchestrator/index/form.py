"""The form of an upload, streamed: its fields are kept, its file goes to the disk and is hashed."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import TYPE_CHECKING, Protocol

from orchestrator.index.refusal import RefusalError
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from concurrent.futures import Executor
    from io import FileIO
    from pathlib import Path

    from python_multipart.multipart import MultipartCallbacks

_FILE = "content"
_PIECE = 1 << 20  # bytes that are written and hashed at once, by another thread
_FIELDS = 5000  # classifiers and requirements have one each
_FIELD_BYTES = 8 << 20  # of all together; the longest is the description

# What is wrong with a form its sender is told; nobody reads it on the server's terminal.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())


class Form(Value):
    """What was sent.

    Attributes:
        fields: By name; of repeated ones all.
        filename: Of the file, as the client says; empty where it sent none.
        size: Bytes of the file.
        digests: Hex, by the names of the fields that say what they should be.
    """

    fields: dict[str, tuple[str, ...]]
    filename: str
    size: int
    digests: dict[str, str]

    def field(self, name: str) -> str:
        """The first field of a name; empty where there is none."""
        return self.fields.get(name, ("",))[0].strip()


async def receive(
    chunks: AsyncIterator[bytes],
    content_type: str,
    path: Path,
    executor: Executor,
    begin: Callable[[str], None],
) -> Form:
    """Reads a form.

    Args:
        chunks: Its bytes.
        content_type: As the request says.
        path: Of a new file, for the one that the form holds.
        executor: Its threads write and hash.
        begin: Is told the file's name once it is known.

    Raises:
        RefusalError: It is no such form, was cut off, or holds too much.
        OSError: The file can't be written.
    """
    loop = asyncio.get_running_loop()
    with path.open("xb", buffering=0) as file:
        reader = _Reader(_boundary(content_type))
        store = _Store(file)
        async for chunk in chunks:
            reader.feed(chunk)
            if reader.filename:
                begin(reader.filename)
            if len(reader.content) >= _PIECE:
                piece, reader.content = reader.content, bytearray()
                await loop.run_in_executor(executor, store.add, piece)
        if not reader.ended:
            raise RefusalError(400, "The upload was cut off.")
        await loop.run_in_executor(executor, store.add, reader.content)
    return Form(
        fields={name: tuple(values) for name, values in reader.fields.items()},
        filename=reader.filename or "",
        size=store.size,
        digests=store.digests(),
    )


def _boundary(content_type: str) -> bytes:
    from python_multipart.multipart import (  # noqa: PLC0415 (of the extra)
        parse_options_header,
    )

    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise RefusalError(415, "An upload is multipart/form-data, as twine and uv send it.")
    return options[b"boundary"]


class _Hash(Protocol):
    def update(self, data: bytearray, /) -> None: ...
    def hexdigest(self) -> str: ...


class _Store:
    """The file, while it grows."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self.size = 0
        self._hashes: tuple[_Hash, ...] = (
            hashlib.sha256(),
            hashlib.blake2b(digest_size=32),
            hashlib.md5(usedforsecurity=False),
        )

    def add(self, piece: bytearray) -> None:
        view = memoryview(piece)
        while view:
            view = view[self._file.write(view) :]
        for made in self._hashes:
            made.update(piece)
        self.size += len(piece)

    def digests(self) -> dict[str, str]:
        names = ("sha256_digest", "blake2_256_digest", "md5_digest")
        return {name: made.hexdigest() for name, made in zip(names, self._hashes, strict=True)}


class _Reader:
    """What is known of a form while its bytes come.

    Attributes:
        fields: Values by name.
        filename: Of the file, once its part has begun.
        content: Bytes of the file that nobody has taken yet.
        ended: Whether the last boundary was read.
    """

    def __init__(self, boundary: bytes) -> None:
        from python_multipart.multipart import MultipartParser  # noqa: PLC0415 (of the extra)

        self.fields: dict[str, list[str]] = {}
        self.filename: str | None = None
        self.content = bytearray()
        self.ended = False
        self._header = (bytearray(), bytearray())
        self._disposition = b""
        self._part: bytearray | None = None  # of a field; None: of the file
        self._name = ""
        self._left = _FIELD_BYTES
        self._count = 0
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._collect(0),
            "on_header_value": self._collect(1),
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)
        except ValueError as error:
            raise RefusalError(400, f"The form can't be read: {error}.") from error

    def feed(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except ValueError as error:  # of python-multipart, or of decoding
            raise RefusalError(400, f"The form can't be read: {error}.") from error

    def _on_part_begin(self) -> None:
        self._disposition = b""
        self._count += 1
        if self._count > _FIELDS:
            raise RefusalError(413, f"The form has more than {_FIELDS} fields.")

    def _collect(self, index: int) -> Callable[[bytes, int, int], None]:
        def collect(data: bytes, start: int, end: int) -> None:
            self._header[index].extend(data[start:end])

        return collect

    def _on_header_end(self) -> None:
        field, value = map(bytes, self._header)
        self._header = (bytearray(), bytearray())
        if field.lower() == b"content-disposition":
            self._disposition = value

    def _on_headers_finished(self) -> None:
        from python_multipart.multipart import parse_options_header  # noqa: PLC0415 (of the extra)

        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode()
        if self._name != _FILE:
            self._part = bytearray()
            return
        if self.filename is not None:
            raise RefusalError(400, "The form holds more than one file.")
        self._part = None
        self.filename = options.get(b"filename", b"").decode()

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._part is None:
            self.content += data[start:end]
            return
        self._left -= end - start
        if self._left < 0:
            raise RefusalError(413, f"The form's fields are longer than {_FIELD_BYTES} bytes.")
        self._part += data[start:end]

    def _on_part_end(self) -> None:
        if self._part is not None:
            self.fields.setdefault(self._name, []).append(self._part.decode(errors="replace"))

    def _on_end(self) -> None:
        self.ended = True
