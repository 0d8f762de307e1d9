"""Who may do what: reads the credentials of a request, and turns away who may not.

Credentials are HTTP Basic (RFC 7617), as pip, uv and twine send them: any user, by convention
``__token__``, and the token as password; or Bearer (RFC 6750).

No or wrong credentials are answered 401; right ones of a token that may not, 403; and after too
many wrong ones from an address 429, until some time has passed.
"""

from __future__ import annotations

import base64
import math
import time
from typing import TYPE_CHECKING, Literal

from orchestrator.errors import TokensFileError
from orchestrator.index.body import Body
from orchestrator.index.journal import utc_now
from orchestrator.index.limiter import Limiter
from orchestrator.index.refusal import RefusalError
from orchestrator.index.tokens import Token
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.index.journal import Journal
    from orchestrator.index.messages import Answer, Request
    from orchestrator.index.tokens import Tokens

Scope = Literal["read", "upload", "admin"]

_CHALLENGE = ("www-authenticate", 'Basic realm="wheel index", charset="UTF-8"')
_LONGEST = 1000  # characters of credentials
# Where whoever answers asks for more than reading.
_OWN = ("/legacy", "/manage")
_OPEN = ("/-/healthz", "/-/readyz")


class Caller(Value):
    """Who asks.

    Attributes:
        who: As the journal calls them.
        token: That they showed.
    """

    who: str
    token: Token


class Access:
    """The guard of an index.

    Args:
        tokens: None: nobody may do anything but read.
        journal: Gets who was turned away.
        anonymous_read: Whether pages and files are for everybody.
        limiter: Of failures.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        tokens: Tokens | None,
        journal: Journal,
        *,
        anonymous_read: bool = True,
        limiter: Limiter | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = tokens
        self._journal = journal
        self._anonymous_read = anonymous_read
        self._limiter = limiter or Limiter()
        self._clock = clock

    async def __call__(self, request: Request) -> Answer | None:
        """Turns away who may not read; uploads and management ask for themselves.

        Credentials are not looked at where everybody may read: a forgotten wrong password in a
        client's configuration does no harm.
        """
        if self._anonymous_read or request.path in _OPEN:
            return None
        if any(request.path == place or request.path.startswith(f"{place}/") for place in _OWN):
            return None
        try:
            self.admit(request, "read")
        except RefusalError as refusal:
            return await Body(request).hear_out(refusal)
        return None

    def admit(self, request: Request, scope: Scope) -> Caller:
        """Who asks, if they may.

        Args:
            request: With credentials.
            scope: What they want; of ``upload`` it is not yet known of what.

        Raises:
            RefusalError: They may not.
        """
        if self._tokens is None:
            raise RefusalError(403, "This index can only be read: it was started without tokens.")
        if scope != "read":
            self._refuse_other_sites(request, scope)
        shown = _credentials(request.headers.get("authorization", ""))
        if shown is None and scope == "read":  # as installers begin
            raise _unauthorized("This index asks for a token.")
        token = self._recognised(self._tokens, shown or "", request)
        caller = Caller(who=f"{token.id} {token.note}".strip(), token=token)
        if not _allowed(token, scope):
            why = f"The token {token.id} is not for this: it has no scope {scope}."
            self._note("refused access", request, caller.who, 403, why)
            raise RefusalError(403, why)
        return caller

    def _recognised(self, tokens: Tokens, shown: str, request: Request) -> Token:
        now = self._clock()
        wait = self._limiter.wait(request.peer, now)
        try:
            token = tokens.recognise(shown, utc_now())
        except TokensFileError as error:
            raise RefusalError(
                503, "Tokens can't be checked now.", ("retry-after", "30")
            ) from error
        if token and (not wait or self._limiter.trusts(request.peer, token.id)):
            self._limiter.trust(request.peer, token.id)
            return token
        if wait:
            raise _too_many(wait)
        self._limiter.fail(request.peer, now)
        why = "No token was shown." if not shown else "The token is wrong, expired or revoked."
        self._note("refused login", request, "anonymous", 401, why)
        if self._limiter.wait(request.peer, now):
            self._note("limited", request, "anonymous", 429, "Too many failures.")
        raise _unauthorized(why)

    def _refuse_other_sites(self, request: Request, scope: Scope) -> None:
        """Pages of other sites must not use what a browser remembers of this one."""
        if request.headers.get("sec-fetch-site", "none") in {"cross-site", "same-site"}:
            why = "Not from a page of another site."
            self._note("refused access", request, "anonymous", 403, f"{why} ({scope})")
            raise RefusalError(403, why)

    def _note(
        self,
        event: Literal["refused login", "refused access", "limited"],
        request: Request,
        who: str,
        status: int,
        why: str,
    ) -> None:
        self._journal.add(
            event,
            who=who,
            peer=request.peer,
            subject=f"{request.method} {request.path}",
            status=status,
            why=why,
        )


def _allowed(token: Token, scope: Scope) -> bool:
    if scope == "read":
        return token.may_read()
    return token.admin or (scope == "upload" and bool(token.upload))


def _credentials(header: str) -> str | None:
    """The token in an Authorization header; empty where it can't be read, None without one."""
    if not header:
        return None
    scheme, _, value = header[:_LONGEST].partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        user, _, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except ValueError:
        return ""
    return password or user


def _unauthorized(why: str) -> RefusalError:
    return RefusalError(401, why, _CHALLENGE)


def _too_many(wait: float) -> RefusalError:
    seconds = math.ceil(wait)
    return RefusalError(
        429,
        f"Too many wrong tokens came from here; again in {seconds} seconds.",
        ("retry-after", str(seconds)),
    )
