"""Installs a closure: wheels of the index and of the wheelhouse, their hashes checked, imported."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.emit.locked import newest_wheel
from orchestrator.emulator.runtime import Runtime, find_runtime
from orchestrator.errors import (
    InstallationFailedError,
    LockMismatchError,
    WheelTestFailedError,
)
from orchestrator.files import sha256_of
from orchestrator.model import UNKNOWN_VERSION, DistFile, Proof, Target, Value
from orchestrator.pipeline.closures import ClosureOptions, closures
from orchestrator.process import Processes
from orchestrator.prove.imports import import_all, installed_modules
from orchestrator.resolve.configuration import read_configuration, uv_environment
from orchestrator.resolve.installation import chosen_wheels, installation_lock
from orchestrator.resolve.urls import redact
from orchestrator.resolve.uv_compile import platform_arguments, platform_variables
from orchestrator.targets.environments import Environment, describe_environment
from orchestrator.targets.host import this_host
from orchestrator.targets.wheel_tags import installable
from orchestrator.wheelhouse.store import find_wheelhouse, wheel_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.model import Closure, Event
    from orchestrator.resolve.inputs import Inputs

_INSTALL_SECONDS = 1800
_IMPORT_SECONDS = 300
_MISMATCH = "Hash mismatch"


class Installed(Value):
    """One package that was installed.

    Attributes:
        built: Whether its wheel is the wheelhouse's.
    """

    name: str
    version: str
    filename: str
    built: bool


class InstallReport(Value):
    """What was installed where.

    Attributes:
        target: What for.
        place: The environment or folder.
        packages: By name.
        imported: Modules that were imported: of what was built, and of all that holds binaries.
        proof: What that amounts to.
        note: Why nothing was imported; empty where it was.
    """

    target: Target
    place: str
    packages: tuple[Installed, ...]
    imported: tuple[str, ...] = ()
    proof: Proof = "structural"
    note: str = ""


class InstallOptions(Value):
    """Where and from what is installed.

    Attributes:
        wheelhouse: Folder of wheels.
        closure: How the closure is found out.
        python: Interpreter of the environment that is installed into; None: into a folder.
        directory: That folder.
        target: What the folder is for.
    """

    wheelhouse: Path
    closure: ClosureOptions = ClosureOptions()
    python: Path | None = None
    directory: Path | None = None
    target: Target | None = None


def install(
    inputs: Inputs, options: InstallOptions, emit: Callable[[Event], None]
) -> InstallReport:
    """Installs everything that the inputs need.

    Raises:
        LackingWheelsError: Some package has no wheel.
        LockMismatchError: A file is not the one that was locked.
        InstallationFailedError: uv failed otherwise.
        WheelTestFailedError: What was installed can't be imported.
        OrchestratorError: Of the closure.
    """
    into = _Into(options)
    (closure,) = closures(inputs, (into.target,), options.closure, emit)
    built = _built(closure, options.wheelhouse)
    chosen = chosen_wheels(closure, built)
    processes = Processes()
    with tempfile.TemporaryDirectory(prefix="orchestrate-install-") as scratch:
        folder = Path(scratch)
        _install(closure, chosen, into, processes, folder)
        report = InstallReport(
            target=into.target,
            place=str(into.place),
            packages=tuple(
                Installed(
                    name=package.name,
                    version=package.version,
                    filename=chosen[package.name].filename,
                    built=package.name in built,
                )
                for package in closure.packages
            ),
        )
        return _imported(report, into, processes, folder)


class _Into:
    """Where is installed, and what runs it here."""

    def __init__(self, options: InstallOptions) -> None:
        self.directory = options.directory.absolute() if options.directory else None
        self.environment: Environment | None = None
        self.runtime: Runtime | None = None
        if options.python:
            self.environment = describe_environment(options.python)
            self.target = self.environment.target
            self.place: Path = options.python
        else:
            assert options.directory  # noqa: S101 (one of both is given)
            assert options.target  # noqa: S101
            self.target = options.target
            self.place = options.directory
            self.runtime = find_runtime(options.target, this_host())

    @property
    def arguments(self) -> tuple[str, ...]:
        """How uv is told."""
        if self.environment:
            return ("--python", str(self.environment.python))
        return ("--target", str(self.directory), *platform_arguments(self.target))


def _built(closure: Closure, wheelhouse: Path) -> dict[str, DistFile]:
    """Wheels of the wheelhouse for packages that the closure lacks one of, by name."""
    names, tags = wheel_names(wheelhouse), installable(closure.target)
    store = find_wheelhouse(wheelhouse)
    found = {}
    for package in closure.packages:
        version = "" if package.version == UNKNOWN_VERSION else package.version
        name = None if package.wheel else newest_wheel(package.name, version, names, tags)
        if name:
            path = store.bring(name) if store else wheelhouse / name
            found[package.name] = _as_published(path)
    return found


def _as_published(path: Path) -> DistFile:
    """A wheel of the wheelhouse, its bytes those that its record vouches for, where it has one."""
    path = path.absolute()
    store = find_wheelhouse(path.parent)
    if store and store.record_of(path) is None and store.knows(path.name):
        raise LockMismatchError(
            f"{path} is not what was published: its bytes have changed since.",
            hint="Build it again: orchestrate build",
        )
    return DistFile(filename=path.name, url=path.as_uri(), sha256=sha256_of(path))


def _install(
    closure: Closure,
    chosen: Mapping[str, DistFile],
    into: _Into,
    processes: Processes,
    folder: Path,
) -> None:
    import tomli_w  # noqa: PLC0415 (only when something is installed)
    from uv import find_uv_bin  # noqa: PLC0415

    lock = folder / "pylock.toml"
    lock.write_text(tomli_w.dumps(installation_lock(closure, chosen)), encoding="utf-8")
    lines: list[str] = []
    configuration = read_configuration(Path.cwd(), os.environ)
    command = (find_uv_bin(), "pip", "install", "--preview-features", "pylock", "--no-build")
    status = processes.run(
        [*command, "--no-python-downloads", "--color", "never", "-r", str(lock), *into.arguments],
        cwd=folder,
        env={
            **os.environ,
            **uv_environment(configuration),
            **platform_variables(closure.target.platform),
        },
        log=folder / "uv.log",
        on_line=lines.append,
        seconds=_INSTALL_SECONDS,
    )
    if status:
        said = tuple(redact(line) for line in lines if line.strip())
        if any(_MISMATCH in line for line in said):
            raise LockMismatchError("A wheel is not the one that was locked.", details=said)
        raise InstallationFailedError(f"uv could not install into {into.place}.", details=said)


def _imported(
    report: InstallReport, into: _Into, processes: Processes, folder: Path
) -> InstallReport:
    """The report, after importing what was built, and all else that may hold binaries."""
    names = [
        item.name
        for item in report.packages
        if item.built or not item.filename.endswith("-any.whl")
    ]
    proof: Proof = "executed"
    search: Path | None = None
    if into.environment:
        python, site = into.environment.python, into.environment.site_packages
    elif into.runtime and into.directory:
        python, site, proof = into.runtime.python, into.directory, into.runtime.proof
        search = site
    else:
        return msgspec.structs.replace(report, note=f"nothing here runs {report.target}")
    modules = installed_modules(site, names)
    if not modules:
        return msgspec.structs.replace(report, note="no package holds compiled code")
    seconds = _IMPORT_SECONDS * (1 if proof == "executed" else 10)
    ending = import_all(python, modules, processes, folder, search=search, seconds=seconds)
    if ending.outcome != "passed":
        raise WheelTestFailedError(
            f"{report.place}: installed, but {ending.reason}.",
            hint="`orchestrate test WHEEL` tells what is to blame.",
            details=ending.details,
        )
    return msgspec.structs.replace(report, imported=modules, proof=proof)
