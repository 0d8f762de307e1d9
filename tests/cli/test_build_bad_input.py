"""Bad input: one clear error each, and nothing left behind."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from command_line import PROJECTS, ROOT, CommandLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BAD_INPUT, BAD_BUILD, NO_TOOLCHAIN, UNVERIFIED = 2, 1, 3, 4


def sdist(folder: Path, project: str) -> Path:
    """An sdist of one of the projects."""
    path = folder / f"{project.replace('-', '_')}-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(PROJECTS / project, arcname=path.name.removesuffix(".tar.gz"))
    return path


# --- what an index says -----------------------------------------------------------------------


class Index:
    """A package index of this machine's own, that pip and uv can be pointed to."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url

    def add(self, name: str, filename: str, content: bytes, sha256: str = "") -> None:
        page = self.folder / "simple" / name
        page.mkdir(parents=True, exist_ok=True)
        (page / filename).write_bytes(content)
        digest = sha256 or hashlib.sha256(content).hexdigest()
        with (page / "index.html").open("a") as file:
            file.write(f'<a href="{filename}#sha256={digest}">{filename}</a>\n')


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def index(command_line: CommandLine) -> Iterator[Index]:
    folder = command_line.folder / "index"
    (folder / "simple").mkdir(parents=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in [name for name in command_line.env if name.startswith(("PIP_", "UV_"))]:
        del command_line.env[name]
    url = f"http://127.0.0.1:{server.server_port}/simple/"
    # Nothing of this index may stay in the cache that tests share.
    private = str(command_line.folder / "cache")
    command_line.env |= {
        "PIP_INDEX_URL": url,
        "no_proxy": "127.0.0.1",
        "ORCHESTRATE_CACHE": private,
    }
    yield Index(folder, url)
    server.shutdown()
    server.server_close()


def test_unknown_package(command_line: CommandLine, index: Index):
    message = command_line.refused("nosuchproject", code="SRC001", status=BAD_INPUT)
    assert "nosuchproject" in message


def test_no_version_satisfies(command_line: CommandLine, index: Index):
    index.add("pkg", "pkg-1.0.tar.gz", b"never fetched")
    message = command_line.refused("pkg>=2", code="SRC002", status=BAD_INPUT)
    assert "pkg" in message
    assert "1.0" in message


def test_version_without_sdist(command_line: CommandLine, index: Index):
    index.add("pkg", "pkg-1.0.tar.gz", b"never fetched")
    index.add("pkg", "pkg-2.0-py3-none-any.whl", b"never fetched")
    message = command_line.refused("pkg==2.0", code="SRC003", status=BAD_INPUT)
    assert "pkg 2.0" in message.replace("==", " ")


def test_hash_mismatch(command_line: CommandLine, index: Index):
    archive = sdist(command_line.folder, "c-setuptools").read_bytes()
    index.add("c-setuptools", "c_setuptools-1.0.tar.gz", archive, sha256="0" * 64)
    message = command_line.refused("c-setuptools", code="SRC007", status=BAD_INPUT)
    assert "c_setuptools-1.0.tar.gz" in message
    assert "0" * 64 in message or "0" * 12 in message
    kept = [path.read_bytes() for path in (command_line.folder / "cache").rglob("*.gz")]
    assert archive not in kept


def test_index_that_does_not_answer(command_line: CommandLine, index: Index):
    command_line.env["PIP_INDEX_URL"] = "http://127.0.0.1:1/simple/"
    message = command_line.refused("pkg", code="SRC009", status=BAD_INPUT)
    assert "127.0.0.1:1" in message


# --- sdists -------------------------------------------------------------------------------------


def _not_an_archive(folder: Path) -> Path:
    path = folder / "pkg-1.0.tar.gz"
    path.write_bytes(b"<html>Sign in to the network</html>" * 99)
    return path


def _truncated(folder: Path) -> Path:
    path = sdist(folder, "c-setuptools")
    path.write_bytes(path.read_bytes()[:-200])
    return path


def _with_member(folder: Path, change: Callable[[tarfile.TarInfo], object]) -> Path:
    path = folder / "pkg-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(PROJECTS / "c-setuptools", arcname="pkg-1.0")
        member = tarfile.TarInfo("pkg-1.0/extra")
        member.size = 5
        change(member)
        archive.addfile(member, io.BytesIO(b"extra"))
    return path


def _escaping(folder: Path) -> Path:
    return _with_member(folder, lambda m: setattr(m, "name", "pkg-1.0/../../escaped"))


def _absolute(folder: Path) -> Path:
    return _with_member(folder, lambda m: setattr(m, "name", str(folder / "escaped")))


def _link_outside(folder: Path) -> Path:
    def link(member: tarfile.TarInfo) -> None:
        member.type, member.linkname, member.size = tarfile.SYMTYPE, "../../../etc/passwd", 0

    return _with_member(folder, link)


def _device(folder: Path) -> Path:
    def device(member: tarfile.TarInfo) -> None:
        member.type, member.size = tarfile.CHRTYPE, 0

    return _with_member(folder, device)


@pytest.mark.parametrize(
    ("make", "code", "named"),
    [
        (_not_an_archive, "SRC004", "pkg-1.0.tar.gz"),
        (_truncated, "SRC005", "c_setuptools-1.0.tar.gz"),
        (_escaping, "SRC006", "pkg-1.0/../../escaped"),
        (_absolute, "SRC006", "escaped"),
        (_link_outside, "SRC006", "pkg-1.0/extra"),
        (_device, "SRC006", "pkg-1.0/extra"),
    ],
)
def test_broken_sdist(
    command_line: CommandLine, make: Callable[[Path], Path], code: str, named: str
):
    path = make(command_line.folder)
    assert named in command_line.refused(path, code=code, status=BAD_INPUT)
    assert not list(command_line.folder.rglob("escaped"))


def test_requirement_that_is_none(command_line: CommandLine):
    assert "./nothing-here" in command_line.refused(
        "./nothing-here", code="REQ001", status=BAD_INPUT
    )


@pytest.mark.toolchain
def test_no_build_backend(command_line: CommandLine):
    message = command_line.refused(PROJECTS / "no-backend", code="SRC011", status=BAD_INPUT)
    assert "no-backend" in message
    assert "pyproject.toml" in message


# --- builds that fail ---------------------------------------------------------------------------


@pytest.mark.network
@pytest.mark.toolchain
@pytest.mark.parametrize(
    ("project", "code", "status", "named"),
    [
        ("fails-to-compile", "BLD002", BAD_BUILD, "fails-to-compile"),
        ("missing-header", "BLD006", BAD_BUILD, "<notthere.h>"),
        ("undeclared-requirement", "BLD007", BAD_BUILD, "'numpy'"),
        ("needs-framework", "TCH004", NO_TOOLCHAIN, "CoreFoundation"),
        ("swallows-failure", "VRF001", UNVERIFIED, "Something did not compile"),
    ],
)
def test_build_that_fails(
    command_line: CommandLine, project: str, code: str, status: int, named: str
):
    message = command_line.refused(PROJECTS / project, code=code, status=status)
    assert named in message


@pytest.mark.network
@pytest.mark.toolchain
def test_a_failed_compile_shows_the_compilers_error_and_names_the_log(command_line: CommandLine):
    project = PROJECTS / "fails-to-compile"
    outcome = command_line.run("build", project, "--wheelhouse", command_line.wheelhouse)
    assert outcome.status == BAD_BUILD
    shown = outcome.out + outcome.err
    assert "src/module.c:5:12: error: use of undeclared identifier" in shown
    assert "hint:" in shown
    (log,) = (command_line.wheelhouse / ".logs").iterdir()
    assert str(log) in shown
    assert "src/module.c:5:12" in log.read_text()
    assert "\x1b" not in shown


@pytest.mark.network
@pytest.mark.toolchain
def test_a_recipe_allows_a_wheel_without_its_extension(command_line: CommandLine):
    recipes = command_line.folder / "recipes"
    recipes.mkdir()
    (recipes / "swallows-failure.toml").write_text(
        'why = "It works without."\n[[release]]\nextensions = "optional"\n'
    )
    outcome = command_line.build(PROJECTS / "swallows-failure", "--recipes", recipes)
    (wheel,) = outcome.summary["wheels"]
    assert wheel["filename"] == "swallows_failure-1.0-py3-none-any.whl"


@pytest.mark.network
@pytest.mark.toolchain
def test_wheel_that_holds_intel_code(command_line: CommandLine):
    project = command_line.folder / "x86-only"
    shutil.copytree(PROJECTS / "x86-only", project)
    shutil.copy(ROOT / "tests" / "binaries" / "intel.so", project / "x86_only" / "_fast.abi3.so")
    outcome = command_line.build(project)
    assert outcome.status == UNVERIFIED, outcome.out
    assert outcome.problem["code"] == "VRF001"
    assert command_line.published() == []
    (kept,) = (command_line.wheelhouse / ".rejected").glob("*.whl")
    assert str(kept) in outcome.problem["message"]
    checked = command_line.run("verify", kept, "--json")
    assert checked.status == UNVERIFIED
    (verdict,) = checked.events
    assert ("MAC002", "x86_only/_fast.abi3.so") in [
        (finding["code"], finding["where"]) for finding in verdict["findings"]
    ]


@pytest.mark.network
@pytest.mark.toolchain
def test_wheel_that_is_tagged_for_intel(command_line: CommandLine):
    project = command_line.folder / "c-setuptools"
    shutil.copytree(PROJECTS / "c-setuptools", project)
    (project / "setup.cfg").write_text("[bdist_wheel]\nplat_name = macosx_11_0_x86_64\n")
    message = command_line.refused(project, code="BLD005", status=BAD_BUILD)
    assert "c_setuptools-1.0-cp311-cp311-macosx_11_0_x86_64.whl" in message


# --- recipes and patches ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("patchez = []", "RCP001", "c-setuptools.toml: release[0].patchez"),
        ('versions = "1..x"', "RCP001", "c-setuptools.toml: release[0].versions"),
        (
            'patches = ["c-setuptools/none.patch"]',
            "RCP001",
            "c-setuptools.toml: release[0].patches[0]",
        ),
    ],
)
def test_wrong_recipe(command_line: CommandLine, text: str, code: str, named: str):
    recipes = command_line.folder / "recipes"
    recipes.mkdir()
    (recipes / "c-setuptools.toml").write_text(f'why = "a test"\n[[release]]\n{text}\n')
    outcome = command_line.build(PROJECTS / "c-setuptools", "--recipes", recipes)
    assert outcome.status == BAD_INPUT, outcome.out
    assert outcome.problem["code"] == code
    said = "\n".join([outcome.problem["message"], *outcome.problem.get("details", ())])
    assert named in said
    assert command_line.published() == []


@pytest.mark.toolchain
def test_patch_that_does_not_apply(command_line: CommandLine):
    recipes = command_line.folder / "recipes"
    (recipes / "patches").mkdir(parents=True)
    (recipes / "c-setuptools.toml").write_text(
        'why = "a test"\n[[release]]\npatches = ["four.patch"]\n'
    )
    (recipes / "patches" / "four.patch").write_text(
        "--- a/src/triple.c\n+++ b/src/triple.c\n@@ -1,3 +1,3 @@\n"
        " #include <Python.h>\n \n-static PyObject *quintuple(void)\n+static int four(void)\n"
    )
    message = command_line.refused(
        PROJECTS / "c-setuptools", "--recipes", recipes, code="PAT001", status=BAD_BUILD
    )
    assert "four.patch" in message
    assert "src/triple.c" in message
    assert "hunk 1" in message


# --- targets ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--platform", "macosx_11_0_x86_64", "TGT001"),
        ("--platform", "macosx_13_3_arm64", "TGT001"),
        ("--platform", "macosx_10_9_arm64", "TGT001"),
        ("--platform", "win_amd64", "TGT001"),
        ("--python", "2.7", "TGT002"),
        ("--python", "3.8", "TGT002"),
        ("--python", "three", "TGT002"),
    ],
)
def test_unsupported_target(command_line: CommandLine, option: str, value: str, code: str):
    message = command_line.refused(
        PROJECTS / "c-setuptools", option, value, code=code, status=BAD_INPUT
    )
    assert value in message


def test_missing_interpreter(command_line: CommandLine):
    home = command_line.folder / "home"
    home.mkdir()
    command_line.env |= {"HOME": str(home), "PATH": str(home), "PYENV_ROOT": str(home)}
    message = command_line.refused(
        PROJECTS / "c-setuptools", "--python", "3.14t", code="TGT003", status=NO_TOOLCHAIN
    )
    assert "3.14t" in message


# --- the disk -----------------------------------------------------------------------------------


def test_wheelhouse_below_a_file(command_line: CommandLine):
    file = command_line.folder / "file"
    file.touch()
    command_line.wheelhouse = file / "wheelhouse"
    message = command_line.refused(PROJECTS / "c-setuptools", code="WHL002", status=BAD_INPUT)
    assert str(command_line.wheelhouse) in message


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a small file system in memory; its size is in bytes, or ``ro``."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = []

    def mount(options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("there is no mount program here")
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        mounted.append(place)
        return place

    yield mount
    if mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_wheelhouse_that_is_read_only(command_line: CommandLine, mount: Callable[[str], Path]):
    command_line.wheelhouse = mount("ro") / "wheelhouse"
    message = command_line.refused(PROJECTS / "c-setuptools", code="WHL002", status=BAD_INPUT)
    assert str(command_line.wheelhouse) in message


@pytest.mark.network
@pytest.mark.toolchain
@pytest.mark.parametrize(("size", "full_at"), [("4k", []), ("256k", ["publish"])])
def test_wheelhouse_on_a_full_disk(
    command_line: CommandLine, mount: Callable[[str], Path], size: str, full_at: list[str]
):
    project = command_line.folder / "c-setuptools"
    shutil.copytree(PROJECTS / "c-setuptools", project)
    (project / "MANIFEST.in").write_text("include c_setuptools/*.bin\n")
    (project / "c_setuptools" / "data.bin").write_bytes(os.urandom(300_000))
    command_line.wheelhouse = mount(f"size={size}") / "wheelhouse"
    outcome = command_line.build(project)
    assert outcome.status == BAD_BUILD
    assert outcome.problem["code"] == "WHL003"
    # The first one is too small for what is written before a build.
    assert [e["phase"] for e in outcome.events if e["event"] == "phase"][-1:] == full_at
    assert command_line.published() == []


@pytest.mark.toolchain
@pytest.mark.parametrize("size", ["16k", "4m"])
def test_temporary_folder_on_a_full_disk(
    command_line: CommandLine, mount: Callable[[str], Path], size: str
):
    small = mount(f"size={size}")
    command_line.env["TMPDIR"] = str(small)
    command_line.refused(PROJECTS / "c-setuptools", code="WHL003", status=BAD_BUILD)
    assert list(small.iterdir()) == []
