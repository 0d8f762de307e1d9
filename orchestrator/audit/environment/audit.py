"""An environment's audit: what is there, and what of it can't be loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orchestrator.audit.environment.facts import Environment, InstalledFinding
from orchestrator.audit.environment.interpreter import ask_python, machines_of
from orchestrator.audit.environment.reader import (
    Contents,
    prefix_of,
    python_of,
    read_contents,
)
from orchestrator.audit.environment.rules import judge
from orchestrator.audit.environment.runtime import infer_runtime
from orchestrator.errors import NoPackagesError
from orchestrator.model import Value

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.audit.environment.facts import Runtime
    from orchestrator.model import Interpreter, Platform


class EnvironmentAudit(Value):
    """What was looked at, and what is wrong with it, the worst first."""

    environment: Environment
    findings: tuple[InstalledFinding, ...]

    @property
    def is_broken(self) -> bool:
        """Whether something can't be imported."""
        return any(finding.severity == "error" for finding in self.findings)


def audit_python(python: str) -> EnvironmentAudit:
    """Audits what an interpreter of this machine imports.

    Args:
        python: Its path, its name on PATH, or the folder of an environment.

    Raises:
        EnvironmentPythonError: It is not there, or does not run here.
    """
    asked = ask_python(python)
    return _audit(read_contents(asked.prefix, asked.folders), asked.runtime)


def audit_folder(
    folder: Path, platform: Platform | None = None, interpreter: Interpreter | None = None
) -> EnvironmentAudit:
    """Audits a folder of packages, wherever it comes from.

    Args:
        folder: Such as a copy of a Mac's ``site-packages``.
        platform: What it is for; else judged by what it holds.
        interpreter: What it is for; else judged by its path and by what it holds.

    Raises:
        NoPackagesError: There is no such folder, or nothing is installed in it.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise NoPackagesError(f"{folder} is not a folder.")
    root = prefix_of(folder)
    contents = read_contents(root, (folder,))
    if not contents.distributions and not contents.binaries:
        raise NoPackagesError(f"{folder} holds no installed package.")
    program = python_of(root)
    runtime = infer_runtime(
        (folder.as_posix(),),
        contents.binaries,
        machines_of(program.resolve()) if program else (),
        platform,
        interpreter,
    )
    return _audit(contents, runtime)


def _audit(contents: Contents, runtime: Runtime) -> EnvironmentAudit:
    environment = Environment(
        root=contents.root.as_posix(),
        folders=contents.folders,
        runtime=runtime,
        distributions=contents.distributions,
        binaries=contents.binaries,
        conda=contents.conda,
    )
    return EnvironmentAudit(environment=environment, findings=judge(environment))


def as_document(audit: EnvironmentAudit) -> dict[str, object]:
    """The audit as plain data: what ``--json`` prints."""
    environment = audit.environment
    return {
        "root": environment.root,
        "folders": list(environment.folders),
        "runtime": msgspec.to_builtins(environment.runtime),
        "packages": len(environment.distributions),
        "binaries": len(environment.binaries),
        "broken": audit.is_broken,
        "findings": [msgspec.to_builtins(finding) for finding in audit.findings],
    }
