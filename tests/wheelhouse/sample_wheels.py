"""Small wheels as the stages before the wheelhouse hand them over.

Run as a program, it publishes without end: what the tests kill.
"""

import sys
import zipfile
from pathlib import Path

from orchestrator.model import (
    BuildSettings,
    BuiltWheel,
    Finding,
    Interpreter,
    Patch,
    Platform,
    RepairedWheel,
    Severity,
    Source,
    Step,
    Target,
    ToolchainIdentity,
    VerifiedWheel,
)
from orchestrator.wheelhouse.store import open_wheelhouse

CREATED = "2025-06-01T12:00:00Z"


def step(
    name: str = "tiny", *, python: int = 11, fingerprint: str = "ab" * 32, settled: str = ""
) -> Step:
    return Step(
        source=Source(
            name=name,
            version="1.0",
            kind="index",
            location="somewhere",
            filename=f"{name}-1.0.tar.gz",
            digest="sha256:" + "0" * 64,
        ),
        settings=BuildSettings(
            recipes=("tiny.toml[0]",),
            digest="1" * 64,
            patches=(Patch(name="a.patch", path=Path("/x/a.patch"), sha256="2" * 64),),
        ),
        target=Target(
            platform=Platform(os="macos", arch="arm64", minimum=(11, 0)),
            interpreter=Interpreter(major=3, minor=python),
        ),
        toolchain=ToolchainIdentity(name="zig", versions={"ziglang": "0.17.0"}),
        python=f"3.{python}.7",
        fingerprint=fingerprint,
        settled=settled,
        parts={"project": f"{name}==1.0"},
    )


def verified(
    folder: Path,
    *,
    name: str = "tiny",
    filename: str = "",
    payload: bytes = b"payload",
    fingerprint: str = "ab" * 32,
    findings: tuple[Finding, ...] = (),
    python: int = 11,
    settled: str = "",
) -> VerifiedWheel:
    """Writes a wheel file and returns what verification makes of it."""
    path = folder / (filename or f"{name}-1.0-cp311-cp311-macosx_11_0_arm64.whl")
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Python: >=3.9\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.so", payload)
        archive.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{name}-1.0.dist-info/METADATA", metadata)
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    built = BuiltWheel(
        step=step(name, python=python, fingerprint=fingerprint, settled=settled),
        path=path,
        build_requires=("setuptools==75.0",),
        notes=("dropped -flto",),
    )
    repaired = RepairedWheel(built=built, path=path, grafted=("libz.1.dylib",))
    return VerifiedWheel(repaired=repaired, findings=findings)


def finding(severity: Severity = "error") -> Finding:
    return Finding(code="MAC001", severity=severity, message="is x86_64 only", where="tiny.so")


def publish_forever(wheelhouse: Path, scratch: Path) -> None:
    """Publishes one name with ever other bytes; prints a line after the first."""
    store = open_wheelhouse(wheelhouse)
    number = 0
    while True:
        payload = b"%d" % number * 20_000
        wheel = verified(scratch, payload=payload, fingerprint=f"{number % 7:064x}")
        store.publish(wheel, seconds=1.0, created=CREATED)
        if number == 0:
            print("published", flush=True)  # noqa: T201
        number += 1


if __name__ == "__main__":
    publish_forever(Path(sys.argv[1]), Path(sys.argv[2]))
