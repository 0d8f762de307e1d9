"""What a REQUIREMENT of the command line is: decided from its text and a look at the disk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from orchestrator.errors import BadRequirementError
from orchestrator.model import Request
from orchestrator.resolve.urls import expanded, local_path, redact, split_fragment

if TYPE_CHECKING:
    from pathlib import Path

ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz")
_GIT_SCHEMES = ("https", "http", "ssh", "git", "file")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|file:")
_NAMED_URL = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*@\s*(?P<url>\S+)", re.ASCII
)


def classify(text: str, cwd: Path) -> Request:
    """Says what a requirement is, without looking anything up in an index.

    The forms are those of PEP 508 (``name[extra]>=1``, ``name @ URL``), the path of an sdist or
    of a source directory, the URL of an sdist, and ``git+URL@REV``. Like pip, a bare word is a
    project's name even where a folder of that name exists; ``./name`` is the folder. An sdist
    at a URL is a ``file`` request whose ``location`` is the URL. The ``#subdirectory=`` of a URL
    stays in ``location``; credentials stay there too, but not in ``text``.

    Args:
        text: As the user wrote it.
        cwd: Absolute folder that relative paths start from.

    Raises:
        BadRequirementError: It is none of these; the message says why.
    """
    stripped = text.strip()
    if "\0" in stripped or not stripped:
        raise BadRequirementError(f"{text!r} is not a requirement: it is empty or holds a NUL.")
    named = _NAMED_URL.fullmatch(stripped)
    if named:
        return _from_url(text, named["url"], canonicalize_name(named["name"]), cwd)
    if has_scheme(stripped):
        return _from_url(text, stripped, "", cwd)
    if looks_like_path(stripped):
        return _from_path(text, cwd / expanded(stripped), "")
    return _from_pep508(text, stripped, cwd)


def _from_url(text: str, url: str, name: str, cwd: Path) -> Request:
    try:
        scheme = urlsplit(url).scheme.lower()
        bare, fragment = split_fragment(url)
    except ValueError as error:
        _refuse(text, f"its URL is malformed ({redact(str(error))})")
    if scheme.startswith("git+"):
        return _from_git(text, bare[len("git+") :], fragment, name)
    if scheme == "file":
        return _from_path(text, cwd / (local_path(bare) or ""), name)
    if scheme not in {"http", "https"}:
        _refuse(text, f"a URL of scheme {scheme or '(none)'} can't be fetched")
    filename = urlsplit(bare).path.rpartition("/")[2]
    _refuse_wheel(text, filename)
    if not filename.lower().endswith(ARCHIVE_SUFFIXES):
        _refuse(text, f"the URL does not name an sdist ({', '.join(ARCHIVE_SUFFIXES)})")
    name = name or canonicalize_name(fragment.get("egg", ""))
    return Request(kind="file", text=redact(text), name=name, location=url)


def _from_git(text: str, url: str, fragment: dict[str, str], name: str) -> Request:
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in _GIT_SCHEMES or not rest.strip("/"):
        _refuse(text, f"git+ must be followed by one of {', '.join(_GIT_SCHEMES)} and ://")
    # The host part may hold an @ of its own (user@host); a revision is behind the last one.
    host, slash, path = rest.partition("/")
    path, at, revision = path.rpartition("@") if "@" in path else (path, "", "")
    if (at and not revision) or revision.startswith("-"):
        _refuse(text, "the revision behind @ is empty or starts with a dash")
    subdirectory = fragment.get("subdirectory", "")
    return Request(
        kind="git",
        text=redact(text),
        name=name or canonicalize_name(fragment.get("egg", "")),
        location=f"{scheme}://{host}{slash}{path}"
        + (f"#subdirectory={subdirectory}" if subdirectory else ""),
        revision=revision,
    )


def _from_path(text: str, path: Path, name: str) -> Request:
    _refuse_wheel(text, path.name)
    try:
        path = path.resolve()
        if path.is_dir():
            return Request(kind="directory", text=redact(text), name=name, location=str(path))
        exists = path.is_file()
    except (OSError, RuntimeError) as error:
        _refuse(text, f"the path can't be looked at ({error})")
    if not exists:
        _refuse(text, f"it looks like a path, but there is no file or folder {path}")
    if not path.name.lower().endswith(ARCHIVE_SUFFIXES):
        _refuse(text, f"the file is not an sdist ({', '.join(ARCHIVE_SUFFIXES)})")
    return Request(kind="file", text=redact(text), name=name, location=str(path))


def _from_pep508(text: str, stripped: str, cwd: Path) -> Request:
    try:
        requirement = Requirement(stripped)
    except InvalidRequirement as error:
        _refuse(text, redact(str(error).partition("\n")[0]))
    name = canonicalize_name(requirement.name)
    if requirement.url:
        return _from_url(text, requirement.url, name, cwd)
    if requirement.marker:
        _refuse(text, "an environment marker (after ;) has no meaning for a build")
    return Request(
        kind="index",
        text=redact(text),
        name=name,
        specifier=str(requirement.specifier),
        extras=tuple(sorted(requirement.extras)),
    )


def has_scheme(text: str) -> bool:
    """Whether it begins like a URL."""
    return bool(_SCHEME.match(text))


def looks_like_path(text: str) -> bool:
    """Whether pip would take it for a path, and not for a project's name."""
    # A slash in a requirement can only be part of a marker's string or of a URL behind an @.
    before_marker = text.partition(";")[0]
    return (
        before_marker.startswith((".", "~"))
        or "/" in before_marker
        or text.lower().endswith((*ARCHIVE_SUFFIXES, ".whl"))
    )


def _refuse_wheel(text: str, filename: str) -> None:
    if filename.lower().endswith(".whl"):
        raise BadRequirementError(
            f"{redact(text)!r} is a wheel already: there is nothing to build.",
            hint="`orchestrate repair` and `orchestrate verify` take wheels.",
        )


def _refuse(text: str, why: str) -> NoReturn:
    raise BadRequirementError(f"{redact(text)!r} can't be built: {why}.")
