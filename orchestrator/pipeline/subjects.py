"""A finished wheel to be run: what it was built for, what runs it here, and how it was built."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.emulator.runtime import Runtime, find_runtime
from orchestrator.errors import NoRuntimeError, NotAWheelError
from orchestrator.model import BuildSettings, Platform, Record, Target
from orchestrator.pipeline.translation import find_translating
from orchestrator.prove.candidates import Named, parse_name
from orchestrator.targets.tags import parse_interpreter, parse_platform
from orchestrator.wheelhouse.store import Wheelhouse, find_wheelhouse

if TYPE_CHECKING:
    from orchestrator.registry.load import Registry
    from orchestrator.targets.toolchain import Host

# The oldest C library that wheels are made for today.
_ANY_GLIBC = (2, 17)


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One wheel that can be run here.

    Attributes:
        path: Of its file.
        named: What its file name says.
        target: What it is run for.
        runtime: Runs it.
        settings: What the recipes say of it.
        store: The wheelhouse that it lies in or belongs to; None where there is none.
        record: Of exactly these bytes there.
    """

    path: Path
    named: Named
    target: Target
    runtime: Runtime
    settings: BuildSettings
    store: Wheelhouse | None
    record: Record | None


def find_subject(path: Path, wheelhouse: Path | None, registry: Registry, host: Host) -> Subject:
    """Looks a wheel up.

    Args:
        path: Of its file.
        wheelhouse: That it belongs to; None: the folder it lies in, where that is one.
        registry: The recipes.
        host: This machine.

    Raises:
        NotAWheelError: There is no such file, or its name is not a wheel's.
        NoRuntimeError: Nothing here runs what it was built for.
        RecipeError: The package's recipe is wrong.
    """
    if not path.is_file():
        raise NotAWheelError(f"{path}: there is no such file.")
    named = parse_name(path.name, _platform_of(host))
    store = find_wheelhouse(wheelhouse or path.parent)
    record = store.record_of(path) if store else None
    target, runtime = _place(named, record, path, host)
    return Subject(
        path=path,
        named=named,
        target=target,
        runtime=runtime,
        settings=registry.settings(named.name, named.version, target),
        store=store,
        record=record,
    )


def _platform_of(host: Host) -> Platform:
    if host.os == "macos":
        return parse_platform("macos")
    return Platform(os="linux", arch=host.arch, minimum=_ANY_GLIBC, libc="glibc")


def _place(named: Named, record: Record | None, path: Path, host: Host) -> tuple[Target, Runtime]:
    """The first target of the wheel that something runs; what its record says comes first."""
    targets = list(named.targets)
    if record and record.kind != "uploaded":
        recorded = Target(
            platform=parse_platform(record.platform),
            interpreter=parse_interpreter(record.python),
        )
        targets.insert(0, recorded)
    for target in targets:
        if runtime := find_runtime(target, host) or find_translating(target, host):
            return target, runtime
    raise _nothing_runs(targets, path, host)


def _nothing_runs(targets: list[Target], path: Path, host: Host) -> NoRuntimeError:
    here = f"this {host.os} {host.arch} host"
    if not targets:
        return NoRuntimeError(
            f"{path.name}: its tags name nothing that can be run on {here}.", hint=""
        )
    target = targets[0]
    if target.platform.os == "macos":
        hint = (
            f"On a Mac with Apple Silicon: orchestrate test {path.name}. On Linux x86_64, "
            f"`orchestrate emulator setup --python {target.interpreter.version}` makes what runs "
            "its code, translated."
        )
    elif target.platform.arch == host.arch:
        hint = f"`uv python install {target.interpreter.version}` brings the interpreter."
    else:
        wanted = f"--platform {target.platform.tag} --python {target.interpreter.version}"
        hint = f"`orchestrate emulator setup {wanted}` makes what runs it."
    return NoRuntimeError(f"{path.name}: nothing on {here} runs {target}.", hint=hint)
