"""Wheels that can be installed anywhere, and hold a line of Python."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_small_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    requires_python: str = "",
    requires: tuple[str, ...] = (),
    tag: str = "py3-none-any",
    size: int = 0,
) -> Path:
    """Writes ``NAME-VERSION-TAG.whl``; its module says its version.

    Args:
        folder: Is made where there is none.
        name: As the project likes it.
        version: PEP 440.
        requires_python: Of its METADATA.
        requires: ``Requires-Dist`` of its METADATA.
        tag: One.
        size: Bytes of a further file in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = name.lower().replace("-", "_").replace(".", "_")
    info = f"{stem}-{version}.dist-info"
    head = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    head += [f"Requires-Python: {requires_python}"] if requires_python else []
    head += [f"Requires-Dist: {text}" for text in requires]
    files = {
        f"{stem}/__init__.py": f"VERSION = {version!r}\n".encode(),
        f"{info}/METADATA": ("\n".join(head) + "\n").encode(),
        f"{info}/WHEEL": (
            f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
        ).encode(),
    }
    if size:
        files[f"{stem}/payload.bin"] = hashlib.shake_128(stem.encode()).digest(size)
    rows = [f"{path},{_digest(content)},{len(content)}" for path, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    path = folder / f"{stem}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in files.items():
            archive.writestr(zipfile.ZipInfo(member, (2025, 1, 1, 0, 0, 0)), content)
    return path


def _digest(content: bytes) -> str:
    return f"sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()}".rstrip(
        "="
    )
