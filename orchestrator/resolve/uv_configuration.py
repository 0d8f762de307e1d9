"""uv's configuration: its files and ``UV_*`` variables, as far as they name indexes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from orchestrator.errors import BadConfigurationError
from orchestrator.model import Value
from orchestrator.resolve.urls import redact, with_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class UvSettings(Value):
    """Where packages come from, in uv's terms.

    Attributes:
        default: URL of the index asked last; empty where none is named.
        extra: URLs of the indexes asked before it, in order.
        find_links: URLs or absolute paths.
        no_index: Whether only ``find_links`` count.
        merge: Whether the index strategy is one of the "unsafe" ones.
        offline: Whether the network must not be used.
    """

    default: str = ""
    extra: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    merge: bool = False
    offline: bool = False

    @property
    def configured(self) -> bool:
        """Whether any place is named or forbidden at all."""
        return bool(self.default or self.extra or self.find_links or self.no_index)


class _Index(msgspec.Struct, rename="kebab"):
    url: str
    name: str = ""
    default: bool = False
    explicit: bool = False
    format: str = "simple"


class _Table(msgspec.Struct, rename="kebab"):
    """One level of settings: uv.toml, [tool.uv], or the [pip] table of either."""

    index: list[_Index] = []
    index_url: str = ""
    extra_index_url: list[str] = []
    find_links: list[str] = []
    no_index: bool = False
    index_strategy: str = ""
    offline: bool = False
    pip: _Table | None = None


class _Tool(msgspec.Struct):
    uv: _Table | None = None


class _Pyproject(msgspec.Struct):
    tool: _Tool = msgspec.field(default_factory=_Tool)


def uv_settings(cwd: Path, environ: Mapping[str, str]) -> UvSettings:
    """Reads uv's settings: variables, then the file of the project, the user, the system.

    Lists are joined in that order and single values are taken from the first place that has
    them (uv's "Configuration files"). Indexes marked ``explicit`` are left out.

    Raises:
        BadConfigurationError: A file is not TOML, or a setting has the wrong type.
    """
    tables = [_from_variables(environ), *_tables(cwd, environ)]
    indexes = [index for table in tables for index in table.index if not index.explicit]
    simple = [index for index in indexes if index.format != "flat"]
    defaults = [
        url
        for table in tables
        for url in (
            *(_authenticated(index, environ) for index in table.index if index.default),
            table.index_url,
        )
    ]
    strategies = [table.index_strategy for table in tables if table.index_strategy]
    return UvSettings(
        default=next(filter(None, defaults), ""),
        extra=(
            *(_authenticated(index, environ) for index in simple if not index.default),
            *(url for table in tables for url in table.extra_index_url),
        ),
        find_links=(
            *(place for table in tables for place in table.find_links),
            *(index.url for index in indexes if index.format == "flat"),
        ),
        no_index=any(table.no_index for table in tables),
        merge=next(iter(strategies), "").startswith("unsafe"),
        offline=any(table.offline for table in tables),
    )


def uv_tables(cwd: Path, environ: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
    """The content of uv's configuration files, the most important one first.

    Raises:
        BadConfigurationError: A file is not TOML.
    """
    return tuple(_content(path) for path in _files(cwd, environ))


def _content(path: Path) -> dict[str, Any]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _bad(path, error) from error
    if path.name != "pyproject.toml":
        return tables
    found: dict[str, Any] = tables.get("tool", {}).get("uv", {})
    return found


def _bad(path: Path, error: Exception) -> BadConfigurationError:
    return BadConfigurationError(f"uv's configuration {path}: {redact(str(error))}")


def _from_variables(environ: Mapping[str, str]) -> _Table:
    def named(text: str) -> _Index:
        match = re.match(r"([\w.-]+)=(.+)", text)
        return _Index(name=match[1], url=match[2]) if match else _Index(url=text)

    default = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL", "")
    links = environ.get("UV_FIND_LINKS", "").split(",")
    return _Table(
        index=[named(text) for text in environ.get("UV_INDEX", "").split()],
        index_url=named(default).url if default else "",
        extra_index_url=environ.get("UV_EXTRA_INDEX_URL", "").split(),
        find_links=[place.strip() for place in links if place.strip()],
        index_strategy=environ.get("UV_INDEX_STRATEGY", ""),
        offline=environ.get("UV_OFFLINE", "").lower() in {"1", "true", "yes", "on", "y", "t"},
    )


def _tables(cwd: Path, environ: Mapping[str, str]) -> Iterator[_Table]:
    for path in _files(cwd, environ):
        try:
            if path.name == "pyproject.toml":
                table = msgspec.toml.decode(path.read_bytes(), type=_Pyproject).tool.uv
            else:
                table = msgspec.toml.decode(path.read_bytes(), type=_Table)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _bad(path, error) from error
        for level in (table.pip if table else None, table):
            if level:
                yield _absolute(level, path.parent)


def _files(cwd: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    if own := environ.get("UV_CONFIG_FILE"):
        yield Path(own)
        return
    if environ.get("UV_NO_CONFIG"):
        return
    for folder in (cwd, *cwd.parents):
        found = [folder / name for name in ("uv.toml", "pyproject.toml")]
        # A pyproject.toml without [tool.uv] is no configuration of uv: it looks further up.
        found = [path for path in found if path.is_file() and _configures_uv(path)]
        if found:
            yield found[0]
            break
    home = Path(environ.get("HOME") or Path.home())
    user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    folders = [Path(name) for name in environ.get("XDG_CONFIG_DIRS", "").split(":") if name]
    system = [folder / "uv" for folder in folders or [Path("/etc/xdg")]] + [Path("/etc/uv")]
    yield from (path for path in [user / "uv" / "uv.toml"] if path.is_file())
    yield from [path for folder in system if (path := folder / "uv.toml").is_file()][:1]


def _configures_uv(path: Path) -> bool:
    return path.name == "uv.toml" or bool(re.search(rb"\btool\.uv\b(?!-)", path.read_bytes()))


def _absolute(table: _Table, base: Path) -> _Table:
    def absolute(place: str) -> str:
        return place if urlsplit(place).scheme else str(base / place)

    return msgspec.structs.replace(
        table,
        index=[msgspec.structs.replace(index, url=absolute(index.url)) for index in table.index],
        index_url=absolute(table.index_url) if table.index_url else "",
        extra_index_url=[absolute(url) for url in table.extra_index_url],
        find_links=[absolute(place) for place in table.find_links],
    )


def _authenticated(index: _Index, environ: Mapping[str, str]) -> str:
    """The index's URL with the credentials of ``UV_INDEX_NAME_USERNAME`` and ``_PASSWORD``."""
    prefix = f"UV_INDEX_{re.sub(r'[^A-Z0-9]', '_', index.name.upper())}"
    user, password = environ.get(f"{prefix}_USERNAME"), environ.get(f"{prefix}_PASSWORD")
    if not index.name or not (user or password):
        return index.url
    return with_credentials(index.url, quote(user or "", safe=""), quote(password or "", safe=""))
