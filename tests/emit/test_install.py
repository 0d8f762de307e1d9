"""The RUN lines of emitted Dockerfiles are run, against the index and a wheelhouse of the test."""

import base64
import hashlib
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from stand_in import Container, InstructionFailedError

from orchestrator.emit.design import Wish, design_for
from orchestrator.emit.dockerfile import dockerfile
from orchestrator.emit.image import ARCHITECTURES
from orchestrator.errors import BadLockError, MissingWheelsError
from orchestrator.targets.tags import parse_interpreter, parse_platform

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
TAG = f"manylinux_2_17_{platform.machine()}"

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(sys.platform != "linux", reason="runs Linux wheels on this machine"),
    pytest.mark.skipif(sys.version_info >= (3, 15), reason="no image of this Python yet"),
]

# Once is enough: the other containers find the uv of this machine.
INSTALLS_UV = "^pip install"

PYPROJECT = """\
[project]
name = "my-app"
version = "0.1"
requires-python = ">=3.9"
dependencies = ["crcmod==1.7", "six", "pywin32; sys_platform == 'win32'"]
"""
PACKAGED = """\
[project.scripts]
my-app = "my_app:main"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
MODULE = """\
import crcmod, six
def main():
    print(crcmod.ORIGIN, six.__version__, __file__)
"""


def make_wheel(folder: Path, name: str, version: str, python: str = PYTHON) -> Path:
    """A wheel that says it is for this machine; crcmod has none on the index."""
    folder.mkdir(exist_ok=True)
    short = f"cp{python.replace('.', '')}"
    tag = f"{short}-{short}-{TAG}"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": "ORIGIN = 'wheelhouse'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n",
    }
    rows = [f"{path},{_digest(text)},{len(text)}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""])
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in files.items():
            archive.writestr(member, text)
    return path


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def make_project(folder: Path, *, packaged: bool = True) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PYPROJECT + (PACKAGED if packaged else ""))
    if packaged:
        (folder / "src" / "my_app").mkdir(parents=True)
        (folder / "src" / "my_app" / "__init__.py").write_text(MODULE)
    else:
        (folder / "main.py").write_text(f"{MODULE}main()\n")
    return folder


def emitted(folder: Path) -> str:
    interpreter = parse_interpreter(PYTHON)
    wish = Wish(
        folder=folder,
        platform=parse_platform(TAG),
        usual=interpreter,
        interpreter=interpreter,
        wheelhouse=folder / "wheelhouse" if (folder / "wheelhouse").is_dir() else None,
    )
    return dockerfile(design_for(wish))


def uv(*words: str, cwd: Path) -> str:
    command = (str(Path(sys.executable).with_name("uv")), *words)
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of the base image: a Python with pip."""
    folder = tmp_path_factory.mktemp("image")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder / "bin"


def container(project: Path, image: Path, tmp_path: Path) -> Container:
    return Container(project, tmp_path / "root", image, ARCHITECTURES[platform.machine()])


def test_a_locked_project_with_a_wheel_of_the_wheelhouse(tmp_path: Path, image: Path):
    project = make_project(tmp_path / "app")
    uv("lock", "--quiet", cwd=project)
    with pytest.raises(MissingWheelsError, match=r"of: crcmod==1\.7\."):
        emitted(project)
    wheel = make_wheel(project / "wheelhouse", "crcmod", "1.7")
    text = emitted(project)
    built = container(project, image, tmp_path)
    built.build(text)
    origin, version, where = built.start().split()
    assert origin == "wheelhouse"
    assert version in (project / "uv.lock").read_text()
    assert where.startswith(f"{built.folder}/opt/venv/lib/python{PYTHON}/site-packages/")
    # The image's user could not write bytecode.
    assert list(Path(where).parent.glob("__pycache__/__init__.*.pyc"))
    # Another wheel of the same name is not what was promised.
    wheel.unlink()
    make_wheel(project / "wheelhouse", "crcmod", "1.7").open("ab").write(b"\0")
    other = container(project, image, tmp_path / "again")
    with pytest.raises(InstructionFailedError) as caught:
        other.build(text, skip=INSTALLS_UV)
    assert "Hash mismatch" in str(caught.value)


def test_a_pylock_that_lists_the_wheel_of_the_wheelhouse(tmp_path: Path, image: Path):
    project = make_project(tmp_path / "app")
    uv("lock", "--quiet", cwd=project)
    export = ("export", "--quiet", "--frozen", "--no-emit-project", "--format", "pylock.toml")
    lock = uv(*export, cwd=project)
    (project / "uv.lock").unlink()
    (project / "pylock.toml").write_text(lock)
    make_wheel(project / "wheelhouse", "crcmod", "1.7")
    with pytest.raises(BadLockError) as caught:
        emitted(project)
    (line,) = caught.value.details
    listed = lock.replace('version = "1.7"\n', f'version = "1.7"\nwheels = [{line}]\n')
    (project / "pylock.toml").write_text(listed)
    built = container(project, image, tmp_path)
    built.build(emitted(project), skip=INSTALLS_UV)
    assert built.start().startswith("wheelhouse ")


def test_dependencies_that_only_the_built_wheel_tells(tmp_path: Path, image: Path):
    project = make_project(tmp_path / "app")
    text = (project / "pyproject.toml").read_text()
    start, _, rest = text.partition("dependencies = ")
    dynamic = f'{start}dynamic = ["dependencies"]\n{rest.partition(chr(10))[2]}'
    system = dynamic.replace('"hatchling"', '"setuptools"').replace(
        "hatchling.build", "setuptools.build_meta"
    )
    (project / "pyproject.toml").write_text(
        f'{system}[tool.setuptools.dynamic]\ndependencies = {{ file = "needed.txt" }}\n'
    )
    (project / "needed.txt").write_text("crcmod==1.7\nsix\n")
    make_wheel(project / "wheelhouse", "crcmod", "1.7")
    built = container(project, image, tmp_path)
    built.build(emitted(project), skip=INSTALLS_UV)
    assert built.start().startswith("wheelhouse ")


def test_files_are_run_without_being_installed(tmp_path: Path, image: Path):
    project = make_project(tmp_path / "app", packaged=False)
    make_wheel(project / "wheelhouse", "crcmod", "1.7")
    (project / "requirements.txt").write_text("-c limits.txt\ncrcmod==1.7\nsix\n")
    (project / "limits.txt").write_text("six<1.17\n")
    built = container(project, image, tmp_path)
    built.build(emitted(project), skip=INSTALLS_UV)
    assert built.start().split() == ["wheelhouse", "1.16.0", f"{built.folder}/app/main.py"]
    assert not (built.folder / "app" / "wheelhouse").exists()
    assert (project / "wheelhouse").is_dir()


def test_a_project_with_extensions_comes_as_its_wheel(tmp_path: Path, image: Path):
    project = make_project(tmp_path / "app")
    text = (
        (project / "pyproject.toml").read_text().replace('"hatchling"]', '"hatchling", "cython"]')
    )
    (project / "pyproject.toml").write_text(text.replace("dependencies", "x-dependencies"))
    with pytest.raises(MissingWheelsError, match="can't be built in an image without compiler"):
        emitted(project)
    make_wheel(project / "wheelhouse", "my_app", "0.1")
    built = container(project, image, tmp_path)
    built.build(emitted(project), skip=INSTALLS_UV)
    assert list((built.folder / "opt/venv").glob("lib/*/site-packages/my_app-0.1.dist-info"))


def test_a_wheel_that_is_missing_ends_the_build_with_advice(tmp_path: Path, image: Path):
    project = make_project(tmp_path / "app")
    built = container(project, image, tmp_path)
    with pytest.raises(InstructionFailedError) as caught:
        built.build(emitted(project), skip=INSTALLS_UV)
    assert "crcmod" in str(caught.value)
    assert f"orchestrate build NAME --platform {TAG} --python {PYTHON}" in str(caught.value)


def test_the_wrong_architecture_is_refused_at_once(tmp_path: Path, image: Path):
    project = make_project(tmp_path / "app")
    built = Container(project, tmp_path / "root", image, "riscv64")
    with pytest.raises(InstructionFailedError) as caught:
        built.build(emitted(project), skip=INSTALLS_UV)
    assert "docker build --platform linux/" in str(caught.value)
