"""Sources of every kind: pinned from a request, then laid out as a tree to build."""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename

from orchestrator.build.directory import copy_folder, digest_of_folder
from orchestrator.build.fetch import digest_of, download, fetch, filename_of
from orchestrator.build.git import check_out, files_at, find_commit
from orchestrator.build.sourcetree import (
    METADATA_FILES,
    Declared,
    declared_in,
    read_archived,
    read_declared,
)
from orchestrator.build.unpack import unpack
from orchestrator.errors import BadRequirementError
from orchestrator.model import (
    UNKNOWN_VERSION,
    Interpreter,
    Request,
    Source,
    SourceOverride,
    SourceTree,
)
from orchestrator.resolve.index import Found, find
from orchestrator.resolve.urls import local_path, redact, split_fragment, without_credentials

if TYPE_CHECKING:
    from orchestrator.build.fetch import Progress
    from orchestrator.resolve.configuration import IndexConfiguration

# How the location of a source begins that only a Debian source package has.
DEBIAN = "debian://"


def pin(
    request: Request,
    configuration: IndexConfiguration,
    interpreter: Interpreter,
    progress: Progress | None = None,
) -> Found:
    """Finds the source that a request means; its digest is always known afterwards.

    Name and version of files, directories and git commits are read without running their
    code: from their metadata, else from an sdist's file name. Where neither tells, the name
    is the user's or that of file, folder or repository, and the version ``UNKNOWN_VERSION``: the
    built wheel has the real ones.

    Args:
        request: As classified.
        configuration: The indexes, and how to reach the network.
        interpreter: What the wheel is built for.
        progress: Called while downloading.

    Returns:
        The source; ``files`` only for an ``index`` request.

    Raises:
        OrchestratorError: Any of those about requirements and sources (REQ, SRC).
    """
    if request.kind == "index":
        found = find(request, configuration, interpreter)
        if found.source.digest:
            return found
        # The index promised no hash: what it serves now is what is built.
        source = with_digest(found.source, configuration, progress)
        return msgspec.structs.replace(found, source=source)
    if request.kind == "file":
        return Found(source=_pin_file(request, configuration, progress))
    if request.kind == "git":
        return Found(source=_pin_git(request))
    return Found(source=pin_folder(Path(request.location), request.name))


def pin_folder(folder: Path, name: str = "") -> Source:
    """A source directory as it is now.

    Args:
        folder: Absolute.
        name: Normalized, as the user gave it; may be empty.

    Raises:
        BadRequirementError: The folder says that it is of another name.
    """
    declared = read_declared(folder)
    return Source(
        name=_name(name, declared, folder.name),
        version=declared.version or UNKNOWN_VERSION,
        kind="directory",
        location=str(folder),
        digest=digest_of_folder(folder),
        requires_python=declared.requires_python,
    )


def overridden(source: Source, override: SourceOverride) -> Source:
    """The source that a recipe names in place of the index's.

    Raises:
        GitError: The recipe's repository can't be reached, or lacks the revision.
    """
    if override.git:
        return msgspec.structs.replace(
            source,
            kind="git",
            location=without_credentials(override.git),
            filename="",
            digest=f"git:{find_commit(override.git, override.rev)}",
        )
    if not override.url:
        return msgspec.structs.replace(
            source,
            kind="url",
            location=f"{DEBIAN}{override.debian}",
            filename=f"{source.name}-{source.version}",
            digest=f"sha256:{override.sha256}",
        )
    return msgspec.structs.replace(
        source,
        kind="url",
        location=without_credentials(override.url),
        filename=filename_of(override.url),
        digest=f"sha256:{override.sha256.lower()}",
    )


def prepare(
    source: Source,
    into: Path,
    configuration: IndexConfiguration,
    progress: Progress | None = None,
) -> SourceTree:
    """Lays a pinned source out in a folder of its own, ready to be patched and built.

    Args:
        source: As pinned.
        into: Folder that does not exist yet; removed on failure.
        configuration: How to reach the network, where the cache lacks the source.
        progress: Called while downloading.

    Raises:
        OrchestratorError: Any of those about sources (SRC), or DiskFullError.
    """
    url, fragment = split_fragment(source.location)
    try:
        if source.kind == "directory":
            copy_folder(Path(source.location), into)
            return SourceTree(source=source, path=into)
        if source.kind == "git":
            released = check_out(url, source.digest.removeprefix("git:"), into)
            tree = SourceTree(source=source, path=into, released=released)
        else:
            tree = unpack(fetch(source, configuration, progress), into, source)
        if source.kind in {"git", "url"} and "subdirectory" in fragment:
            path = _subdirectory(tree.path, fragment["subdirectory"], redact(url))
            return msgspec.structs.replace(tree, path=path)
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise
    return tree


def _pin_file(
    request: Request, configuration: IndexConfiguration, progress: Progress | None
) -> Source:
    path = local_path(request.location)
    if path:
        location, filename, kind = str(path), path.name, "file"
    else:
        url, fragment = split_fragment(request.location)
        location, filename, kind = without_credentials(url), filename_of(url), "url"
        path = download(url, filename, fragment.get("sha256", ""), configuration, progress)
        if "subdirectory" in fragment:
            location += f"#subdirectory={fragment['subdirectory']}"
    declared = read_archived(path)
    if not declared.version:
        with contextlib.suppress(InvalidSdistFilename):
            name, version = parse_sdist_filename(filename)
            declared = msgspec.structs.replace(declared, name=name, version=str(version))
    return Source(
        name=_name(request.name, declared, filename.partition(".")[0]),
        version=declared.version or UNKNOWN_VERSION,
        kind="file" if kind == "file" else "url",
        location=location,
        filename=filename,
        digest=f"sha256:{digest_of(path)}",
        requires_python=declared.requires_python,
    )


def _pin_git(request: Request) -> Source:
    url, fragment = split_fragment(request.location)
    commit = find_commit(url, request.revision)
    prefix = f"{fragment['subdirectory'].strip('/')}/" if "subdirectory" in fragment else ""
    files = files_at(url, commit, [prefix + name for name in METADATA_FILES])
    public = without_credentials(request.location)
    declared = declared_in(
        {name.removeprefix(prefix): content for name, content in files.items()}, public
    )
    repository = filename_of(url).removesuffix(".git")
    return Source(
        name=_name(request.name, declared, repository),
        version=declared.version or UNKNOWN_VERSION,
        kind="git",
        location=public,
        digest=f"git:{commit}",
        requires_python=declared.requires_python,
    )


def with_digest(
    source: Source, configuration: IndexConfiguration, progress: Progress | None
) -> Source:
    """The source with the hash of what the index serves now, where it promised none."""
    path = fetch(source, configuration, progress)
    return msgspec.structs.replace(source, digest=f"sha256:{digest_of(path)}")


def _name(asked: str, declared: Declared, guess: str) -> str:
    if asked and declared.name and asked != declared.name:
        raise BadRequirementError(f"{asked} is wanted, but its source says it is {declared.name}.")
    usable = re.sub(r"[^A-Za-z0-9]+", "-", guess).strip("-") or "unknown"
    return asked or declared.name or canonicalize_name(usable)


def _subdirectory(top: Path, name: str, where: str) -> Path:
    path = (top / name).resolve()
    if not path.is_relative_to(top.resolve()) or not path.is_dir():
        raise BadRequirementError(f"{where} has no folder {name!r}.")
    return path
