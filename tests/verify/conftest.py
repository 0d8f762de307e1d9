"""Wheels made of the tiny binaries, right in every way that a test leaves alone."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tinywheels import SmallMacOS, Verifier, WheelMaker, binary, record_line

from orchestrator.model import Finding, Target
from orchestrator.targets.tags import parse_interpreter, parse_platform
from orchestrator.verify.check import verify_wheel


@pytest.fixture
def make_wheel(tmp_path: Path) -> WheelMaker:
    """Writes ``tiny-1.0-TAG.whl``: right in every way that the arguments leave alone."""

    def make(
        files: dict[str, bytes] | None = None,
        *,
        tag: str = "cp311-cp311-macosx_11_0_arm64",
        declared: str | None = None,
        metadata: str = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        record: Callable[[str], str] | None = lambda text: text,
        folder: str = "",
    ) -> Path:
        info = "tiny-1.0.dist-info"
        members = dict(files if files is not None else {"tiny.py": b"answer = 42\n"})
        members[f"{info}/METADATA"] = metadata.encode()
        members[f"{info}/WHEEL"] = (
            f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {declared or tag}\n".encode()
        )
        lines = "".join(record_line(name, content) for name, content in members.items())
        if record is not None:
            members[f"{info}/RECORD"] = record(f"{lines}{info}/RECORD,,\n").encode()
        path = tmp_path / folder / f"tiny-1.0-{tag}.whl"
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return path

    return make


@pytest.fixture
def verify(make_wheel: WheelMaker) -> Verifier:
    """Makes a wheel (or takes one) and verifies it, for cp311 on macOS 11 if nothing is said."""

    def run(
        files: dict[str, bytes] | Path | None = None,
        *,
        python: str = "3.11",
        platform: str = "macosx_11_0_arm64",
        expects_binaries: bool = False,
        build_paths: tuple[str, ...] = (),
        **options: object,
    ) -> tuple[Finding, ...]:
        return verify_wheel(
            files if isinstance(files, Path) else make_wheel(files, **options),
            target=Target(
                platform=parse_platform(platform),
                interpreter=parse_interpreter(python),
            ),
            system=SmallMacOS(),
            expects_binaries=expects_binaries,
            build_paths=build_paths,
        )

    return run


@pytest.fixture
def verify_linux(verify: Verifier) -> Verifier:
    """The same for cp311 on manylinux_2_28_aarch64, with that tag."""

    def run(files: dict[str, bytes] | None = None, **options: object) -> tuple[Finding, ...]:
        tag = options.pop("tag", "cp311-cp311-manylinux_2_28_aarch64")
        platform = options.pop("platform", "manylinux_2_28_aarch64")
        return verify(files, tag=tag, platform=platform, **options)

    return run


@pytest.fixture
def tiny() -> bytes:
    return binary("tiny.so")


@pytest.fixture
def elf() -> bytes:
    """The header of an x86_64 ELF file, which is all that is looked at."""
    return b"\x7fELF\x02\x01\x01" + b"\0" * 11 + b"\x3e\0" + b"\0" * 44
