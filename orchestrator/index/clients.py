"""How clients are told of an index: the text of their configuration files. Pure.

No text ever holds a credential: it names the environment variable, the netrc file, the keyring or
the build secret that has it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import urlsplit

from orchestrator.errors import CredentialsWayError, IndexAddressError
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Callable

Credentials = Literal["none", "env", "netrc", "keyring"]
"""Where a client finds its token."""

CREDENTIALS: tuple[Credentials, ...] = get_args(Credentials)

USER = "__token__"
"""The user name that goes with a token."""

_LOOPBACK = re.compile(r"localhost|127\.[\d.]+|::1")


class Place(Value):
    """An index, as clients are told of it.

    Attributes:
        base: URL of the index, with a slash at its end; ``simple/`` and ``legacy/`` are below it.
        name: What configuration files call it.
        credentials: Where the clients find their token.
        beside: Whether they use their usual index too.
    """

    base: str
    name: str = "internal"
    credentials: Credentials = "none"
    beside: bool = False

    @property
    def simple(self) -> str:
        """What clients install from."""
        return f"{self.base}simple/"

    @property
    def legacy(self) -> str:
        """What clients upload to."""
        return f"{self.base}legacy/"

    @property
    def netloc(self) -> str:
        """Host, and port where it is not the usual one."""
        return urlsplit(self.base).netloc

    @property
    def host(self) -> str:
        """Host alone, which is all that a netrc file knows."""
        return urlsplit(self.base).hostname or ""

    @property
    def insecure(self) -> bool:
        """Whether clients must be told to trust it: no TLS, and on another machine."""
        return self.base.startswith("http:") and not _LOOPBACK.fullmatch(self.host)

    @property
    def variable(self) -> str:
        """The name as environment variables have it."""
        return re.sub(r"[^A-Z0-9]", "_", self.name.upper())

    @property
    def token(self) -> str:
        """The environment variable with the token, where the client has no name of its own."""
        return f"{self.variable}_TOKEN"

    def with_user(self, url: str, password: str = "") -> str:
        """A URL of it with the user in it, and the name of what holds the password."""
        scheme, _, rest = url.partition("://")
        return f"{scheme}://{USER}{password and ':' + password}@{rest}"


class Configuration(Value):
    """What a client reads.

    Attributes:
        client: Whose it is.
        file: Where it belongs.
        text: What it says; comments say where the credentials are.
    """

    client: str
    file: str
    text: str


def place_of(url: str, *, name: str, credentials: Credentials, beside: bool = False) -> Place:
    """The index at a URL, of which ``simple/`` may be a part.

    Raises:
        IndexAddressError: It is no URL that all clients understand, or has credentials in it.
    """
    parts = urlsplit(url) if _is_address(url) else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        shown = re.sub(r"//.*@", "//…@", url)
        raise IndexAddressError(f"{shown}: not the address of an index.")
    if "@" in parts.netloc:
        raise IndexAddressError(
            f"{parts.scheme}://…@{parts.netloc.rpartition('@')[2]}: has credentials in it.",
            hint="Give it without them; --credentials says how clients find theirs.",
        )
    if not re.fullmatch(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", name):
        raise IndexAddressError(
            f"{name}: not a name that all clients understand.",
            hint="Lower-case letters, digits, and - between them.",
        )
    base = f"{url.rstrip('/')}/".removesuffix("/simple/")
    return Place(base=f"{base.rstrip('/')}/", name=name, credentials=credentials, beside=beside)


def _is_address(url: str) -> bool:
    """Whether it is a URL without a query, of characters that no configuration file takes amiss."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return bool(re.fullmatch(r"[\w.~:/%+@\[\]-]+", url, re.ASCII)) and port != 0


def configuration(client: str, place: Place) -> Configuration:
    """What a client reads to use an index.

    Args:
        client: One of ``CLIENTS``.
        place: The index.

    Raises:
        CredentialsWayError: The client can't find credentials that way.
    """
    ways, write = CLIENTS[client]
    if place.credentials not in ways:
        raise CredentialsWayError(
            f"{client} can't take credentials by {place.credentials}.",
            hint=f"It can by {' and '.join(way for way in ways if way != 'none')}.",
        )
    file, lines = write(place)
    return Configuration(client=client, file=file, text="\n".join(lines) + "\n")


def _pip(place: Place) -> tuple[str, list[str]]:
    option = "extra-index-url" if place.beside else "index-url"
    warning = [
        "# Beside another index pip takes the highest version, wherever it is: a stranger's upload",
        "# of the name of a project of yours wins. Let the index merge its upstream instead.",
    ]
    head = warning if place.beside else []
    if place.credentials == "env":
        url = place.with_user(place.simple, f"${{{place.token}}}")
        lines = [f"# The token is in the environment variable {place.token}.", f"--{option} {url}"]
        trust = [f"--trusted-host {place.netloc}"] if place.insecure else []
        return "requirements.txt", [*head, *lines, *trust]
    url = place.with_user(place.simple) if place.credentials == "keyring" else place.simple
    lines = [*head, *_credentials(place), "[global]", f"{option} = {url}"]
    if place.credentials == "keyring":
        lines.append("keyring-provider = subprocess")
    if place.insecure:
        lines.append(f"trusted-host = {place.netloc}")
    return "~/.config/pip/pip.conf", lines


def _uv(place: Place) -> tuple[str, list[str]]:
    url = place.with_user(place.simple) if place.credentials == "keyring" else place.simple
    lines = _credentials(place)
    if place.credentials == "env":
        lines = [
            f"# UV_INDEX_{place.variable}_USERNAME={USER}, and the token is in the environment",
            f"# variable UV_INDEX_{place.variable}_PASSWORD; for uv publish, UV_PUBLISH_TOKEN.",
        ]
    if place.beside:
        lines += [
            "# What this index has is taken from it alone, in whatever versions it has, and all",
            "# else from the usual one.",
        ]
    lines += [
        "[[tool.uv.index]]",
        f"name = {_quoted(place.name)}",
        f"url = {_quoted(url)}",
        f"publish-url = {_quoted(place.legacy)}",
        *([] if place.beside else ["default = true"]),
    ]
    if place.credentials == "keyring":
        lines += ["", "[tool.uv]", 'keyring-provider = "subprocess"']
    return "pyproject.toml", lines


def _poetry(place: Place) -> tuple[str, list[str]]:
    lines = []
    if place.credentials == "env":
        lines = [
            f"# POETRY_HTTP_BASIC_{place.variable}_USERNAME={USER}, and the token is in the",
            f"# environment variable POETRY_HTTP_BASIC_{place.variable}_PASSWORD.",
        ]
    elif place.credentials == "keyring":
        lines = [
            "# The token is in the keyring; this asks for it:",
            f"#   poetry config http-basic.{place.name} {USER}",
        ]
    if place.beside:
        lines.append("# It is asked for what the usual index lacks.")
    return "pyproject.toml", [
        *lines,
        "[[tool.poetry.source]]",
        f"name = {_quoted(place.name)}",
        f"url = {_quoted(place.simple)}",
        f"priority = {_quoted('supplemental' if place.beside else 'primary')}",
    ]


def _pdm(place: Place) -> tuple[str, list[str]]:
    url = place.simple
    lines = _credentials(place)
    if place.credentials == "env":
        url = place.with_user(url, f"${{{place.token}}}")
        lines = [f"# The token is in the environment variable {place.token}."]
    elif place.credentials == "keyring":
        url = place.with_user(url)
    # That name is PDM's for its usual index, whose place this one takes.
    name = place.name if place.beside else "pypi"
    lines += ["[[tool.pdm.source]]", f"name = {_quoted(name)}", f"url = {_quoted(url)}"]
    return "pyproject.toml", [*lines, *(["verify_ssl = false"] if place.insecure else [])]


def _docker(place: Place) -> tuple[str, list[str]]:
    pip, uv = ("EXTRA_INDEX_URL", "INDEX") if place.beside else ("INDEX_URL", "DEFAULT_INDEX")
    settings = [f"PIP_{pip}={place.simple}", f"UV_{uv}={place.simple}"]
    install = ["pip install --no-cache-dir -r requirements.txt"]
    given, mount = "", ""
    if place.credentials == "netrc":
        given = " --secret id=netrc,src=$HOME/.netrc"
        mount = "--mount=type=secret,id=netrc,target=/root/.netrc \\\n    "
    elif place.credentials == "env":
        given = f" --secret id={place.token}"
        mount = f"--mount=type=secret,id={place.token},env={place.token} \\\n    "
        url = place.with_user(place.simple, f"${{{place.token}}}")
        install = [f'export PIP_{pip}="{url}"', f'export UV_{uv}="{url}"', *install]
        settings = []
    settings += [f"PIP_TRUSTED_HOST={place.netloc}"] if place.insecure else []
    return "Dockerfile", [
        "# syntax=docker/dockerfile:1",
        f"# docker build{given} .",
        *(_credentials(place) if place.credentials == "netrc" else []),
        "ARG BASE=python:3.13-slim",
        "# hadolint ignore=DL3006",
        "FROM ${BASE}",
        *(f"ENV {setting}" for setting in settings),
        "WORKDIR /app",
        "COPY requirements.txt ./",
        f"RUN {mount}" + " \\\n && ".join(install),
    ]


def _twine(place: Place) -> tuple[str, list[str]]:
    lines = []
    if place.credentials == "env":
        lines = ["# The token is in the environment variable TWINE_PASSWORD."]
    elif place.credentials == "keyring":
        lines = [
            "# The token is in the keyring; this asks for it:",
            f"#   keyring set {place.legacy} {USER}",
        ]
    return "~/.pypirc", [
        *lines,
        "[distutils]",
        f"index-servers = {place.name}",
        "",
        f"[{place.name}]",
        f"repository = {place.legacy}",
        f"username = {USER}",
    ]


def _credentials(place: Place) -> list[str]:
    """Where the token is, for clients that look for it as pip does."""
    if place.credentials == "netrc":
        return [
            "# The token is in ~/.netrc, which only you can read (chmod 600):",
            f"#   machine {place.host} login {USER} password YOUR-TOKEN",
        ]
    if place.credentials == "keyring":
        return [
            "# The token is in the keyring; this asks for it:",
            f"#   keyring set {place.netloc} {USER}",
        ]
    return []


def _quoted(text: str) -> str:
    """A string, as TOML has it."""
    return json.dumps(text)


CLIENTS: dict[str, tuple[tuple[Credentials, ...], Callable[[Place], tuple[str, list[str]]]]] = {
    "pip": (CREDENTIALS, _pip),
    "uv": (CREDENTIALS, _uv),
    "poetry": (("none", "env", "keyring"), _poetry),
    "pdm": (CREDENTIALS, _pdm),
    "docker": (("none", "env", "netrc"), _docker),
    "twine": (("none", "env", "keyring"), _twine),
}
"""Of each client where it can find credentials, and what writes its configuration."""
