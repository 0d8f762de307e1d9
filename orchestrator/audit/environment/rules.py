"""What can't be loaded in an environment, or only by translation; each with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.audit.environment import mend
from orchestrator.audit.environment.coherence import blas_builds, openmp_copies
from orchestrator.audit.environment.facts import InstalledFinding
from orchestrator.audit.environment.fit import fitting_tags, unfit_part, unimportable
from orchestrator.audit.environment.unloadable import by_owner, unloadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestrator.audit.environment.facts import Binary, Distribution, Environment
    from orchestrator.model import Severity

_SEVERITIES = ("error", "warning", "note")
_SUBDIRS = {
    ("macos", "arm64"): "osx-arm64",
    ("macos", "x86_64"): "osx-64",
    ("linux", "aarch64"): "linux-aarch64",
    ("linux", "x86_64"): "linux-64",
}


def judge(environment: Environment) -> tuple[InstalledFinding, ...]:
    """Everything that is wrong, the worst first."""
    fitting = fitting_tags(environment.runtime)
    unfit = {
        str(item)
        for item in environment.distributions
        if fitting and item.tags and not item.tags & fitting
    }
    foreign = unloadable(environment, unfit)
    found = (
        *_translation(environment),
        *_foreign_conda(environment),
        *_for_other_machines(environment, foreign),
        *_broken(environment),
        *_for_other_pythons(environment, unfit, foreign),
        *openmp_copies(environment),
        *blas_builds(environment),
    )
    return tuple(sorted(found, key=lambda finding: _SEVERITIES.index(finding.severity)))


def _translation(environment: Environment) -> Iterator[InstalledFinding]:
    runtime = environment.runtime
    if not runtime.is_translated:
        return
    intel = sorted(item.name for item in environment.conda if item.subdir == "osx-64")
    if intel:
        yield InstalledFinding(
            code="ENV102",
            severity="warning",
            message=f"This conda environment is for Intel Macs (osx-64): its Python and"
            f" {len(intel) - 1} more packages run under Rosetta.",
            where=runtime.executable,
            files=tuple(intel),
            hint=mend.arm64_conda(runtime),
        )
        return
    universal = "arm64" in runtime.holds
    yield InstalledFinding(
        code="ENV101",
        severity="warning",
        message="The Python is universal, but its x86_64 half runs, under Rosetta: something that"
        " Rosetta runs started it, such as a terminal."
        if universal
        else f"The Python is for {runtime.machine}: on Apple silicon it runs under Rosetta, and pip"
        " installs Intel wheels into it.",
        where=runtime.executable,
        hint=mend.arm64_half(runtime) if universal else mend.arm64_python(runtime),
    )


def _foreign_conda(environment: Environment) -> Iterator[InstalledFinding]:
    runtime = environment.runtime
    own = _SUBDIRS.get((runtime.os, runtime.machine), "")
    foreign = [item for item in environment.conda if item.subdir not in {own, "noarch", ""}]
    if foreign:
        subdirs = " and ".join(sorted({item.subdir for item in foreign}))
        yield InstalledFinding(
            code="ENV103",
            severity="error",
            message=f"Of {len(environment.conda)} conda packages, {len(foreign)} are for {subdirs};"
            f" the Python is for {own}.",
            files=tuple(sorted(item.name for item in foreign)),
            hint=mend.conda_anew(foreign, own),
        )


def _for_other_machines(
    environment: Environment, foreign: Sequence[Binary]
) -> Iterator[InstalledFinding]:
    """One finding for each package that has files which its Python can't load."""
    runtime = environment.runtime
    for owner, binaries in by_owner(foreign):
        machines = ", ".join(sorted({name for item in binaries for name in item.kind.machines}))
        systems = {"macos": "macOS", "linux": "Linux"}
        others = sorted({item.os for item in binaries if item.os != systems[runtime.os]})
        runs = runtime.hardware == "arm64" and all(item.role == "program" for item in binaries)
        if others:
            message = f"for {' and '.join(others)} ({machines}), not {systems[runtime.os]}"
        elif runs:
            message = f"for {machines} only: runs under Rosetta"
        else:
            message = f"incompatible architecture (have '{machines}', need '{runtime.machine}')"
        yield _of_package(
            environment,
            owner,
            binaries,
            "ENV104",
            "warning" if runs and not others else "error",
            message,
        )


def _broken(environment: Environment) -> Iterator[InstalledFinding]:
    for owner, binaries in by_owner(item for item in environment.binaries if item.broken):
        yield _of_package(environment, owner, binaries, "ENV105", "error", binaries[0].broken)


def _for_other_pythons(
    environment: Environment, unfit: Iterable[str], foreign: Sequence[Binary]
) -> Iterator[InstalledFinding]:
    """Packages whose wheel, or whose modules, are for another Python or a newer system."""
    runtime = environment.runtime
    if runtime.interpreter is None:
        return
    reported = {str(item.owner) for item in foreign}
    modules = [item for item in environment.binaries if item.role == "module"]
    lost = {
        str(owner): binaries
        for owner, binaries in by_owner(unimportable(modules, runtime.interpreter))
        if owner
    }
    for owner in environment.distributions:
        name = str(owner)
        files = lost.get(name, ()) if name in unfit or not owner.tags else ()
        if name in reported or not (files or name in unfit):
            continue
        part = unfit_part(owner.tags, runtime) if owner.tags else ""
        message = f"its wheel is for {part}" if part else "its modules are for another Python"
        yield _of_package(
            environment,
            owner,
            files,
            "ENV106",
            "error" if files else "warning",
            f"{message}, not {mend.described(runtime)}",
        )


def _of_package(
    environment: Environment,
    owner: Distribution | None,
    binaries: Sequence[Binary],
    code: str,
    severity: Severity,
    message: str,
) -> InstalledFinding:
    # What is imported tells more than the libraries that it loads.
    files = [item.path for item in sorted(binaries, key=lambda item: item.role != "module")]
    return InstalledFinding(
        code=code,
        severity=severity,
        message=message,
        where=files[0] if files else "",
        package=str(owner or ""),
        files=tuple(files),
        hint=mend.reinstall(environment.runtime, [owner])
        if owner
        else "No package lists these files: remove them, or install what they belong to anew.",
    )
