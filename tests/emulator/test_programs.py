"""Programs of the target that start by themselves."""

import shutil
import subprocess
from pathlib import Path

import pytest

from orchestrator.emulator.programs import emulate_programs
from orchestrator.emulator.runtime import Runtime

AARCH64 = b"\x7fELF\x02\x01\x01" + bytes(11) + b"\xb7\x00" + bytes(44)
X86_64 = AARCH64.replace(b"\xb7", b"\x3e")
KEPT = {
    "bin/of-the-host": X86_64,
    "bin/script": b"#!/bin/sh\n",
    "bin/empty": b"",
    "lib/libx.so": AARCH64,
    "lib/libx.so.1.2": AARCH64,
    "lib/_x.cpython-311-aarch64-linux-gnu.so": AARCH64,
}


def put(folder: Path, name: str, data: bytes, mode: int = 0o755) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    file.chmod(mode)
    return file


def test_only_programs_of_the_target_are_replaced(tmp_path: Path):
    for name, data in KEPT.items():
        put(tmp_path, name, data)
    put(tmp_path, "share/data", AARCH64, mode=0o644)
    program = put(tmp_path, "bin/tool", AARCH64)
    (tmp_path / "bin" / "link").symlink_to("tool")
    for _ in range(2):  # what was done is not done again
        emulate_programs(tmp_path, Path("/bin/qemu"), Path("/root"))
    assert {name: (tmp_path / name).read_bytes() for name in KEPT} == KEPT
    assert (tmp_path / "share" / "data").read_bytes() == AARCH64
    assert program.read_text().startswith("#!/bin/sh\n")
    assert (tmp_path / "bin" / "tool.target").read_bytes() == AARCH64
    assert (tmp_path / "bin" / "link").is_symlink()
    assert not list(tmp_path.rglob("*.target.target"))


@pytest.mark.emulator
def test_they_run(emulated_311: Runtime, tmp_path: Path):
    assert emulated_311.qemu
    assert emulated_311.root
    folder = tmp_path / "it's a place"
    folder.mkdir()
    (python,) = emulated_311.python.parent.glob("python3.11-*")
    program = Path(shutil.copy(python, folder / "interpreter"))
    emulate_programs(folder, emulated_311.qemu, emulated_311.root)
    code = "import platform, sys; print(platform.machine(), sys.argv[1:])"
    done = subprocess.run(
        [program, "-I", "-c", code, "one word", "*"], capture_output=True, text=True, check=False
    )
    assert done.stdout == "aarch64 ['one word', '*']\n", done.stderr
