"""Folders of packages as installers leave them, made of the tiny binaries of ``tests/binaries``."""

from __future__ import annotations

import json
from pathlib import Path

BINARIES = Path(__file__).parents[1] / "binaries"
ARM, INTEL, BOTH = (BINARIES / name for name in ("tiny.so", "intel.so", "universal.so"))
LIBRARY, LOADER = BINARIES / "libtiny.dylib", BINARIES / "user.so"
LINUX_ARM, LINUX_INTEL = BINARIES / "linux" / "tiny.so", BINARIES / "linux" / "intel.so"


class Tree:
    """An environment below a folder, as on a Mac unless files say otherwise."""

    def __init__(self, root: Path, python: str = "python3.11") -> None:
        self.root = root
        self.packages = root / "lib" / python / "site-packages"
        self.packages.mkdir(parents=True)

    def package(
        self,
        name: str,
        files: dict[str, Path | bytes],
        tag: str = "cp311-cp311-macosx_11_0_arm64",
        installer: str = "pip",
    ) -> None:
        """Installs a package: its files, RECORD and, unless ``tag`` is empty, WHEEL."""
        info = self.packages / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "INSTALLER").write_text(f"{installer}\n")
        (info / "RECORD").write_text("".join(f"{path},sha256=x,1\n" for path in files))
        if tag:
            (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tag}\n")
        for path, content in files.items():
            self.file(f"{self.packages}/{path}", content)

    def file(self, path: str, content: Path | bytes = b"") -> Path:
        """Writes a file below the root."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.read_bytes() if isinstance(content, Path) else content)
        return place

    def conda(self, name: str, subdir: str, files: dict[str, Path | bytes] | None = None) -> None:
        """Installs a package as conda does."""
        for path, content in (files or {}).items():
            self.file(path, content)
        meta = {"name": name, "version": "1.0", "subdir": subdir, "files": list(files or {})}
        self.file(f"conda-meta/{name}-1.0-0.json", json.dumps(meta).encode())
