"""Forms that browsers send, read into memory, and never more of them than was agreed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.index.body import Body, Pace
from orchestrator.index.refusal import RefusalError

if TYPE_CHECKING:
    from python_multipart.multipart import Field, File

    from orchestrator.index.messages import Request

_FIELDS = 20
_KINDS = ("multipart/form-data", "application/x-www-form-urlencoded")


async def read_form(request: Request, limit: int) -> dict[str, str]:
    """The fields of a form; of uploaded files their content, as text.

    Args:
        request: Its body is read, to its end even where that is of no use any more.
        limit: Bytes that it may have.

    Raises:
        RefusalError: It is too long, comes too slowly, or can't be read.
    """
    body = Body(request)
    try:
        return await _read(body, request.headers.get("content-type", ""), limit)
    except RefusalError:
        await body.drain()
        raise


async def _read(body: Body, content_type: str, limit: int) -> dict[str, str]:
    from python_multipart.exceptions import FormParserError  # noqa: PLC0415 (of an extra)
    from python_multipart.multipart import FormParser, parse_options_header  # noqa: PLC0415

    kind, options = parse_options_header(content_type)
    found: dict[str, str] = {}

    def on_field(field: Field) -> None:
        _put(found, field.field_name, field.value or b"")

    def on_file(file: File) -> None:
        file.file_object.seek(0)
        _put(found, file.field_name, file.file_object.read())
        file.close()

    # More than this does not come; so nothing is written to the disk.
    room = {"MAX_MEMORY_FILE_SIZE": limit + 1, "MAX_FIELDS": _FIELDS, "MAX_FIELD_SIZE": limit + 1}
    try:
        if kind.decode() not in _KINDS:
            raise _no_form()
        boundary = options.get(b"boundary")
        parser = FormParser(kind.decode(), on_field, on_file, boundary=boundary, config=room)
        async for chunk in body.read(Pace(), limit):
            parser.write(chunk)
        parser.finalize()
    except (FormParserError, AssertionError, UnicodeDecodeError) as error:
        raise _no_form() from error
    return found


def _no_form() -> RefusalError:
    return RefusalError(400, "That was no form of this page.")


def _put(found: dict[str, str], name: bytes | None, value: bytes) -> None:
    if len(found) < _FIELDS and name:
        found[name.decode("utf-8", "replace")] = value.decode("utf-8-sig", "replace")
