"""A package index that is a folder, which orchestrate, pip and uv can all be pointed to."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class LocalIndex:
    """Holds wheels that hold nothing but their metadata.

    Attributes:
        url: Of the index.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "simple"
        self._folder.mkdir(parents=True)
        self.url = self._folder.as_uri()

    def add(self, name: str, version: str, *tags: str, requires: tuple[str, ...] = ()) -> None:
        """Adds a wheel for each tag."""
        page = self._folder / name
        page.mkdir(exist_ok=True)
        for tag in tags:
            path = page / f"{name.replace('-', '_')}-{version}-{tag}.whl"
            write_wheel(path, name, version, tag, requires)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            with (page / "index.html").open("a") as file:
                file.write(f'<a href="{path.name}#sha256={digest}">{path.name}</a>\n')


def write_wheel(path: Path, name: str, version: str, tag: str, requires: tuple[str, ...]) -> None:
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {text}\n" for text in requires)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        )
        archive.writestr(
            f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n"
        )
        archive.writestr(f"{info}/RECORD", "")
