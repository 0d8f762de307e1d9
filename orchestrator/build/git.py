"""Git sources: one bare copy per repository in the cache, a real checkout for each build."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestrator.errors import GitError, MissingToolError
from orchestrator.files import cache_directory
from orchestrator.resolve.urls import redact, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_HEAD = "refs/orchestrate/HEAD"
_REFS = (f"+HEAD:{_HEAD}", "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_FULL_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHOWN_LINES = 5


def find_commit(url: str, revision: str) -> str:
    """The full commit id of a revision, which is in the cache afterwards.

    Args:
        url: Of the repository; may hold credentials, which are not kept.
        revision: Branch, tag, ref or commit; empty for the default branch. A full
            commit id that is in the cache needs no network.

    Raises:
        GitError: git can't reach the repository, or it has no such revision.
        MissingToolError: There is no git.
    """
    with _cached(url) as repository:
        if _FULL_COMMIT.fullmatch(revision) and (commit := _parse(repository, revision)):
            return commit
        _git(repository, url, "fetch", "--quiet", "--force", "--prune", url, *_REFS)
        wanted = _HEAD if revision in {"", "HEAD"} else revision
        if commit := _parse(repository, wanted):
            return commit
        # Not a branch or tag: a commit or another ref (a pull request's) that has to be named.
        try:
            _git(repository, url, "fetch", "--quiet", url, revision)
        except GitError as error:
            raise GitError(
                f"{redact(url)} has no revision {revision!r}.", details=error.details
            ) from error
        return _parse(repository, "FETCH_HEAD")


def check_out(url: str, commit: str, into: Path) -> tuple[int, int, int]:
    """Makes a checkout with history, tags and submodules, as version tools read them.

    Args:
        url: Of the repository; submodules with relative URLs are found beside it.
        commit: Full id, as ``find_commit`` gives it.
        into: Folder that does not exist yet.

    Returns:
        Year, month, day of the commit.

    Raises:
        GitError: The repository or a submodule can't be reached.
        MissingToolError: There is no git.
    """
    public = without_credentials(url)
    find_commit(url, commit)
    with _cached(url) as repository:
        _git(repository, url, "clone", "--quiet", "--no-checkout", str(repository), str(into))
    _git(into, url, "remote", "set-url", "origin", public)
    _git(into, url, "checkout", "--quiet", "--detach", commit)
    if (into / ".gitmodules").is_file():
        _git(into, url, "submodule", "--quiet", "update", "--init", "--recursive")
    seconds = _git(into, url, "show", "--no-patch", "--format=%ct", commit)
    date = datetime.fromtimestamp(int(seconds), UTC)
    return date.year, date.month, date.day


def files_at(url: str, commit: str, names: Iterable[str]) -> dict[str, bytes]:
    """The contents of those of the named files that a cached commit has."""
    found: dict[str, bytes] = {}
    with _cached(url) as repository:
        for name in names:
            with contextlib.suppress(GitError):
                shown = _git(repository, url, "show", f"{commit}:{name}")
                found[name] = shown.encode(errors="surrogateescape")
    return found


def tracked_files(folder: Path) -> list[str]:
    """Paths of a checkout's files that git does not ignore, relative to a folder in it.

    Empty where the folder is in no checkout, is ignored as a whole, or there is no git.
    Submodules are listed by their folder.
    """
    arguments = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    try:
        listed = _git(folder, str(folder), *arguments)
    except (GitError, MissingToolError):
        return []
    return sorted({name for name in listed.split("\0") if name})


def describe(folder: Path) -> str:
    """What version tools see of a checkout: nearest tag, distance and commit; may be empty."""
    try:
        return _git(folder, str(folder), "describe", "--tags", "--always", "--long").strip()
    except (GitError, MissingToolError):
        return ""


def copy_history(folder: Path, into: Path) -> None:
    """Gives a copied folder the history of the checkout whose top it is, and no other files.

    Raises:
        GitError: The checkout is damaged.
    """
    _git(folder, str(folder), "clone", "--quiet", "--no-checkout", str(folder), str(into))
    _git(into, str(folder), "reset", "--quiet")


@contextlib.contextmanager
def _cached(url: str) -> Iterator[Path]:
    """The cache's bare repository for a URL, locked against other processes."""
    key = hashlib.sha256(without_credentials(url).encode()).hexdigest()[:24]
    folder = cache_directory() / "git"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{key}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        repository = folder / f"{key}.git"
        if not (repository / "HEAD").is_file():
            _git(folder, url, "init", "--quiet", "--bare", str(repository))
        yield repository


def _parse(repository: Path, revision: str) -> str:
    try:
        arguments = ("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return _git(repository, str(repository), *arguments).strip()
    except GitError:
        return ""


def _git(cwd: Path, url: str, *arguments: str) -> str:
    # Set by a git hook that runs us, these would lead git to the caller's repository.
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}
    }
    env |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    env.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    options = ["gc.auto=0", "http.lowSpeedLimit=1000", "http.lowSpeedTime=60"]
    if url.startswith("file:"):
        options.append("protocol.file.allow=always")  # submodules of a local repository
    configured = [word for option in options for word in ("-c", option)]
    try:
        done = subprocess.run(  # noqa: PLW1510 - the status is looked at below
            ["git", *configured, *arguments],
            cwd=cwd,
            env=env,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise MissingToolError("git is not on PATH.", hint="Install git.") from error
    if done.returncode:
        lines = tuple(redact(done.stderr.decode(errors="replace")).split("\n"))
        lines = tuple(line for line in lines if line.strip())
        reason = next((line for line in lines if line.startswith("fatal:")), "git gave no reason")
        raise GitError(
            f"{redact(url)}: git {arguments[0]} failed: {reason.removeprefix('fatal:').strip()}",
            details=lines[-_SHOWN_LINES:],
        )
    return done.stdout.decode(errors="surrogateescape")
