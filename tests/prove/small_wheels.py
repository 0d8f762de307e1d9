"""Wheels of a few lines of Python, for this machine, and a bench to run them on."""

import base64
import hashlib
import os
import zipfile
from pathlib import Path

from orchestrator.emulator.runtime import find_runtime
from orchestrator.model import Interpreter, Platform, Target
from orchestrator.process import Processes
from orchestrator.prove.installation import Bench
from orchestrator.resolve.configuration import IndexConfiguration
from orchestrator.targets.host import this_host

HOST = this_host()
PLATFORM = Platform(os="linux", arch=HOST.arch, minimum=(2, 17), libc="glibc")
TARGET = Target(platform=PLATFORM, interpreter=Interpreter(major=3, minor=11))

CRASHING = """\
import ctypes


def read_nowhere():
    ctypes.string_at(0)


read_nowhere()
"""
HANGING = "import time\n\nprint('waiting', flush=True)\ntime.sleep(1000)\n"


def write_wheel(
    folder: Path, files: dict[str, str], *, name: str = "tiny", requires: tuple[str, ...] = ()
) -> Path:
    """Writes ``NAME-1.0-…whl``, right in every way."""
    tag = f"cp311-cp311-{PLATFORM.tag}"
    info = f"{name}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    members = files | {
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {text}\n" for text in requires),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n",
    }
    record = "".join(map(_record_line, members, members.values())) + f"{info}/RECORD,,\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-1.0-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in (members | {f"{info}/RECORD": record}).items():
            archive.writestr(member, content)
    return path


def native_bench(folder: Path, *, find_links: tuple[Path, ...] = ()) -> Bench:
    """This machine, with no index but some folders of wheels."""
    runtime = find_runtime(TARGET, HOST)
    assert runtime is not None
    assert runtime.proof == "executed"
    return Bench(
        runtime=runtime,
        directory=folder / "bench",
        configuration=IndexConfiguration(indexes=(), find_links=tuple(map(str, find_links))),
        processes=Processes(),
        log=folder / "log",
        on_line=lambda _: None,
    )


def _record_line(name: str, content: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=")
    return f"{name},sha256={digest.decode()},{len(os.fsencode(content))}\n"
