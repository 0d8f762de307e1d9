"""Which file of a project to build: pure rules over what the indexes list."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from orchestrator.errors import NoMatchingVersionError, NoSdistError, RequiresPythonError
from orchestrator.model import Interpreter, Request, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orchestrator.resolve.pages import FileEntry

    Releases = Mapping[Version, Sequence[FileEntry]]

_SHOWN_VERSIONS = 8


def choose_sdist(
    request: Request, entries: Iterable[FileEntry], interpreter: Interpreter
) -> Source:
    """Chooses the sdist of the newest version that satisfies an ``index`` request.

    Versions that do not support the interpreter count as absent (PEP 503), as do withdrawn
    ones unless the request names exactly that version (PEP 592), and pre-releases unless
    asked for or alone (PEP 440). The newest version that remains is the one: if it has no
    sdist, an older one is never taken silently. Of several sdists of a version ``.tar.gz`` is
    preferred, then the one listed first.

    Args:
        request: Of kind ``index``.
        entries: Files of the project, those of the first index first.
        interpreter: What the wheel is built for.

    Raises:
        NoMatchingVersionError: No version satisfies the request.
        RequiresPythonError: Some do, but none of them supports the interpreter.
        NoSdistError: The newest of them has no sdist.
    """
    # A wheel with a local version (+cpu) is somebody's rebuild: it says nothing of releases.
    releases = releases_of(
        file for file in entries if file.kind == "sdist" or "+" not in file.version
    )
    supported = _supported(releases, interpreter)
    version = _newest(request.specifier, supported)
    if version is None:
        unsupported = _newest(request.specifier, releases)
        if unsupported is None:
            raise _no_match(request, releases)
        rule = ", ".join(_rules(releases[unsupported]))
        raise RequiresPythonError(
            f"{request.name} {unsupported} requires Python {rule} and does not support "
            f"{interpreter.version}; {_other('supports it', _newest('', supported))}."
        )
    sdists = [file for file in supported[version] if file.kind == "sdist"]
    if not sdists:
        raise _no_sdist(request, version, supported)
    sdist = min(sdists, key=lambda file: not file.filename.endswith((".tar.gz", ".tgz")))
    return Source(
        name=request.name,
        version=str(version),
        kind="index",
        location=sdist.url,
        filename=sdist.filename,
        digest=f"sha256:{sdist.sha256}" if sdist.sha256 else "",
        requires_python=sdist.requires_python,
    )


def matching_versions(
    request: Request, entries: Iterable[FileEntry], interpreter: Interpreter
) -> tuple[str, ...]:
    """The versions that satisfy an ``index`` request, by the same rules, the newest first."""
    supported = _supported(releases_of(entries), interpreter)
    return tuple(map(str, _matching(request.specifier, supported)))


def wheels_for(version: str, entries: Iterable[FileEntry]) -> tuple[FileEntry, ...]:
    """The wheels of one version, in the order listed."""
    files = releases_of(entries).get(Version(version), [])
    return tuple(file for file in files if file.kind == "wheel")


def uploaded_on(source: Source, entries: Iterable[FileEntry]) -> tuple[int, int, int] | None:
    """Year, month, day when the index received a source; None where it does not say."""
    for file in entries:
        if file.url == source.location and (
            date := re.match(r"(\d{4})-(\d\d)-(\d\d)", file.uploaded)
        ):
            return int(date[1]), int(date[2]), int(date[3])
    return None


@lru_cache(maxsize=1024)
def supports(requires_python: str, interpreter: Interpreter) -> bool:
    """Whether a Requires-Python admits the newest patch release of an interpreter.

    A specifier set that is not valid (PEP 440) excludes nothing, as in pip.
    """
    try:
        specifiers = SpecifierSet(requires_python)
    except InvalidSpecifier:
        return True
    # 99 stands for the newest patch release: ">=3.9.2" means that 3.9 is supported.
    return specifiers.contains(f"{interpreter.major}.{interpreter.minor}.99", prereleases=True)


def releases_of(entries: Iterable[FileEntry]) -> Releases:
    """Files by version; versions older than PEP 440 are left out, as no specifier names them."""
    spelled: dict[str, list[FileEntry]] = {}
    for file in entries:
        spelled.setdefault(file.version, []).append(file)
    releases: dict[Version, list[FileEntry]] = {}
    for text, files in spelled.items():
        try:
            releases.setdefault(Version(text), []).extend(files)
        except InvalidVersion:
            continue
    return releases


def _supported(releases: Releases, interpreter: Interpreter) -> Releases:
    return {
        version: files
        for version, files in releases.items()
        if all(supports(rule, interpreter) for rule in _rules(files))
    }


def _rules(files: Iterable[FileEntry]) -> list[str]:
    """What the files of a version require of Python.

    One page's word counts for all: partial indexes often leave it out.
    """
    return sorted({file.requires_python for file in files} - {""})


def _newest(specifier: str, releases: Releases) -> Version | None:
    return next(iter(_matching(specifier, releases)), None)


def _matching(specifier: str, releases: Releases) -> list[Version]:
    """The versions that satisfy a specifier, the newest first."""
    specifiers = SpecifierSet(specifier)
    exact = any(one.operator in {"==", "==="} and "*" not in one.version for one in specifiers)
    standing = [
        version
        for version, files in releases.items()
        if exact or not all(file.yanked for file in files)
    ]
    return sorted(specifiers.filter(standing), reverse=True)


def _no_match(request: Request, releases: Releases) -> NoMatchingVersionError:
    versions = sorted(releases, reverse=True)
    shown = ", ".join(map(str, versions[:_SHOWN_VERSIONS])) or "none with a valid version"
    more = f" and {len(versions) - _SHOWN_VERSIONS} older" if versions[_SHOWN_VERSIONS:] else ""
    wanted = request.specifier or "any version that is not withdrawn"
    return NoMatchingVersionError(
        f"No version of {request.name} satisfies {wanted}; there are {shown}{more}."
    )


def _no_sdist(request: Request, version: Version, supported: Releases) -> NoSdistError:
    sdists = {
        release: files
        for release, files in supported.items()
        if any(file.kind == "sdist" for file in files)
    }
    other = _newest(request.specifier, sdists) or _newest("", sdists)
    return NoSdistError(
        f"{request.name} {version} was published without an sdist; {_other('has one', other)}."
    )


def _other(what: str, version: Version | None) -> str:
    return f"the newest version that {what} is {version}" if version else f"no version {what}"
