import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.binary.wheelfile import read_wheel
from orchestrator.errors import NotAWheelError

BINARIES = Path(__file__).parents[1] / "binaries"
INFO = "some_name-1.0.dist-info"
FILES = {
    "some_name/__init__.py": b"",
    "some_name/fast.abi3.so": (BINARIES / "universal.so").read_bytes(),
    "single.py": b"",
    "some_name-1.0.data/platlib/late.cpython-311-darwin.so": b"",
    "some_name-1.0.data/scripts/run.py": b"print()",
    "data.json": b"{}",
    f"{INFO}/METADATA": (
        b"Metadata-Version: 2.2\nName: Some.Name\nVersion: 1.0\nRequires-Python: >=3.8\n"
        b"Dynamic: License\nDynamic: Author\n\nName: not a header\n"
    ),
    f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2.py3-none-any\n",
    f"{INFO}/RECORD": b'"some_name/__init__.py",'
    b"sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"
    b"single.py,md5=1B2M2Y8AsgTpgAmY7PhCfg,\n",
}


def write(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_facts(tmp_path: Path):
    wheel = read_wheel(write(tmp_path / "some_name-1.0-1-py2.py3-none-any.whl", FILES))
    assert (wheel.name, wheel.version, wheel.build) == ("some-name", "1.0", "1")
    assert (wheel.metadata_name, wheel.metadata_version) == ("Some.Name", "1.0")
    assert wheel.tags == wheel.declared_tags == {"py2-none-any", "py3-none-any"}
    assert wheel.requires_python == ">=3.8"
    assert wheel.record is not None
    first, second = wheel.record
    assert (first.algorithm, first.size) == ("sha256", 0)
    assert first.sha256.startswith("e3b0c44298fc1c14")
    assert (second.algorithm, second.sha256, second.size) == ("md5", "", None)


def test_members(tmp_path: Path):
    path = write(tmp_path / "some_name-1.0-py3-none-any.whl", FILES)
    wheel = read_wheel(path, search=("PyInit_tiny", "absent"))
    members = {member.name: member for member in wheel.members}
    assert list(members) == list(FILES)
    module = members["some_name/fast.abi3.so"]
    assert [macho.arch for macho in module.slices] == ["x86_64", "arm64"]
    assert module.mentions == ("PyInit_tiny",)
    assert members["data.json"].size == 2
    assert members["data.json"].elf is None
    assert members["data.json"].kind.format == "other"


def test_elf_members(tmp_path: Path):
    tiny = (BINARIES / "linux/tiny.so").read_bytes()
    files = {**FILES, "tiny.so": tiny, "cut.so": tiny[:1000]}
    wheel = read_wheel(write(tmp_path / "some_name-1.0-py3-none-any.whl", files))
    members = {member.name: member for member in wheel.members}
    whole, cut = members["tiny.so"], members["cut.so"]
    assert whole.elf is not None
    assert (whole.elf.machine, whole.broken) == ("aarch64", "")
    assert (cut.elf, cut.broken) == (None, "an ELF file that is cut off")


def damaged(data: bytes) -> bytes:
    """Changes one byte of the first member's compressed content."""
    position = data.index(b"METADATA") + 20
    return data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("nonsense.whl", None, "Invalid wheel filename"),
        ("some_name-1.0-py3-none-any.zip", None, "Invalid wheel filename"),
        ("some_name-1.0-py3-none-any.whl", lambda _: b"not a zip", "not a zip file"),
        ("some_name-1.0-py3-none-any.whl", lambda data: data[:-30], "not a zip file"),
        ("some_name-1.0-py3-none-any.whl", damaged, "can't be read|that can be read"),
    ],
)
def test_files_that_are_no_wheels(
    tmp_path: Path, name: str, change: Callable[[bytes], bytes] | None, message: str
):
    path = write(tmp_path / name, dict(reversed(FILES.items())))
    if change:
        path.write_bytes(change(path.read_bytes()))
    with pytest.raises(NotAWheelError, match=message) as caught:
        read_wheel(path)
    assert str(path) in caught.value.message


@pytest.mark.parametrize("missing", ["WHEEL", "METADATA"])
def test_missing_metadata(tmp_path: Path, missing: str):
    files = {name: data for name, data in FILES.items() if name != f"{INFO}/{missing}"}
    with pytest.raises(NotAWheelError, match=missing):
        read_wheel(write(tmp_path / "some_name-1.0-py3-none-any.whl", files))


def test_no_dist_info_or_two(tmp_path: Path):
    path = tmp_path / "some_name-1.0-py3-none-any.whl"
    with pytest.raises(NotAWheelError, match="holds 0"):
        read_wheel(write(path, {"a.py": b""}))
    with pytest.raises(NotAWheelError, match="holds 2"):
        read_wheel(write(path, {**FILES, "other-1.0.dist-info/METADATA": b""}))


def test_missing_file(tmp_path: Path):
    with pytest.raises(NotAWheelError, match="No such file"):
        read_wheel(tmp_path / "some_name-1.0-py3-none-any.whl")
