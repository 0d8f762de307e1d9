"""A macOS wheel made one that an aarch64 Linux CPython installs: code translated, all else kept.

What comes out is for running the wheel's own tests, and for nothing else: it is never published.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from orchestrator.binary.elf import read_elf
from orchestrator.binary.kind import BadBinaryError, kind_of
from orchestrator.binary.macho_image import Image, read_image
from orchestrator.errors import NoStandInError, UntranslatableError
from orchestrator.translate.bridge import elf_name
from orchestrator.translate.module import CXX, Surroundings, translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PLATFORM = "linux_aarch64"
_SOABI = re.compile(r"\.cpython-(\d+t?)-darwin\.so$")
_TIME = (1980, 1, 2, 0, 0, 0)
_SHOWN = 12
# What a path of a load command is answered by here.
_NEEDED = (
    ("/libSystem.B.dylib", "libc.so.6"),
    ("/libSystem.B.dylib", "libm.so.6"),
    ("/libSystem.B.dylib", "libgcc_s.so.1"),
    ("/libc++.1.dylib", CXX),
    ("/libc++abi.dylib", CXX),
    ("/libz.1.dylib", "libz.so.1"),
    ("/libbz2.1.0.dylib", "libbz2.so.1.0"),
    ("/liblzma.5.dylib", "liblzma.so.5"),
)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where translated code will run.

    Attributes:
        sysroot: Of an aarch64 glibc Linux.
        python: The ELF file whose names extension modules bind to.
        stand_ins: The compiled library.
        cxx: Compiles libc++, where some module of a wheel needs it.
    """

    sysroot: Path
    python: Path
    stand_ins: Path
    cxx: Callable[[], Path]


def translate_wheel(wheel: Path, place: Place, into: Path) -> Path:
    """Translates a wheel.

    Args:
        wheel: For macOS arm64.
        place: Where it will run.
        into: Folder for the translated one.

    Raises:
        UntranslatableError: A Mach-O file in it is broken, or can't be translated at all.
        NoStandInError: Something that it calls has no stand-in.
    """
    with zipfile.ZipFile(wheel) as archive:
        members = {
            name: archive.read(name) for name in archive.namelist() if not name.endswith("/")
        }
    images = dict(_images(wheel.name, members))
    libraries = [place.stand_ins]
    if any("libc++" in path for image in images.values() for path in image.libraries):
        libraries.append(place.cxx())
    translated = _translated(wheel.name, images, _surroundings(place, libraries))
    kept = {name: content for name, content in members.items() if name not in images}
    renamed = {_renamed(name): content for name, content in translated.items()}
    folders = {str(PurePosixPath(name).parent) for name in renamed}
    beside = {
        str(PurePosixPath(folder) / library.name): library.read_bytes()
        for folder in folders
        for library in libraries
    }
    return _write(wheel.name, {**kept, **renamed, **beside}, into)


def _images(wheel: str, members: Mapping[str, bytes]) -> Iterator[tuple[str, Image]]:
    for name, content in members.items():
        if not kind_of(content).is_macho:
            continue
        try:
            yield name, read_image(content)
        except BadBinaryError as error:
            raise UntranslatableError(f"{wheel}: {name}: {error}.") from error


def _surroundings(place: Place, libraries: Sequence[Path]) -> Surroundings:
    stand_ins = read_elf(place.stand_ins.read_bytes()).exports
    offered = set(read_elf(place.python.read_bytes()).exports)
    for library in libraries:
        offered |= read_elf(library.read_bytes()).exports
    for name in {file for _, file in _NEEDED}:
        if path := _library(place.sysroot, name):
            offered |= read_elf(path.read_bytes()).exports
    return Surroundings(
        stand_ins=frozenset(name for name in stand_ins if name.startswith("darwin_")),
        offered=frozenset(offered),
        needed=_NEEDED,
    )


def _library(sysroot: Path, name: str) -> Path | None:
    folders = ("lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib64", "usr/lib64")
    found = (sysroot / folder / name for folder in folders)
    return next((path for path in found if path.is_file()), None)


def _translated(
    wheel: str, images: Mapping[str, Image], surroundings: Surroundings
) -> dict[str, bytes]:
    libraries = {name: image for name, image in images.items() if image.filetype == "dylib"}
    offered = frozenset(
        elf_name(symbol, surroundings.stand_ins)
        for image in libraries.values()
        for symbol in image.exports
    )
    done: dict[str, bytes] = {}
    missing: dict[str, None] = {}
    for name, image in images.items():
        result = translate(
            image,
            surroundings,
            _siblings(image, libraries),
            soname=PurePosixPath(name).name if name in libraries else "",
            siblings_offer=offered,
            runpath=_runpath(name, libraries),
        )
        missing |= dict.fromkeys(result.missing)
        done[name] = result.content
    if missing:
        raise NoStandInError(
            f"{wheel} needs {_listed(tuple(missing))}: no stand-in.", details=tuple(missing)
        )
    return done


def _siblings(image: Image, libraries: Mapping[str, Image]) -> dict[str, str]:
    """Libraries of the wheel by the path that an image has for them."""
    names = {PurePosixPath(name).name for name in libraries}
    wanted = ((path, PurePosixPath(path).name) for path in image.libraries)
    return {path: name for path, name in wanted if name in names and path.startswith("@")}


def _runpath(name: str, libraries: Mapping[str, Image]) -> str:
    """Folders that hold libraries of the wheel, from where a module is."""
    here = PurePosixPath(name).parent
    up = "/".join([".."] * len(here.parts))
    folders = dict.fromkeys(str(PurePosixPath(library).parent) for library in libraries)
    origin = f"$ORIGIN/{up}" if up else "$ORIGIN"
    return ":".join(["$ORIGIN", *(f"{origin}/{folder}" for folder in folders)])


def _renamed(name: str) -> str:
    return _SOABI.sub(r".cpython-\1-aarch64-linux-gnu.so", name)


def _listed(missing: Sequence[str]) -> str:
    more = f" and {len(missing) - _SHOWN} more" if missing[_SHOWN:] else ""
    return ", ".join(missing[:_SHOWN]) + more


def _write(filename: str, members: Mapping[str, bytes], into: Path) -> Path:
    """Writes the wheel under its new tag, with a RECORD that is true."""
    stem, _, _ = filename.removesuffix(".whl").rpartition("-")
    files = dict(members)
    record = next(name for name in files if name.endswith(".dist-info/RECORD"))
    about = record.removesuffix("RECORD") + "WHEEL"
    tag = "-".join(stem.split("-")[-2:])
    kept = [
        line for line in files[about].decode().splitlines() if line and not line.startswith("Tag:")
    ]
    tags = [f"Tag: {python}-{abi}-{PLATFORM}" for python, abi in _pairs(tag)]
    files[about] = "\n".join([*kept, *tags, ""]).encode()
    rows = (f"{name},{_digest(data)},{len(data)}" for name, data in files.items() if name != record)
    files[record] = "\n".join([*rows, f"{record},,", ""]).encode()
    into.mkdir(parents=True, exist_ok=True)
    path = into / f"{stem}-{PLATFORM}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), data)
    return path


def _pairs(tag: str) -> Iterator[tuple[str, str]]:
    pythons, _, abis = tag.partition("-")
    for python in pythons.split("."):
        for abi in abis.split("."):
            yield python, abi


def _digest(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
    return f"sha256={digest.rstrip('=')}"
