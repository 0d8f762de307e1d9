"""What compiles stand-ins: zig, for aarch64 Linux; what it made is kept."""

from __future__ import annotations

import hashlib
import importlib.metadata
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import NoStandInsError
from orchestrator.files import cache_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.process import Processes

# Older than the C library of every root.
_TARGET = "aarch64-linux-gnu.2.31"
_SECONDS = 1800


class Compiler:
    """Compiles shared libraries, each once for each key.

    Args:
        processes: Runs zig.
        log: Takes what it prints.
        on_line: Sees each line of it.
    """

    def __init__(self, processes: Processes, log: Path, on_line: Callable[[str], None]) -> None:
        self._processes = processes
        self._log = log
        self._on_line = on_line

    @property
    def home(self) -> Path:
        """Zig's folder of sources and headers."""
        import ziglang  # noqa: PLC0415 (not on a Mac)

        return Path(ziglang.__file__).parent / "lib"

    def library(
        self, name: str, key: str, arguments: Sequence[str], sources: Mapping[str, str]
    ) -> Path:
        """A shared library, compiled where the cache has none.

        Args:
            name: Of its file, and its soname.
            key: All that it depends on, but for zig's version.
            arguments: Of the compiler.
            sources: Written into the folder in which it runs.

        Raises:
            NoStandInsError: It can't be compiled.
        """
        digest = hashlib.sha256(f"{importlib.metadata.version('ziglang')} {key}".encode())
        folder = cache_directory() / "stand-ins" / digest.hexdigest()[:16]
        library = folder / name
        if library.exists():
            return library
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in sources.items():
            (folder / file).write_text(text, encoding="utf-8")
        made = folder / f".{name}"
        status = self._processes.run(
            [
                *(sys.executable, "-m", "ziglang", "cc", "-target", _TARGET, "-shared", "-fPIC"),
                *("-fno-sanitize=undefined", *arguments, "-o", made.name, f"-Wl,-soname,{name}"),
            ],
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
            log=self._log,
            on_line=self._on_line,
            seconds=_SECONDS,
        )
        if status:
            raise NoStandInsError(f"{name} could not be compiled.", log=str(self._log))
        made.replace(library)
        return library
