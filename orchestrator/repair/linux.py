"""Repair of Linux wheels by auditwheel: libraries copied in, and the tag that the wheel keeps.

auditwheel finds the oldest platform that a wheel runs on. A wheel that was built for a platform
gets that one's tag and no other, as on macOS: what was asked for is what is in the wheelhouse, and
two steps never make the same file. auditwheel's finding is the bound: what is found newer than
what was asked for is an error.

It is run as a program, because it changes directories and looks at the process's environment; with
its default ``--plat auto``, because it takes any other only for the architecture it runs on.
"""

from __future__ import annotations

import importlib.util
import os
import platform as this_machine
import re
from typing import TYPE_CHECKING

from orchestrator.binary.wheelfile import WheelFacts, read_wheel
from orchestrator.errors import MissingToolError, PlatformTooOldError, RepairError
from orchestrator.repair import elf_edits
from orchestrator.repair.bench import python_program
from orchestrator.repair.library_folders import library_folders
from orchestrator.repair.mended import Mended
from orchestrator.repair.tags import linux_arch, oldest_promise, platforms_of, renamed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.binary.elf import Elf
    from orchestrator.model import Platform
    from orchestrator.repair.bench import Bench

_NOT_FOUND = re.compile(r'required library "(.+?)" could not be located')
_TOO_RECENT = "too-recent versioned symbols"
_SHOWN = 12
# Settings of auditwheel that a user made for other wheels, and a time that it might not understand.
_FOREIGN = ("AUDITWHEEL_", "SOURCE_DATE_EPOCH")


def mend(
    wheel: Path,
    facts: WheelFacts,
    library_roots: Sequence[Path],
    bench: Bench,
    asked: Platform | None,
) -> Mended:
    """Makes a Linux wheel self-contained, and free of the build machine's paths.

    Args:
        wheel: As built, an absolute path.
        facts: What it holds.
        library_roots: Folders below which the libraries are looked for.
        bench: Runs the tools.
        asked: The platform it was built for; None for a wheel of unknown origin, which keeps its
            manylinux or musllinux tags, or else gets the oldest one that fits.

    Raises:
        RepairError: A library was not found, or a tool failed.
        PlatformTooOldError: The code needs a newer platform than the wheel is for.
        MissingToolError: auditwheel or patchelf is not installed.
    """
    patient = _Patient(wheel, facts, asked)
    if not patient.binaries:  # what it holds instead is for verification to judge
        return Mended(path=wheel, edits={}, platforms=patient.platforms)
    repaired = _audit(patient, library_roots, bench)
    facts = read_wheel(repaired)
    found = oldest_promise(platforms_of(facts.tags))
    if found is None:
        raise RepairError(f"{wheel.name}: auditwheel found no platform that it fits.")
    if patient.promised and found.minimum > patient.promised.minimum:
        raise _too_old(patient, facts, f"auditwheel finds {found.tag}", f"--platform {found.tag}")
    libraries = {member.name for member in facts.members if member.elf}
    return Mended(
        path=repaired,
        grafted=tuple(sorted(name for name in libraries - patient.names if ".libs/" in name)),
        edits=elf_edits.edits(repaired, facts, bench),
        platforms=patient.platforms or (found.tag,),
    )


class _Patient:
    """A Linux wheel before its repair.

    Attributes:
        promised: The platform that it must run on; None where nothing says.
        platforms: The tags that it is to have; none where nothing says.
        arch: What it is for.
        binaries: Its ELF files for that.
        names: Of all its members.
    """

    def __init__(self, wheel: Path, facts: WheelFacts, asked: Platform | None) -> None:
        self.wheel = wheel
        self.facts = facts
        own = platforms_of(facts.tags)
        self.promised = asked or oldest_promise(own)
        self.platforms = (asked.tag,) if asked else own if self.promised else ()
        self.arch = self.promised.arch if self.promised else linux_arch(own[0])
        self.names = {member.name for member in facts.members}
        self.binaries: tuple[Elf, ...] = tuple(
            member.elf
            for member in facts.members
            if member.elf and member.elf.machine == self.arch and member.elf.filetype != "object"
        )

    @property
    def is_musl(self) -> bool:
        """Whether its C library is musl."""
        if self.promised:
            return self.promised.libc == "musl"
        names = {elf_edits.MUSL, elf_edits.musl_soname(self.arch)}
        return any(names.intersection(elf.needed) for elf in self.binaries)

    @property
    def is_native(self) -> bool:
        """Whether it runs on this machine, whose libraries it may then be linked with."""
        glibc = this_machine.libc_ver()[0] == "glibc"
        return glibc != self.is_musl and this_machine.machine() == self.arch


def _audit(patient: _Patient, library_roots: Sequence[Path], bench: Bench) -> Path:
    """The wheel that auditwheel makes, tagged with the oldest platform that it fits."""
    if importlib.util.find_spec("auditwheel") is None:
        raise MissingToolError(
            "auditwheel, which repairs Linux wheels, is not installed.",
            hint="It is wherever orchestrator was installed on Linux; repair the wheel there.",
        )
    # Named so that auditwheel neither keeps a tag nor has to guess the C library.
    neutral = f"musllinux_1_2_{patient.arch}" if patient.is_musl else f"linux_{patient.arch}"
    wheel = bench.folder("built") / renamed(patient.wheel.name, (neutral,))
    wheel.symlink_to(patient.wheel)
    into = bench.folder("audited")
    options = ["--plat", "auto", "--patcher", "patchelf", "-z", "0", "-w", str(into)]
    options += [] if patient.is_native else ["--ldpaths", ""]
    options += ["--exclude", elf_edits.MUSL] if patient.is_musl else []
    needed = {name for elf in patient.binaries for name in elf.needed}
    env = _environment(library_folders(sorted(needed), patient.arch, library_roots))
    status, said = bench.run(
        python_program("-m", "auditwheel", "repair", *options, str(wheel)), env
    )
    repaired = list(into.glob("*.whl"))
    if status or len(repaired) != 1:
        raise _failure(patient, said[-1] if said else f"status {status}")
    return repaired[0]


def _environment(folders: Sequence[Path]) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {
        **env,
        "AUDITWHEEL_LD_LIBRARY_PATH": os.pathsep.join(map(str, folders)),
        "PATH": os.pathsep.join((str(elf_edits.find_patchelf().parent), env.get("PATH", ""))),
        # It goes through sets of names, and their order is that of what it writes into files.
        "PYTHONHASHSEED": "0",
    }


def _failure(patient: _Patient, said: str) -> RepairError | PlatformTooOldError:
    """Why auditwheel made no wheel, from its last line."""
    said = said.removeprefix("ValueError: ")
    if match := _NOT_FOUND.search(said):
        users = _needing(patient.facts, match[1])
        return RepairError(
            f"{patient.wheel.name} needs {match[1]}{users}, "
            "which is not in the folders that libraries are looked for in.",
            details=(said,),
        )
    if _TOO_RECENT in said:
        return _too_old(patient, patient.facts, said, "Compile it for an older C library.")
    return RepairError(
        f"{patient.wheel.name}: auditwheel could not repair it.", hint="", details=(said,)
    )


def _needing(facts: WheelFacts, library: str) -> str:
    names = [item.name for item in facts.members if item.elf and library in item.elf.needed]
    return f" ({', '.join(names)})" if names else ""


def _too_old(patient: _Patient, facts: WheelFacts, said: str, hint: str) -> PlatformTooOldError:
    fits = patient.promised.tag if patient.promised else "any manylinux platform"
    return PlatformTooOldError(
        f"{patient.wheel.name} needs newer system libraries than those of {fits}: {said}.",
        hint=hint,
        details=newer_symbols(facts, patient.promised)[:_SHOWN],
    )


def newer_symbols(facts: WheelFacts, promised: Platform | None) -> tuple[str, ...]:
    """What a wheel's files take from a newer glibc than promised, as lines.

    Where glibc is not to blame, or nothing is promised, all versions that they need are listed: of
    other libraries only auditwheel's tables say which platform has which.
    """
    newer: dict[str, list[str]] = {}
    needed: dict[str, None] = {}
    for member in facts.members:
        for symbol in member.elf.imports if member.elf else ():
            where = f"{member.name}: {symbol.library} {symbol.version}"
            if promised and _glibc(symbol.version) > promised.minimum:
                newer.setdefault(where, []).append(symbol.name)
            elif symbol.version:
                needed[where] = None
    return tuple(f"{where}: {', '.join(names)}" for where, names in newer.items()) or tuple(needed)


def _glibc(version: str) -> tuple[int, ...]:
    """``GLIBC_2.17`` as numbers; nothing for versions of other libraries."""
    family, _, number = version.partition("_")
    parts = number.split(".")
    return tuple(map(int, parts)) if family == "GLIBC" and all(map(str.isdigit, parts)) else ()
