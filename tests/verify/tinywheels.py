"""What the tests of verify share: tiny binaries, and a macOS that has what a test says."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

from orchestrator.model import Finding

BINARIES = Path(__file__).parents[1] / "binaries"
LIBSYSTEM = "/usr/lib/libSystem.B.dylib"

WheelMaker = Callable[..., Path]
Verifier = Callable[..., tuple[Finding, ...]]


class SmallMacOS:
    """Stands for the real symbol tables: only libSystem, with a handful of symbols."""

    def is_system_library(self, path: str) -> bool:
        return path.startswith(("/usr/lib/", "/System/Library/"))

    def available_symbols(
        self, install_name: str, minimum: tuple[int, int]
    ) -> frozenset[str] | None:
        if install_name != LIBSYSTEM:
            return None
        since_13 = {"_mkfifoat"} if minimum >= (13, 0) else set()
        return frozenset({"_malloc", "_free", "dyld_stub_binder"} | since_13)


def binary(name: str) -> bytes:
    return (BINARIES / name).read_bytes()


def linux(name: str) -> bytes:
    return (BINARIES / "linux" / name).read_bytes()


def record_line(name: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def codes(found: tuple[Finding, ...], severity: str = "error") -> set[str]:
    return {finding.code for finding in found if finding.severity == severity}
