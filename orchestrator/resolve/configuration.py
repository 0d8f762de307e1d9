"""Which package indexes to ask: pip's and uv's own configuration, read the way they read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from orchestrator.files import cache_directory
from orchestrator.model import Value
from orchestrator.resolve.pip_configuration import pip_settings
from orchestrator.resolve.urls import local_path
from orchestrator.resolve.uv_configuration import UvSettings, uv_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_INDEX = ""
"""Stands for the index that pip and uv ask when nothing is configured."""


class IndexConfiguration(Value):
    """Where packages come from. URLs may hold credentials: show them only redacted.

    Attributes:
        indexes: URLs of PEP 503 simple indexes, first asked first; the default one is last.
            Empty when the user forbids indexes.
        find_links: URLs or absolute paths of pages or folders that list files of any project.
        certificates: Path of a CA bundle; empty for the HTTP client's own.
        merge: Whether the files of all indexes are taken together (pip's rule), or only
            those of the first index that knows the project (uv's rule).
        offline: Whether the network must not be used.
    """

    indexes: tuple[str, ...] = (DEFAULT_INDEX,)
    find_links: tuple[str, ...] = ()
    certificates: str = ""
    merge: bool = False
    offline: bool = False


def read_configuration(cwd: Path, environ: Mapping[str, str]) -> IndexConfiguration:
    """Reads the configuration of uv, or of pip where uv has none.

    1. If uv names an index or a find-links place (``UV_*`` variables, then ``uv.toml`` or
       ``pyproject.toml`` of the project, of the user, of the system), only uv's settings
       count, and uv's rule against dependency confusion holds: the first index that knows a
       project is the only one asked, except with an "unsafe" index strategy.
    2. Otherwise pip's count (``PIP_*`` variables, then the files of ``PIP_CONFIG_FILE``, site,
       user, system), and pip's rule: the files of all indexes are taken together.

    Files of find-links places are always added. Local folders that do not exist are ignored.
    The CA bundle is pip's ``cert``, else ``SSL_CERT_FILE``, else ``REQUESTS_CA_BUNDLE``.

    Args:
        cwd: The folder whose project's configuration counts.
        environ: Environment variables.

    Raises:
        BadConfigurationError: A configuration file can't be read or understood.
    """
    pip = pip_settings(environ)
    uv = uv_settings(cwd, environ)
    chosen = uv if uv.configured else _from_pip(pip, cwd)
    indexes = () if chosen.no_index else (*chosen.extra, chosen.default or DEFAULT_INDEX)
    return IndexConfiguration(
        indexes=tuple(dict.fromkeys(url for url in indexes if _is_there(url))),
        find_links=tuple(dict.fromkeys(place for place in chosen.find_links if _is_there(place))),
        certificates=pip.get("cert")
        or environ.get("SSL_CERT_FILE")
        or environ.get("REQUESTS_CA_BUNDLE", ""),
        merge=chosen.merge,
        offline=uv.offline,
    )


def _from_pip(settings: Mapping[str, str], cwd: Path) -> UvSettings:
    def absolute(place: str) -> str:
        return place if urlsplit(place).scheme else str(cwd / Path(place).expanduser())

    return UvSettings(
        default=settings.get("index-url", ""),
        extra=tuple(settings.get("extra-index-url", "").split()),
        find_links=tuple(map(absolute, settings.get("find-links", "").split())),
        no_index=settings.get("no-index", "").lower() in {"1", "true", "yes", "on", "y", "t"},
        merge=True,
    )


def _is_there(location: str) -> bool:
    path = local_path(location) if location != DEFAULT_INDEX else None
    return path is None or path.exists()


def uv_environment(configuration: IndexConfiguration) -> dict[str, str]:
    """Environment variables that make uv take packages from the same places.

    uv knows nothing of pip's configuration, and finds a project's own only from inside it.
    The values may hold credentials.
    """
    variables = {
        "UV_INDEX": " ".join(configuration.indexes[:-1]),
        "UV_FIND_LINKS": ",".join(configuration.find_links),
        "UV_INDEX_STRATEGY": "unsafe-best-match" if configuration.merge else "",
        "UV_OFFLINE": "1" if configuration.offline else "",
        "SSL_CERT_FILE": configuration.certificates,
        # uv has no variable for --no-index; an index without any project does the same.
        "UV_DEFAULT_INDEX": configuration.indexes[-1]
        if configuration.indexes
        else (cache_directory() / "no-index").as_uri(),
    }
    return {name: value for name, value in variables.items() if value}
