import hashlib
import json
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from uv import find_uv_bin

pytestmark = pytest.mark.network


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orchestrator.cli", "install", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def make_wheel(folder: Path, *, code: str = "") -> Path:
    """A stand-in for a wheel of annoy, of which the index has none for this Python."""
    path = folder / "annoy-1.17.3-py3-none-any.whl"
    files = {
        "annoy/__init__.py": code,
        "annoy-1.17.3.dist-info/METADATA": "Metadata-Version: 2.1\nName: annoy\nVersion: 1.17.3\n",
        "annoy-1.17.3.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = "annoy-1.17.3.dist-info/RECORD"
    rows = [
        f"{name},sha256={urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},{len(text)}"
        for name, text in files.items()
    ]
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(record, "\n".join([*rows, f"{record},,"]) + "\n")
    return path


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    folder = tmp_path / "env"
    command = [find_uv_bin(), "venv", "-q", "--no-project", "--python", sys.executable, str(folder)]
    subprocess.run(command, check=True)
    return folder


def test_what_the_index_lacks_comes_from_the_wheelhouse(tmp_path: Path, environment: Path):
    make_wheel(tmp_path / "wheelhouse")
    done = run("annoy", "markupsafe", "--python", str(environment), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["imported"] == ["annoy", "markupsafe"]
    assert report["proof"] == "executed"
    assert {package["name"]: package["built"] for package in report["packages"]} == {
        "annoy": True,
        "markupsafe": False,
    }


def test_a_module_that_can_not_be_imported(tmp_path: Path, environment: Path):
    make_wheel(tmp_path / "wheelhouse", code="raise OSError('wrong architecture')")
    done = run("annoy", "--python", str(environment / "bin" / "python"), cwd=tmp_path)
    assert done.returncode == 4
    assert "import of annoy: OSError: wrong architecture" in done.stderr


def test_into_a_folder_for_another_platform(tmp_path: Path):
    done = run(
        *("markupsafe==3.0.2", "--target", "there", "--platform", "macos", "--python", "3.12"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "Not imported: nothing here runs cp312-macosx_11_0_arm64." in done.stdout
    assert (tmp_path / "there/markupsafe/_speedups.cpython-312-darwin.so").is_file()


def test_what_has_no_wheel_at_all(tmp_path: Path):
    done = run("annoy==1.17.3", "--target", "there", cwd=tmp_path)
    assert done.returncode == 2
    assert "RSL005" in done.stderr
    assert "annoy==1.17.3" in done.stderr
    assert not (tmp_path / "there").exists()


def test_a_file_that_is_not_the_one_that_was_locked(tmp_path: Path):
    (tmp_path / "pylock.toml").write_text(
        'lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "annoy"\n'
        'version = "1.17.3"\n[[packages.wheels]]\n'
        f'url = "{make_wheel(tmp_path / "other").as_uri()}"\n'
        f'hashes = {{ sha256 = "{"0" * 64}" }}\n'
    )
    done = run("--lock", "pylock.toml", "--target", "there", cwd=tmp_path)
    assert done.returncode == 2
    assert "RSL003" in done.stderr
    assert "0" * 64 in done.stderr


def test_where_to_must_be_said(tmp_path: Path):
    done = run("annoy", cwd=tmp_path)
    assert done.returncode == 2
    assert "--python PYTHON, or --target DIR" in done.stderr
