"""URLs as they are configured, shown and followed: credentials and ``file:`` paths."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

# No scheme is long, and looking for one that is takes for ever in long words.
_USERINFO = re.compile(r"(?P<scheme>[\w+.-]{0,32})://(?P<user>[^/\\\s?#]*)@")


def redact(text: str) -> str:
    """The text with the user name and password of every URL in it replaced by ``***``."""
    return _USERINFO.sub(lambda match: f"{match['scheme']}://{_public(match, '***@')}", text)


def without_credentials(url: str) -> str:
    """The URL without user name and password: what may be cached, recorded and compared."""
    return _USERINFO.sub(lambda match: f"{match['scheme']}://{_public(match, '')}", url)


def _public(match: re.Match[str], hidden: str) -> str:
    # The user name of an ssh URL (git@) is part of the address; elsewhere it may be a token.
    is_ssh = match["scheme"].lower().endswith("ssh") and ":" not in match["user"]
    return f"{match['user']}@" if is_ssh else hidden


def credentials(url: str) -> tuple[str, str] | None:
    """User name and password of a URL, decoded; either may be empty; None without any."""
    userinfo, at, _ = urlsplit(url).netloc.rpartition("@")
    if not at:
        return None
    user, _, password = userinfo.partition(":")
    return unquote(user), unquote(password)


def origin(url: str) -> tuple[str, str]:
    """Scheme and host with port (RFC 6454): credentials are sent to the same origin only."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def with_credentials(url: str, user: str, password: str) -> str:
    """The URL with user name and password, percent-encoded by the caller where needed."""
    parts = urlsplit(without_credentials(url))
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc}"))


def local_path(location: str) -> Path | None:
    """The path of a ``file:`` URL or of a plain path; None for a URL of any other scheme."""
    if location.lower().startswith("file:"):
        return Path(unquote(urlsplit(location).path))
    return None if "://" in location else expanded(location).absolute()


def expanded(path: str) -> Path:
    """The path with ``~`` replaced; ``~name`` of nobody is a name like any other."""
    with contextlib.suppress(RuntimeError):
        return Path(path).expanduser()
    return Path(path)


def split_fragment(url: str) -> tuple[str, dict[str, str]]:
    """A URL and its fragment's ``key=value`` pairs (``sha256=…``, ``subdirectory=…``)."""
    # Not urldefrag: it takes the empty host out of git+file:///path.
    bare, _, fragment = url.partition("#")
    pairs = (pair.partition("=") for pair in fragment.split("&") if pair)
    return bare, {key: unquote(value) for key, _, value in pairs}
