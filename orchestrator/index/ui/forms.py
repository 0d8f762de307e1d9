"""Forms that browsers send, read into memory, and never more of them than was agreed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_multipart.multipart import Field, File

    from orchestrator.index.messages import Request

_FIELDS = 20
_URLENCODED = "application/x-www-form-urlencoded"


class TooLargeError(Exception):
    """More came than is read."""


class BadFormError(Exception):
    """It is no form, or a damaged one."""


async def read_form(request: Request, limit: int) -> dict[str, str]:
    """The fields of a form; of uploaded files their content, as text.

    Args:
        request: Its body is read.
        limit: Bytes that it may have.

    Raises:
        TooLargeError: It has more.
        BadFormError: It can't be read.
    """
    from python_multipart.exceptions import FormParserError  # noqa: PLC0415 (of an extra)
    from python_multipart.multipart import FormParser, parse_options_header  # noqa: PLC0415

    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind not in {b"multipart/form-data", _URLENCODED.encode()} or request.body is None:
        raise BadFormError
    found: dict[str, str] = {}
    room = {"MAX_MEMORY_FILE_SIZE": limit + 1, "MAX_FIELDS": _FIELDS, "MAX_FIELD_SIZE": limit + 1}

    def on_field(field: Field) -> None:
        _put(found, field.field_name, field.value or b"")

    def on_file(file: File) -> None:
        file.file_object.seek(0)
        _put(found, file.field_name, file.file_object.read())
        file.close()

    try:
        parser = FormParser(
            kind.decode(), on_field, on_file, boundary=options.get(b"boundary"), config=room
        )
        size = 0
        async for chunk in request.body():
            size += len(chunk)
            if size > limit:
                raise TooLargeError
            parser.write(chunk)
        parser.finalize()
    except (FormParserError, AssertionError, UnicodeDecodeError) as error:
        raise BadFormError from error
    return found


def _put(found: dict[str, str], name: bytes | None, value: bytes) -> None:
    if len(found) < _FIELDS and name:
        found[name.decode("utf-8", "replace")] = value.decode("utf-8-sig", "replace")
