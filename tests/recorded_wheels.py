"""Small wheels without a fault, as a build tool would write them: with a RECORD that is right."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def recorded_wheel(
    folder: Path,
    name: str = "acme_app",
    version: str = "1.0",
    tag: str = "py3-none-any",
    *,
    code: bytes = b"answer = 42\n",
    metadata: str = "",
) -> Path:
    """Writes NAME-VERSION-TAG.whl.

    Args:
        folder: Where.
        name: As the file name spells it.
        version: PEP 440.
        tag: Its only one.
        code: Of the one module.
        metadata: METADATA; what its file name says where it is empty.
    """
    info = f"{name}-{version}.dist-info"
    said = metadata or (
        f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n"
        "Requires-Python: >=3.8\n"
    )
    files = {
        f"{name}/__init__.py": code,
        f"{info}/METADATA": said.encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
    }
    lines = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in files.items()]
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in files.items():
            archive.writestr(member, content)
        archive.writestr(f"{info}/RECORD", "\n".join((*lines, f"{info}/RECORD,,", "")))
    return path


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
