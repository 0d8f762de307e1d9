"""Synthetic wheels for benchmarks of indexes: a wheelhouse with records, and plain pages of it."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import os
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import msgspec

from orchestrator.index.catalogue import Catalogue
from orchestrator.index.pages import project_html, root_html
from orchestrator.model import (
    BuildSettings,
    BuiltWheel,
    Interpreter,
    Platform,
    Record,
    RepairedWheel,
    Source,
    Step,
    Target,
    ToolchainIdentity,
    VerifiedWheel,
)
from orchestrator.wheelhouse.store import open_wheelhouse

VERSIONS = 20
LARGE = 100_000  # bytes that a large wheel holds
LARGE_PROJECTS = 20
TAG = "py3-none-any"


def name_of(number: int) -> str:
    """Of a project."""
    return f"synthetic-{number:04}"


def filename_of(number: int, version: int) -> str:
    """Of a wheel."""
    return f"{name_of(number).replace('-', '_')}-1.{version}-{TAG}.whl"


def write_wheel(folder: Path, number: int, version: int) -> Record:
    """Writes a wheel with its metadata and record, each under its name at once.

    The newest versions of the first projects are large; all others are small.

    Args:
        folder: Of the wheelhouse.
        number: Of the project.
        version: Minor.
    """
    filename = filename_of(number, version)
    large = number < LARGE_PROJECTS and version == VERSIONS - 1
    metadata = _metadata(number, version)
    incoming = folder / ".incoming" / filename
    _write_zip(incoming, filename, metadata, os.urandom(LARGE) if large else b"")
    content = incoming.read_bytes()
    record = _record(filename, number, version, content, metadata)
    _place(folder, f"{filename}.metadata", metadata)
    path = folder / ".records" / f"{filename}.{record.fingerprint[:16]}.json"
    _place(folder, str(path.relative_to(folder)), msgspec.json.encode(record))
    incoming.rename(folder / filename)
    return record


def make_wheelhouse(folder: Path, wheels: int) -> Path:
    """A wheelhouse of so many wheels; one that is there is used again."""
    if (folder / ".whole").exists():
        return folder
    for name in (".records", ".incoming"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(wheels // VERSIONS):
        for version in range(VERSIONS):
            write_wheel(folder, number, version)
    (folder / ".whole").touch()
    return folder


def publish_more(folder: Path, count: int, projects: int, pause: float) -> None:
    """Publishes further versions, one after the other, as builds do.

    Args:
        folder: Of the wheelhouse.
        count: How many.
        projects: Over how many of them they are spread.
        pause: Seconds between two.
    """
    store = open_wheelhouse(folder)
    with tempfile.TemporaryDirectory() as place:
        for each in range(count):
            number, version = each % projects, VERSIONS + each // projects
            path = Path(place) / filename_of(number, version)
            _write_zip(path, path.name, _metadata(number, version), os.urandom(LARGE))
            built = BuiltWheel(step=_step(number, version), path=path)
            repaired = RepairedWheel(built=built, path=path)
            created = dt.datetime.now(dt.UTC).isoformat()
            store.publish(
                VerifiedWheel(repaired=repaired, findings=()), seconds=0.0, created=created
            )
            time.sleep(pause)


def make_static(wheelhouse: Path, folder: Path) -> Path:
    """The same pages as files, byte for byte those that the server sends as HTML."""
    if (folder / "simple" / "index.html").exists():
        return folder
    catalogue = Catalogue(wheelhouse)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "files").exists():
        (folder / "files").symlink_to(wheelhouse)
    for name in catalogue.names():
        project = catalogue.project(name)
        assert project  # noqa: S101 (its name was just listed)
        page = folder / "simple" / name
        page.mkdir(parents=True)
        (page / "index.html").write_bytes(project_html(project))
    (folder / "simple" / "index.html").write_bytes(root_html(catalogue.names()))
    return folder


def make_plain_folders(wheelhouse: Path, folder: Path) -> Path:
    """A folder for each project, with links to its wheels: what simpleindex is pointed to."""
    for path in wheelhouse.glob("*.whl"):
        name = path.name.partition("-")[0].replace("_", "-")
        place = folder / name / path.name
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.hardlink_to(path)
    return folder


def make_bare_folder(wheelhouse: Path, folder: Path) -> Path:
    """A folder of the wheels alone: what pypiserver is pointed to."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in wheelhouse.glob("*.whl"):
        if not (folder / path.name).exists():
            (folder / path.name).hardlink_to(path)
    return folder


def _metadata(number: int, version: int) -> bytes:
    return (
        f"Metadata-Version: 2.1\nName: {name_of(number)}\nVersion: 1.{version}\n"
        "Requires-Python: >=3.8\n"
    ).encode()


def _step(number: int, version: int) -> Step:
    name = name_of(number)
    return Step(
        source=Source(name=name, version=f"1.{version}", kind="index", location=""),
        settings=BuildSettings(recipes=(), digest="", patches=()),
        target=Target(
            platform=Platform(os="linux", arch="x86_64", minimum=(2, 28), libc="glibc"),
            interpreter=Interpreter(major=3, minor=11),
        ),
        toolchain=ToolchainIdentity(name="none", versions={}),
        python="3.11",
        fingerprint=hashlib.sha256(f"{name} {version}".encode()).hexdigest(),
    )


def _write_zip(path: Path, filename: str, metadata: bytes, payload: bytes) -> None:
    package, version = filename.split("-")[:2]
    info = f"{package}-{version}.dist-info"
    files = {
        f"{package}/__init__.py": f"version = {version!r}\n".encode(),
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {TAG}\n".encode(),
    }
    if payload:
        files[f"{package}/data.bin"] = payload
    lines = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr(f"{info}/RECORD", "\n".join((*lines, f"{info}/RECORD,,", "")))


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _place(folder: Path, name: str, content: bytes) -> None:
    temporary = folder / ".incoming" / Path(name).name
    temporary.write_bytes(content)
    temporary.rename(folder / name)


def _record(filename: str, number: int, version: int, content: bytes, metadata: bytes) -> Record:
    digest = hashlib.sha256(content).hexdigest()
    unknown: dict[str, Any] = {
        "recipe_digest": "",
        "recipes": (),
        "patches": (),
        "build_requires": (),
        "grafted": (),
        "findings": (),
        "notes": (),
    }
    return Record(
        format=1,
        name=name_of(number),
        version=f"1.{version}",
        filename=filename,
        sha256=digest,
        size=len(content),
        platform="any",
        python="3.11",
        proof="structural",
        fingerprint=hashlib.sha256(f"{filename}{digest}".encode()).hexdigest(),
        source=Source(name=name_of(number), version=f"1.{version}", kind="index", location=""),
        toolchain=ToolchainIdentity(name="none", versions={}),
        requires_python=">=3.8",
        metadata_sha256=hashlib.sha256(metadata).hexdigest(),
        seconds=0.0,
        created=f"2026-01-{version + 1:02}T00:00:00Z",
        **unknown,
    )
