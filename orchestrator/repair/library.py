"""From what a library installed to an archive that can be laid in anywhere.

Kept are headers, libraries of the kind asked for, and what build tools read; install names become
``@rpath/NAME``, paths of the build machine become those of the prefix, and configuration programs
of the target are replaced by scripts that answer for it.
"""

from __future__ import annotations

import gzip
import shlex
import shutil
import tarfile
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from orchestrator.binary.kind import kind_of
from orchestrator.binary.member import Member, member_of
from orchestrator.build.library_commands import PREFIX
from orchestrator.build.library_prefix import LICENCES, files_of, replace_in_texts
from orchestrator.errors import LibraryIncompleteError
from orchestrator.files import ZIP_EPOCH
from orchestrator.model import BuiltLibrary, PackedLibrary
from orchestrator.repair import macho_edits
from orchestrator.targets.kit import write_script

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from orchestrator.model import LibraryBuild
    from orchestrator.repair.bench import Bench

_SHARED = ("*.dylib", "*.so", "*.so.*")
_STATIC = ("*.a",)
# Manuals, messages, completions: nothing that a build reads.
_KEPT_SHARE = ("share/pkgconfig/*", "share/cmake/*", "share/*/cmake/*", "share/aclocal/*")
_SHOWN = 12


def pack_library(
    built: BuiltLibrary, source: Path, needs: Path, into: Path, bench: Bench
) -> PackedLibrary:
    """Makes a library movable and writes its archive.

    Args:
        built: Its folder is changed.
        source: Folder of its patched source, which has the licences.
        needs: Folder of the libraries that it was built with.
        into: Folder for the archive.
        bench: Runs tools.

    Raises:
        LibraryIncompleteError: It lacks something that its recipe says it installs, or holds no
            library of the kind asked for.
        RepairError: A file could not be edited.
    """
    build, step, prefix = built.step.settings.library, built.step, built.prefix
    assert build is not None  # noqa: S101 (a library's step says how)
    _drop(prefix, build)
    _write_programs(prefix / "bin", build.programs, step.source.version)
    _copy_licences(source, build.licences, prefix / LICENCES / step.source.name)
    replace_in_texts(prefix, str(needs), PREFIX)
    for path in _binaries(prefix):
        name = path.relative_to(prefix).as_posix()
        if options := options_for(member_of(name, path.read_bytes()), (PREFIX, str(needs))):
            macho_edits.edit(name, path, options, bench)
    files = tuple(path.relative_to(prefix).as_posix() for path in files_of(prefix))
    _check_installed(built, build, files)
    into.mkdir(parents=True, exist_ok=True)
    archive = into / archive_name(built)
    write_archive(prefix, archive)
    return PackedLibrary(built=built, path=archive, files=files)


def archive_name(built: BuiltLibrary) -> str:
    """``name-version-platform-FINGERPRINT.tar.gz``; the fingerprint's beginning will do."""
    source, platform = built.step.source, built.step.target.platform
    return f"{source.name}-{source.version}-{platform.tag}-{built.step.fingerprint[:16]}.tar.gz"


def options_for(member: Member, prefixes: Sequence[str]) -> tuple[str, ...]:
    """The ``install_name_tool`` options that make one file movable; none where it is."""
    options = list(macho_edits.options_for(member))
    for part in member.slices:
        for library in part.libraries:
            if library.path.startswith(tuple(f"{prefix}/" for prefix in prefixes)):
                options += ["-change", library.path, f"@rpath/{library.path.rpartition('/')[2]}"]
    return tuple(options)


def write_archive(folder: Path, archive: Path) -> None:
    """Writes a folder as an archive whose bytes depend on nothing but names and contents."""
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in files_of(folder):
            info = tar.gettarinfo(path, path.relative_to(folder).as_posix())
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            info.mtime = ZIP_EPOCH
            info.mode = 0o755 if info.mode & 0o100 else 0o644
            if info.islnk():  # a second name of a file before it; each is a file of its own here
                info.type, info.size = tarfile.REGTYPE, path.stat().st_size
            if info.isreg():
                with path.open("rb") as content:
                    tar.addfile(info, content)
            else:
                tar.addfile(info)


def program_script(answers: Mapping[str, str], version: str) -> str:
    """A configuration program that prints a line for each option, and fails for others."""
    arms = "".join(
        f"    {shlex.quote(option)}) echo {_quoted(text, version)} ;;\n"
        for option, text in answers.items()
    )
    return (
        f"#!/bin/sh\nfor option do\n  case $option in\n{arms}"
        '    *) echo "${0##*/}: $option is not known" >&2; exit 1 ;;\n  esac\ndone\n'
    )


def _quoted(text: str, version: str) -> str:
    return shlex.quote(text.replace("{version}", version).replace("{prefix}", PREFIX))


def _drop(prefix: Path, build: LibraryBuild) -> None:
    """Removes what is of no use to a build, or would be linked by mistake."""
    other = _STATIC if build.linking == "shared" else _SHARED
    for path in list(files_of(prefix)):
        name = path.relative_to(prefix).as_posix()
        if not _is_wanted(name, path) or any(fnmatchcase(path.name, item) for item in other):
            path.unlink()


def _is_wanted(name: str, path: Path) -> bool:
    top = name.partition("/")[0]
    if top == "bin":
        return name.endswith("-config") and _is_text(path)
    if top == "share":
        return any(fnmatchcase(name, pattern) for pattern in _KEPT_SHARE)
    return top in {"include", "lib"} and not name.endswith(".la")


def _is_text(path: Path) -> bool:
    return not path.is_symlink() and not kind_of(path.read_bytes()).is_native


def _write_programs(folder: Path, programs: Mapping[str, Mapping[str, str]], version: str) -> None:
    for name, answers in programs.items():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).unlink(missing_ok=True)
        write_script(folder / name, program_script(answers, version))


def _copy_licences(source: Path, patterns: Sequence[str], into: Path) -> None:
    for pattern in patterns:
        found = [path for path in sorted(source.glob(pattern)) if path.is_file()]
        if not found:
            raise LibraryIncompleteError(
                f"{source.name} has no licence file {pattern!r}.",
                hint="Correct `licences` in its recipe.",
            )
        for path in found:
            place = into / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)


def _binaries(prefix: Path) -> Iterator[Path]:
    for path in files_of(prefix):
        if not path.is_symlink() and kind_of(path.read_bytes()[:4096]).is_macho:
            yield path


def _check_installed(built: BuiltLibrary, build: LibraryBuild, files: Sequence[str]) -> None:
    kinds = [f"lib/{kind}" for kind in (_SHARED if build.linking == "shared" else _STATIC)]
    lacking = [pattern for pattern in build.installs if not _matches(files, pattern)]
    if not any(_matches(files, kind) for kind in kinds):
        lacking.append(f"a {build.linking} library")
    if lacking:
        raise LibraryIncompleteError(
            f"{built.step.label} was built, but did not install {', '.join(lacking)}.",
            details=tuple(files[:_SHOWN]),
        )


def _matches(files: Sequence[str], pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in files)
