"""Looks at an uploaded wheel, in a process of its own.

What strangers send is parsed here, where a crash, a leak or an endless loop takes nothing with it:
``python -m orchestrator.index.examination`` reads paths from its input, one JSON string a line,
and answers each by a line, until its input ends. ``examiner`` runs it.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.binary.wheelfile import read_wheel
from orchestrator.errors import NotAWheelError
from orchestrator.index.zips import Limits, UnsafeZipError, check_zip
from orchestrator.model import Finding, Value, learn
from orchestrator.targets.sdk import symbols
from orchestrator.verify.check import findings
from orchestrator.wheelhouse.record import read_metadata

if TYPE_CHECKING:
    from orchestrator.binary.wheelfile import WheelFacts

# Bytes of address space: a member is read whole, and its parser keeps a copy.
_MEMORY = 6 << 30
_NICE = 5  # pages come first
_MOST_FINDINGS = 500
_LARGEST_METADATA = 8 << 20


class Examined(Value):
    """What is known of a wheel.

    Attributes:
        problem: Why it can't be taken in, whatever the policy; empty where it can.
        name: In METADATA, as written.
        version: In METADATA, as written.
        metadata: The file.
        requires_python: PEP 440 specifier set, may be empty.
        platform: Its first platform tag.
        python: Of its first Python tag: ``3.11``; ``3`` where any will do.
        findings: Of verification.
    """

    problem: str = ""
    name: str = ""
    version: str = ""
    metadata: bytes = b""
    requires_python: str = ""
    platform: str = ""
    python: str = ""
    findings: tuple[Finding, ...] = ()


learn(Examined)


def examine(path: Path, limits: Limits) -> Examined:
    """Looks at a wheel.

    Args:
        path: Of its file, named as the wheel is.
        limits: Of what is unpacked.
    """
    try:
        check_zip(path, limits)
        wheel = read_wheel(path)
        metadata = read_metadata(path)
    except UnsafeZipError as error:
        return Examined(problem=f"{path.name}: {error}.")
    except NotAWheelError as error:
        return Examined(problem=error.message.replace(f"{path.parent}/", ""))
    if len(metadata) > _LARGEST_METADATA:
        return Examined(problem=f"{path.name}: its METADATA is too long.")
    return Examined(
        name=wheel.metadata_name,
        version=wheel.metadata_version,
        metadata=metadata,
        requires_python=wheel.requires_python,
        platform=_first_platform(wheel),
        python=_first_python(wheel),
        findings=_judged(wheel)[:_MOST_FINDINGS],
    )


def _judged(wheel: WheelFacts) -> tuple[Finding, ...]:
    """What the rules see; those of macOS are about arm64, and a wheel for Intel is none of it."""
    found = findings(wheel, target=None, system=symbols)
    platforms = {tag.split("-", 2)[2] for tag in wheel.tags}
    ours = any(tag == "any" or tag.endswith(("_arm64", "_universal2")) for tag in platforms)
    return found if ours else tuple(one for one in found if not one.code.startswith("MAC"))


def _first_platform(wheel: WheelFacts) -> str:
    return min(tag.split("-", 2)[2] for tag in wheel.tags)


def _first_python(wheel: WheelFacts) -> str:
    tag = min(tag.split("-", 1)[0] for tag in wheel.tags)
    match = re.fullmatch(r"[a-z]+(\d)(\d*)", tag)
    return ".".join(filter(None, match.groups())) if match else tag


def main() -> None:
    """Answers until nobody asks any more."""
    with contextlib.suppress(ValueError, OSError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    # What a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        path = Path(msgspec.json.decode(line, type=str))
        try:
            examined = examine(path, Limits())
        except MemoryError:
            examined = Examined(problem=f"{path.name}: is too large to be looked at.")
        except Exception as error:  # noqa: BLE001 (whatever a strange file does to the parsers)
            kind = type(error).__name__
            examined = Examined(problem=f"{path.name}: can't be looked at: {kind}: {error}")
        answers.write(msgspec.json.encode(examined) + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
