"""Finds everything wrong with decoded TOML, given the msgspec types that it should become.

``msgspec.convert`` stops at its first complaint. Here the value is walked beside the type and
each leaf converted on its own; only a table or list without a fault inside is converted as a
whole, which finds what is wrong between its keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

Parser = Callable[[type, object], object]

# msgspec speaks of Python and JSON; a recipe's author of TOML.
_WORDS = {
    "str": "a string",
    "array": "a list",
    "list": "a list",
    "object": "a table",
    "dict": "a table",
    "int": "an integer",
    "float": "a number",
    "bool": "a boolean",
}
_TYPES = re.compile("`((?:{0})(?: [|] (?:{0}))*)`".format("|".join(_WORDS)))


def problems(value: object, kind: Any, parse: Parser, where: str = "") -> Iterator[str]:
    """Yields each problem as ``key.path[0]: what is wrong``.

    Args:
        value: What ``tomllib`` made.
        kind: The type it should become: a msgspec struct, or a type of one of its fields.
        parse: The ``dec_hook`` for types that msgspec does not know.
        where: Key path of ``value``; empty for the file itself.
    """
    found = tuple(_problems_inside(value, _bare(kind), parse, where))
    if found:
        yield from found
        return
    try:
        msgspec.convert(value, kind, dec_hook=parse)
    except msgspec.ValidationError as error:
        message, _, inside = str(error).partition(" - at `$")
        yield _located(where + inside.removesuffix("`"), _complaint(value, kind, message))


def _problems_inside(value: object, kind: Any, parse: Parser, where: str) -> Iterator[str]:
    container = get_origin(kind) or kind
    if isinstance(value, list) and container is tuple:
        for number, item in enumerate(value):
            yield from problems(item, get_args(kind)[0], parse, f"{where}[{number}]")
    elif isinstance(value, dict) and container is dict:
        key_kind, item_kind = get_args(kind)
        for key, item in value.items():
            path = _joined(where, key)
            yield from problems(key, key_kind, parse, path)
            yield from problems(item, item_kind, parse, path)
    elif isinstance(value, dict) and isinstance(container, type(msgspec.Struct)):
        yield from _problems_of_table(value, container, parse, where)


def _problems_of_table(
    value: Mapping[str, object], table: type[msgspec.Struct], parse: Parser, where: str
) -> Iterator[str]:
    known = _types_of_fields(table)
    for key, item in value.items():
        path = _joined(where, key)
        if key in known:
            yield from problems(item, known[key], parse, path)
        else:
            close = get_close_matches(key, known, n=1)
            meant = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            yield _located(path, f"unknown key; {meant}")


@cache
def _types_of_fields(table: type[msgspec.Struct]) -> dict[str, Any]:
    return {field.encode_name: field.type for field in msgspec.structs.fields(table)}


def _bare(kind: Any) -> Any:
    """The type without annotations and without the possibility to be absent."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        options = [option for option in get_args(kind) if option is not msgspec.UnsetType]
        return _bare(options[0]) if len(options) == 1 else kind
    return kind


def _joined(where: str, key: str) -> str:
    # A key that would not be bare in TOML is quoted here too, or the path could be misread.
    shown = key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'
    return f"{where}.{shown}" if where else shown


def _located(where: str, message: str) -> str:
    return f"{where}: {message}" if where else message


def _complaint(value: object, kind: Any, message: str) -> str:
    """What msgspec says, in words of TOML and, where the type has some, in the type's own."""
    if missing := re.fullmatch(r"Object missing required field (`.*`)", message):
        return f"the key {missing[1]} is missing"
    if isinstance(value, str) and (expected := _expected(kind)):
        return f"{value!r} is not {expected}"
    return _TYPES.sub(_in_toml_words, message)


def _expected(kind: Any) -> str:
    """What a string of this type must be; empty for types that take any, or parse it."""
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(str, get_args(kind)))}"
    titles = (part.title for part in get_args(kind) if isinstance(part, msgspec.Meta))
    inner = (_expected(part) for part in get_args(kind) if get_origin(part) is not None)
    return next((text for text in (*titles, *inner) if text), "")


def _in_toml_words(types: re.Match[str]) -> str:
    return " or ".join(_WORDS[word] for word in types[1].split(" | "))
