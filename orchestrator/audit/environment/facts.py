"""What an environment holds: its Python, its packages and its binaries, as values."""

from __future__ import annotations

from typing import Literal

from orchestrator.binary.kind import FileKind
from orchestrator.binary.load_commands import Linkage
from orchestrator.model import Finding, Interpreter, Value

Role = Literal["module", "library", "program"]

OS = {"darwin": "macos", "linux": "linux"}
_INTEL = frozenset({"x86_64", "i386"})


class Runtime(Value):
    """The Python that imports what is installed, and the machine it runs on.

    Attributes:
        os: Of the machine.
        machine: What the Python runs as: ``arm64`` (macOS), ``aarch64`` (Linux), ``x86_64`` …
        hardware: What the machine is; under Rosetta it differs from ``machine``.
        holds: Architectures that the interpreter's file has; more than one: universal. Empty where
            the file is not there.
        executable: Path; empty where only a folder of packages is there.
        version: Full version; empty where unknown.
        interpreter: Minor version and flavour of a CPython; None where unknown or another one.
        system: Version of macOS, or of the libc; None where unknown.
        libc: On Linux.
    """

    os: Literal["macos", "linux"]
    machine: str
    hardware: str
    holds: tuple[str, ...] = ()
    executable: str = ""
    version: str = ""
    interpreter: Interpreter | None = None
    system: tuple[int, int] | None = None
    libc: Literal["", "glibc", "musl"] = ""

    @property
    def is_translated(self) -> bool:
        """Whether Rosetta stands between the Python and the hardware."""
        return self.os == "macos" and self.hardware == "arm64" and self.machine in _INTEL


class Distribution(Value):
    """An installed package.

    Attributes:
        name: As its metadata spells it.
        version: PEP 440; empty where its metadata has none.
        tags: Of the wheel it was installed from, expanded; empty where it was not, or is unknown.
        installer: What installed it, such as ``pip`` or ``conda``; empty where unknown.
    """

    name: str
    version: str = ""
    tags: frozenset[str] = frozenset()
    installer: str = ""

    def __str__(self) -> str:
        return f"{self.name}=={self.version}" if self.version else self.name


class Binary(Value):
    """An installed file of machine code.

    Attributes:
        path: Below the environment's root, with ``/``.
        role: What it is for, judged by its name and place.
        kind: Of the file.
        owner: The package it belongs to; None where no package's metadata lists it.
        linkage: Of a Mach-O file, one value per slice.
        broken: Why it can't be read; empty when it can.
    """

    path: str
    role: Role
    kind: FileKind
    owner: Distribution | None = None
    linkage: tuple[Linkage, ...] = ()
    broken: str = ""

    @property
    def name(self) -> str:
        """Of the file, without folders."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def os(self) -> str:
        """The system it was made for."""
        return {"elf": "Linux", "pe": "Windows"}.get(self.kind.format, "macOS")


class CondaPackage(Value):
    """A package of a conda environment; ``subdir`` says what for, e.g. ``osx-64``."""

    name: str
    version: str
    subdir: str


class Environment(Value):
    """Everything the rules look at.

    Attributes:
        root: The folder that all paths are below.
        folders: Folders of packages, e.g. ``lib/python3.11/site-packages``.
        runtime: What imports them.
        distributions: By name.
        binaries: By path.
        conda: Packages of conda; empty where it is no environment of conda's.
    """

    root: str
    folders: tuple[str, ...]
    runtime: Runtime
    distributions: tuple[Distribution, ...] = ()
    binaries: tuple[Binary, ...] = ()
    conda: tuple[CondaPackage, ...] = ()


class InstalledFinding(Finding):
    """A finding about an environment; an ``error`` is what can't be imported.

    Attributes:
        package: ``name==version``; empty where it is about the environment as a whole.
        files: That it is about.
        reinstall: Whether installing the package anew, for the right target, mends it.
    """

    package: str = ""
    files: tuple[str, ...] = ()
    reinstall: bool = False
