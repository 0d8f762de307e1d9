"""apt in a root of its own: other lists, archives and an empty list of installed packages.

The machine's sources, keys and proxies are used; its apt and dpkg see nothing of it, and no rights
are needed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.emulator.apt_sources import (
    POCKETS,
    of_release,
    parse_deb822,
    parse_list,
    render,
)
from orchestrator.errors import BuildTimeoutError, DebianPackagesError
from orchestrator.files import cache_directory, open_cache

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.emulator.apt_sources import AptSource
    from orchestrator.process import OnLine, Processes

APT_SECONDS = 1800.0  # a slow line; apt itself gives up on a silent one much earlier

# What apt says to users; the whole output is in the log.
_COMPLAINT = re.compile(r"[EW]: (.+)")
_MOST_COMPLAINTS = 3
_URI = re.compile(r"'[^']+' (\S+\.(?:deb|dsc|tar\.\w+|asc)) \d+")


class PrivateApt:
    """An apt root in the cache, for one release and set of architectures."""

    def __init__(
        self,
        suite: str,
        architectures: tuple[str, ...],
        processes: Processes,
        on_line: OnLine,
        types: str = "deb",
    ) -> None:
        if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
            raise DebianPackagesError("There is no apt-get and dpkg-deb on this machine.")
        open_cache()
        self._suite = suite
        self._architectures = architectures
        self._types = types
        self._processes = processes
        self._on_line = on_line
        self._root = cache_directory() / "apt" / "-".join((suite or "own", *architectures, types))
        self._archives = self._root / "cache" / "archives"
        self._log = self._root / "log"
        self._stale: list[str] = []  # what the last update said

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes out of this root."""
        for folder in ("state/lists/partial", "cache/archives/partial", "empty"):
            (self._root / folder).mkdir(parents=True, exist_ok=True)
        with (self._root / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._log.write_bytes(b"")
            yield

    def download(self, *command: str) -> list[Path]:
        """Runs a downloading command of apt-get and returns all files that it asks for.

        Raises:
            DebianPackagesError: They did not all come.
            InterruptedBuildError: The processes were stopped.
        """
        self._update(POCKETS)
        try:
            return self._fetched(command)
        except DebianPackagesError as error:
            # The fixes of an old release disappear from archives before the release itself does.
            self._update(("",))
            with contextlib.suppress(DebianPackagesError):
                return self._fetched(command)
            raise error from None

    def _update(self, pockets: Sequence[str]) -> None:
        """Fetches the package lists, where they have changed.

        What fails here may not be needed: whether all that is needed is there, the download says.
        """
        every, codename = _host_sources()
        sources = of_release(every, codename, self._suite, pockets)
        if not sources:
            raise DebianPackagesError("This machine's apt has no sources of its own release.")
        (self._root / "status").touch()
        (self._root / "own.sources").write_text(render(sources, self._types), encoding="utf-8")
        (self._root / "apt.conf").write_text(
            _configuration(self._root, self._architectures), encoding="utf-8"
        )
        self._stale = self._apt("update")

    def _fetched(self, command: tuple[str, ...]) -> list[Path]:
        # Asked in an empty folder, apt names all that it would fetch and not just the rest.
        nothing = self._root / "empty"
        asked = self._apt(
            *command, "--print-uris", "-o", f"Dir::Cache::archives={nothing}", cwd=nothing
        )
        found = [match[1] for line in asked if (match := _URI.match(line))]
        self._apt(*command)
        archives = [self._archives / name for name in found]
        missing = [archive.name for archive in archives if not archive.is_file()]
        if missing or not found:
            raise self._failure(asked, f"{', '.join(missing or command[-1:])} did not come")
        return archives

    def _apt(self, *arguments: str, cwd: Path | None = None) -> list[str]:
        """Runs apt-get and returns what it printed.

        Raises:
            DebianPackagesError: It failed, other than with ``update``.
        """
        lines: list[str] = []

        def hear(line: str) -> None:
            lines.append(line)
            self._on_line(line)

        command = ("apt-get", "-c", str(self._root / "apt.conf"), *arguments)
        status = self._run(command, hear, cwd or self._archives)
        if status and arguments[0] != "update":
            raise self._failure(lines, f"apt-get {arguments[0]} failed")
        return lines

    def unpack(self, archive: Path, into: Path) -> None:
        """Unpacks one archive."""
        if self._run(("dpkg-deb", "-x", str(archive), str(into)), self._on_line, into):
            archive.unlink()  # damaged: the next try fetches it again
            raise self._failure([], f"{archive.name} can't be unpacked")

    def _run(self, command: tuple[str, ...], on_line: OnLine, cwd: Path) -> int:
        env = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        try:
            return self._processes.run(
                command,
                cwd=cwd,
                env=env,
                log=self._log,
                on_line=on_line,
                seconds=APT_SECONDS,
            )
        except BuildTimeoutError as error:
            raise self._failure([], error.message) from error

    def _failure(self, lines: Sequence[str], what: str) -> DebianPackagesError:
        release = f"Debian {self._suite}" if self._suite else "this machine's release"
        complaints = [
            match[1] for line in (*self._stale, *lines) if (match := _COMPLAINT.match(line))
        ]
        return DebianPackagesError(
            f"Packages of {release} ({', '.join(self._architectures)}): {what}.",
            details=tuple(dict.fromkeys(complaints))[:_MOST_COMPLAINTS],
            log=str(self._log),
        )


def _host_sources() -> tuple[list[AptSource], str]:
    """All sources of this machine, or of the file that the user names; and the release's name."""
    etc = Path("/etc/apt")
    if own := os.environ.get("ORCHESTRATE_APT_SOURCES"):
        sources = _read(Path(own))
        return list(sources), next((suite for source in sources for suite in source.suites), "")
    files = (etc / "sources.list", *sorted(etc.glob("sources.list.d/*")))
    found = [source for file in files for source in _read(file)]
    with contextlib.suppress(OSError):
        return found, platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    return found, ""


def _read(file: Path) -> tuple[AptSource, ...]:
    parse = {".list": parse_list, ".sources": parse_deb822}.get(file.suffix)
    with contextlib.suppress(OSError):  # not readable, so not a source for this user
        return parse(file.read_text(encoding="utf-8", errors="replace")) if parse else ()
    return ()


def _configuration(root: Path, architectures: Sequence[str]) -> str:
    """What apt.conf(5) must say, read after the machine's own, which has proxies and keys.

    The machine's hooks would be run with ours, and tidy *its* archives.
    """
    hooks = ("APT::Update::Pre-Invoke", "APT::Update::Post-Invoke")
    cleared = (*hooks, "APT::Update::Post-Invoke-Success", "DPkg::Pre-Invoke", "DPkg::Post-Invoke")
    return "\n".join(
        (
            *(f"#clear {name};" for name in (*cleared, "APT::Architectures")),
            f'APT::Architecture "{architectures[0]}";',
            *(f'APT::Architectures:: "{name}";' for name in architectures),
            'APT::Install-Recommends "false";',
            'APT::Sandbox::User "root";',  # another user can't enter our folders; we are no root
            f'Dir::State "{root}/state";',
            f'Dir::State::status "{root}/status";',
            f'Dir::Cache "{root}/cache";',
            'Dir::Cache::pkgcache "pkgcache.bin";',
            'Dir::Cache::srcpkgcache "srcpkgcache.bin";',
            f'Dir::Etc::sourcelist "{root}/own.sources";',
            f'Dir::Etc::sourceparts "{root}/empty";',
            'Dir::Etc::preferences "/dev/null";',
            f'Dir::Etc::preferencesparts "{root}/empty";',
            "",
        )
    )
