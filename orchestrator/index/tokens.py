"""Access tokens: made, kept as digests in a file, recognised, revoked.

A token is ``orc_ID_SECRET``: ID finds its entry in the file, SECRET is 256 random bits that are
shown once. The file holds the SHA-256 of the secret. A slow hash (bcrypt, Argon2) buys time where
a secret can be guessed, as passwords can; nobody counts through 2**256, and a slow one would let
anybody keep the server busy by sending wrong tokens.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import re
import secrets
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import BadTokenScopeError, NoSuchTokenError, TokensFileError
from orchestrator.files import write_atomically
from orchestrator.model import Value, learn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TOKEN = re.compile(r"orc_([0-9a-f]{12})_([\w-]{43})", re.ASCII)
_PATTERN = re.compile(r"[a-z0-9*?-]+", re.ASCII)
_NOBODY = "0" * 64


class Token(Value):
    """What the file knows of one token.

    Attributes:
        id: Twelve hex digits; what it is called in lists and in the journal.
        digest: Hex sha256 of its secret.
        note: Whose it is, in the operator's words.
        read: Whether it may read pages and files.
        upload: Patterns of the normalized names it may upload, e.g. ``acme-*``.
        admin: Whether it may do everything.
        created: RFC 3339, UTC.
        expires: RFC 3339, UTC; empty: never.
    """

    id: str
    digest: str
    created: str
    note: str = ""
    read: bool = False
    upload: tuple[str, ...] = ()
    admin: bool = False
    expires: str = ""

    @property
    def scopes(self) -> tuple[str, ...]:
        """What it may, in words: ``read``, ``upload:acme-*``, ``admin``."""
        named = (("read", self.read), ("admin", self.admin))
        said = tuple(word for word, given in named if given)
        return (*said, *(f"upload:{pattern}" for pattern in self.upload))

    def may_read(self) -> bool:
        """Whether pages and files are for it."""
        return self.read or self.admin

    def may_upload(self, name: str) -> bool:
        """Whether it may upload files of a project.

        Args:
            name: Normalized.
        """
        return self.admin or any(fnmatchcase(name, pattern) for pattern in self.upload)


class _File(Value):
    format: int = 1
    tokens: tuple[Token, ...] = ()


learn(_File)


class Tokens:
    """The file of tokens; read again when it has changed, so that what is revoked ends at once.

    Args:
        path: Of the file, which need not be there before a token is created.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._known: dict[str, Token] = {}

    def all(self) -> tuple[Token, ...]:
        """Every token, oldest first.

        Raises:
            TokensFileError: The file is not there, or is none of tokens.
        """
        self._refresh()
        return tuple(self._known.values())

    def recognise(self, text: str, now: str) -> Token | None:
        """The token that somebody shows, unless it is none, revoked or expired.

        Args:
            text: What is shown.
            now: RFC 3339, UTC.

        Raises:
            TokensFileError: The file can't be read.
        """
        self._refresh()
        shown = _TOKEN.fullmatch(text)
        if not shown:
            return None
        token = self._known.get(shown[1])
        # Compared in any case, so that time does not tell which identifiers there are.
        same = hmac.compare_digest(_digest(shown[2]), token.digest if token else _NOBODY)
        if not token or not same:
            return None
        return None if token.expires and token.expires <= now else token

    def create(
        self,
        *,
        created: str,
        note: str = "",
        read: bool = False,
        upload: tuple[str, ...] = (),
        admin: bool = False,
        expires: str = "",
    ) -> tuple[Token, str]:
        """Adds a token; the arguments are fields of ``Token``.

        Returns:
            What the file knows of it, and the token itself, which is nowhere kept.

        Raises:
            BadTokenScopeError: It could do nothing, or a pattern fits no name.
            TokensFileError: The file can't be read or written.
        """
        secret = secrets.token_urlsafe(32)
        token = Token(
            id=secrets.token_hex(6),
            digest=_digest(secret),
            created=created,
            note=note,
            read=read,
            upload=tuple(map(_normalized, upload)),
            admin=admin,
            expires=expires,
        )
        if not token.scopes:
            raise BadTokenScopeError("The token could do nothing.")
        with self._writing() as kept:
            self._write((*kept, token))
        return token, f"orc_{token.id}_{secret}"

    def revoke(self, identifier: str) -> Token:
        """Takes a token out of the file; returns what it was.

        Raises:
            NoSuchTokenError: There is none of that identifier.
            TokensFileError: The file can't be read or written.
        """
        with self._writing() as kept:
            for token in kept:
                if token.id == identifier:
                    self._write(tuple(other for other in kept if other is not token))
                    return token
        raise NoSuchTokenError(f"{self.path} has no token {identifier}.")

    def _refresh(self) -> None:
        try:
            status = self.path.stat()
            now = (status.st_mtime_ns, status.st_size, status.st_ino)
            if now != self._seen:
                read = msgspec.json.decode(self.path.read_bytes(), type=_File)
                self._known = {token.id: token for token in read.tokens}
                self._seen = now
        except OSError as error:
            raise TokensFileError(f"{self.path}: {error.strerror}.") from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise TokensFileError(f"{self.path}: no file of tokens: {error}.") from error

    @contextlib.contextmanager
    def _writing(self) -> Iterator[tuple[Token, ...]]:
        """What the file holds, while nobody else changes it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = self.path.with_name(f".{self.path.name}.lock").open("a")
        except OSError as error:
            raise TokensFileError(f"{self.path}: {error.strerror}.") from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self.all() if self.path.exists() else ()

    def _write(self, tokens: tuple[Token, ...]) -> None:
        content = msgspec.json.format(msgspec.json.encode(_File(tokens=tokens)))
        try:
            write_atomically(self.path, content, mode=0o600)
        except OSError as error:
            raise TokensFileError(f"{self.path}: {error.strerror}.") from error


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _normalized(pattern: str) -> str:
    """A pattern as it is compared with normalized names."""
    plain = re.sub(r"[-_.]+", "-", pattern.strip()).lower()
    if not _PATTERN.fullmatch(plain):
        raise BadTokenScopeError(
            f"{pattern!r} fits no project.",
            hint="A pattern is a project's name, in which * stands for anything: acme-*.",
        )
    return plain
