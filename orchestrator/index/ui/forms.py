"""Forms that browsers send, read into memory, and never more of them than was agreed on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from orchestrator.index.body import Body, Pace
from orchestrator.index.refusal import RefusalError

if TYPE_CHECKING:
    from python_multipart.multipart import Field, File

    from orchestrator.index.messages import Request

_FIELDS = 20


async def read_form(request: Request, limit: int) -> dict[str, str]:
    """The fields of a form; of uploaded files their content, as text.

    Args:
        request: Its body is read, to its end even where that is of no use any more.
        limit: Bytes that it may have.

    Raises:
        RefusalError: It is too long, comes too slowly, or can't be read.
    """
    from python_multipart.multipart import parse_options_header  # noqa: PLC0415 (of an extra)

    body = Body(request)
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    try:
        if kind == b"multipart/form-data":
            return await _read_parts(body, options.get(b"boundary", b""), limit)
        if kind == b"application/x-www-form-urlencoded":
            return await _read_query(body, limit)
        raise _no_form()
    except RefusalError:
        await body.drain()
        raise


async def _read_query(body: Body, limit: int) -> dict[str, str]:
    content = b"".join([chunk async for chunk in body.read(Pace(), limit)])
    try:
        return dict(parse_qsl(content.decode("utf-8", "replace"), max_num_fields=_FIELDS))
    except ValueError as error:
        raise _no_form() from error


async def _read_parts(body: Body, boundary: bytes, limit: int) -> dict[str, str]:
    from python_multipart.exceptions import FormParserError  # noqa: PLC0415 (of an extra)
    from python_multipart.multipart import FormParser  # noqa: PLC0415

    found: dict[str, str] = {}

    def on_field(field: Field) -> None:
        _put(found, field.field_name, field.value or b"")

    def on_file(file: File) -> None:
        file.file_object.seek(0)
        _put(found, file.field_name, file.file_object.read())
        file.close()

    # More than this does not come; so nothing is written to the disk.
    room = {"MAX_MEMORY_FILE_SIZE": limit + 1}
    try:
        parser = FormParser(
            "multipart/form-data", on_field, on_file, boundary=boundary, config=room
        )
        async for chunk in body.read(Pace(), limit):
            parser.write(chunk)
        parser.finalize()
    except (FormParserError, AssertionError) as error:
        raise _no_form() from error
    return found


def _no_form() -> RefusalError:
    return RefusalError(400, "That was no form of this page.")


def _put(found: dict[str, str], name: bytes | None, value: bytes) -> None:
    if len(found) < _FIELDS and name:
        found[name.decode("utf-8", "replace")] = value.decode("utf-8-sig", "replace")
