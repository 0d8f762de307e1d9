"""What an existing Python environment is: its target, as its interpreter says."""

from __future__ import annotations

import json
from pathlib import Path

from orchestrator.errors import BadPythonError
from orchestrator.model import Interpreter, Platform, Target, Value
from orchestrator.targets.host import run_command

_PROBE = """
import json, platform, sys, sysconfig
print(json.dumps({
    "implementation": platform.python_implementation(),
    "version": list(sys.version_info[:2]),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "system": sys.platform,
    "machine": sysconfig.get_platform().rpartition("-")[2],
    "release": platform.mac_ver()[0] or platform.libc_ver()[1],
    "libc": platform.libc_ver()[0],
    "site_packages": sysconfig.get_path("platlib"),
}))
"""
# What musl's own tags count; Python does not tell its version.
_MUSL = (1, 2)


class Environment(Value):
    """An environment that packages can be installed into.

    Attributes:
        python: Its interpreter.
        target: What its wheels are for.
        site_packages: Where they go.
    """

    python: Path
    target: Target
    site_packages: Path


def describe_environment(place: Path) -> Environment:
    """Asks an interpreter, or that of an environment's folder.

    Raises:
        BadPythonError: It is not a CPython that runs here.
    """
    python = place / "bin" / "python" if place.is_dir() else place
    answer = run_command((str(python), "-c", _PROBE))
    try:
        facts = json.loads(answer.text)
    except ValueError as error:
        raise BadPythonError(
            f"{place} is neither a Python that runs here nor the folder of an environment.",
            hint="Give a path such as .venv/bin/python, or .venv.",
        ) from error
    if facts["implementation"] != "CPython":
        raise BadPythonError(f"{place} is {facts['implementation']}, not CPython.")
    major, minor = facts["version"]
    interpreter = Interpreter(major=major, minor=minor, free_threaded=facts["free_threaded"])
    # Not its real path: that would be the interpreter which the environment was made of.
    return Environment(
        python=python.absolute(),
        target=Target(platform=_platform(facts), interpreter=interpreter),
        site_packages=Path(facts["site_packages"]),
    )


def _platform(facts: dict[str, str]) -> Platform:
    numbers = [int(number) for number in facts["release"].split(".")[:2] if number.isdecimal()]
    major, minor = (*numbers, 0, 0)[:2]
    if facts["system"] == "darwin":
        # From macOS 11 on, tags have no minor version.
        minimum = (major, 0 if major > 10 else minor)  # noqa: PLR2004
        return Platform(os="macos", arch=facts["machine"], minimum=minimum)
    if facts["libc"] == "glibc":
        return Platform(os="linux", arch=facts["machine"], minimum=(major, minor), libc="glibc")
    return Platform(os="linux", arch=facts["machine"], minimum=_MUSL, libc="musl")
