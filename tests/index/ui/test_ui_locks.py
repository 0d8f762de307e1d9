"""Locks that people hand in: what they pin, and what the index has of it."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.errors import OrchestratorError, UnusableLockError
from orchestrator.index.facts import File, Project
from orchestrator.index.ui.judging import judge
from orchestrator.index.ui.lock_process import read_lock
from orchestrator.index.ui.locks import pins_of
from orchestrator.index.ui.verdicts import Pin
from orchestrator.model import Interpreter, Platform, Target

LINUX = Target(
    platform=Platform(os="linux", arch="aarch64", minimum=(2, 28), libc="glibc"),
    interpreter=Interpreter(major=3, minor=12),
)
MAC = Target(
    platform=Platform(os="macos", arch="arm64", minimum=(11, 0)),
    interpreter=Interpreter(major=3, minor=12),
)
DIGEST = "ab" * 32

PYLOCK = f"""
lock-version = "1.0"
created-by = "uv"
[[packages]]
name = "annoy"
version = "1.17.3"
wheels = [
  {{ url = "https://u:pw@f.example/annoy-1.17.3-py3-none-any.whl", hashes.sha256 = "{DIGEST}" }},
]
[[packages]]
name = "colorama"
version = "0.4.6"
marker = "sys_platform == 'win32'"
sdist = {{ url = "https://files.example/colorama-0.4.6.tar.gz", hashes.sha256 = "{DIGEST}" }}
[[packages]]
name = "tool"
vcs = {{ type = "git", url = "https://u:pw@git.example/tool.git", commit-id = "abc" }}
"""

UV = f"""
version = 1
revision = 3
requires-python = ">=3.11"
[[package]]
name = "app"
version = "0.1.0"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "annoy" }},
    {{ name = "colorama", marker = "sys_platform == 'win32'" }},
    {{ name = "tool" }},
]
[package.optional-dependencies]
fast = [{{ name = "numpy" }}]
[[package]]
name = "annoy"
version = "1.17.3"
source = {{ registry = "https://index.example/simple" }}
sdist = {{ url = "https://files.example/annoy-1.17.3.tar.gz", hash = "sha256:{DIGEST}", size = 1 }}
[[package]]
name = "colorama"
version = "0.4.6"
source = {{ registry = "https://index.example/simple" }}
[[package]]
name = "numpy"
version = "2.0"
source = {{ registry = "https://index.example/simple" }}
[[package]]
name = "tool"
version = "1.0"
source = {{ git = "https://u:pw@git.example/tool.git?rev=1#abc" }}
"""

POETRY = f"""
[[package]]
name = "annoy"
version = "1.17.3"
optional = false
groups = ["main"]
files = [{{ file = "annoy-1.17.3.tar.gz", hash = "sha256:{DIGEST}" }}]
[package.dependencies]
colorama = {{ version = "*", markers = "sys_platform == \\"win32\\"" }}
numpy = "*"
[[package]]
name = "colorama"
version = "0.4.6"
optional = true
groups = ["main"]
files = []
[[package]]
name = "numpy"
version = "2.0"
optional = true
groups = ["main"]
files = []
[[package]]
name = "pytest"
version = "8.0"
optional = false
groups = ["dev"]
files = []
[metadata]
lock-version = "2.1"
content-hash = "x"
"""

REQUIREMENTS = f"""
# a comment
--index-url https://index.example/simple
-r more.txt
Annoy==1.17.3 \\
    --hash=sha256:{DIGEST}
colorama==0.4.6 ; sys_platform == 'win32'
numpy>=2
lxml==5.*
tool @ git+https://u:pw@git.example/tool.git@abc
"""


def names(text: str) -> dict[str, str]:
    return {pin.name: pin.version for pin in pins_of(text, LINUX).pins}


def test_a_pylock() -> None:
    found = pins_of(PYLOCK, LINUX)
    assert found.kind == "pylock.toml"
    assert found.pins == (
        Pin(name="annoy", version="1.17.3", hashes=frozenset({DIGEST})),
        Pin(name="tool", version="", place="https://***@git.example/tool.git"),
    )


def test_a_uv_lock() -> None:
    found = pins_of(UV, LINUX)
    assert found.kind == "uv.lock"
    assert names(UV) == {"annoy": "1.17.3", "tool": "1.0"}
    assert found.pins[0].hashes == {DIGEST}
    assert found.pins[1].place == "https://***@git.example/tool.git?rev=1#abc"


def test_a_poetry_lock() -> None:
    found = pins_of(POETRY, LINUX)
    assert found.kind == "poetry.lock"
    assert names(POETRY) == {"annoy": "1.17.3", "numpy": "2.0"}
    assert found.pins[0].hashes == {DIGEST}


def test_requirements() -> None:
    found = pins_of(REQUIREMENTS, LINUX)
    assert found.kind == "requirements.txt"
    assert names(REQUIREMENTS) == {"annoy": "1.17.3", "numpy": "", "lxml": "", "tool": ""}
    assert found.pins[0].hashes == {DIGEST}
    assert found.pins[3].place == "git+https://***@git.example/tool.git@abc"
    assert found.unread == ("line 4: more.txt is another file",)


NESTED = "version = 1\n[[package]]\nname = 'a'\nversion = '1'\ndependencies = [{name='a', marker='"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing in it"),
        ("  \n", "nothing in it"),
        ("[project]\nname = 'x'\n", "none of the locks"),
        ("what is this?\n", "neither a requirement nor TOML"),
        ("-e .\n--no-such-option\n", "neither a requirement nor TOML"),
        ("lock-version = '1.0'\npackages = 3\n", "pylock.toml"),
        ("lock-version = 7\n", "pylock.toml"),
        ("version = 1\npackage = [{ name = 3 }]\n", "uv.lock"),
        ("version = 1\npackage = 7\n", "uv.lock"),
        ("[metadata]\nlock-version = '2'\n[[package]]\nname = 'x'\n", "poetry.lock"),
        ("x==1 ; python_version > '3' and\n", "neither a requirement nor TOML"),
        ("x = " + "[" * 5000, "neither"),
        ("x==1 ; " + "(" * 5000 + "os_name == 'x'\n", "neither a requirement nor TOML"),
        (f"{NESTED}{'(' * 4000}' }}]", "uv.lock"),
        ("version = 1\n[[package]]\nname = '../../x'\nversion = '1'\n", "is no name"),
        ("\n".join(f"p{number}==1" for number in range(4000)), "more than 3000"),
    ],
)  # fmt: skip
def test_what_is_no_lock_is_refused(text: str, words: str) -> None:
    with pytest.raises(UnusableLockError) as raised:
        pins_of(text, LINUX)
    assert words in raised.value.message


@settings(max_examples=200)
@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    try:
        pins_of(text, LINUX)
    except OrchestratorError as error:
        assert error.message  # noqa: PT017 (either is right)


LONG = {
    "blanks": " " * 3_000_000 + "x",
    "comment": "#" * 3_000_000,
    "word": "a" * 3_000_000,
    "brackets": "a[" * 1_000_000,
    "continued": "x==1 \\\n" * 300_000,
    "version": "x==1." + "1." * 500_000,
    "signs": "x @ https://" + "@" * 500_000,
    "marker": "x ; " + "python_version == '3' and " * 20_000,
    "array": "[" * 100_000,
    "packages": "version = 1\n" + "[[package]]\nname='a'\nversion='1'\n" * 30_000,
}


@pytest.mark.parametrize("name", LONG)
def test_long_texts_are_read_quickly(name: str) -> None:
    began = time.perf_counter()
    with contextlib.suppress(OrchestratorError):
        pins_of(LONG[name], LINUX)
    assert time.perf_counter() - began < 10


def test_what_takes_too_long_is_ended() -> None:
    versions = "".join(f"[[package]]\nname='a'\nversion='{number}'\n" for number in range(20_000))
    wants = ",".join(f"{{name='a', version='{number}'}}" for number in range(20_000))
    lock = f"version = 1\n{versions}[[package]]\nname='b'\nversion='1'\ndependencies=[{wants}]\n"
    began = time.perf_counter()
    with pytest.raises(UnusableLockError, match="too long"):
        read_lock(lock, LINUX, seconds=2)
    assert time.perf_counter() - began < 10


def test_a_process_of_its_own_says_the_same() -> None:
    assert read_lock(UV, LINUX) == pins_of(UV, LINUX)
    with pytest.raises(UnusableLockError, match="nothing in it"):
        read_lock("", LINUX)


def project(*filenames: str, **more: str) -> Project:
    versions = [name.split("-")[1].removesuffix(".tar.gz") for name in filenames]
    pairs = zip(filenames, versions, strict=True)
    files = (File(filename=name, url=name, version=version, **more) for name, version in pairs)
    return Project(name="x", files=tuple(files))


WHEEL = "x-1.0-cp312-cp312-manylinux_2_28_aarch64.whl"
OLD = "x-1.0-cp311-cp311-manylinux_2_28_aarch64.whl"
INTEL = "x-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"


@pytest.mark.parametrize(
    ("files", "answer", "others"),
    [
        ((WHEEL,), "wheel", ""),
        (("x-1.0-py3-none-any.whl",), "wheel", ""),
        (("x-1.0-cp38-abi3-manylinux_2_17_aarch64.whl",), "wheel", ""),
        (("x-1.0-cp312-cp312-manylinux_2_39_aarch64.whl",), "newer", "glibc 2.39"),
        (("x-1.0.tar.gz",), "sdist", ""),
        (("x-1.0.tar.gz", "x-2.0-py3-none-any.whl"), "sdist", "2.0"),
        (("x-0.9-py3-none-any.whl", "x-2.0-py3-none-any.whl"), "other-version", "0.9 or 2.0"),
        ((OLD,), "no-wheel", "Linux glibc 2.28+ aarch64, Python 3.11"),
        ((INTEL,), "no-wheel", "Linux glibc 2.28+ x86_64, Python 3.12"),
        ((), "absent", ""),
    ],
)  # fmt: skip
def test_what_the_index_has(files: tuple[str, ...], answer: str, others: str) -> None:
    verdict = judge(Pin(name="x", version="1.0"), project(*files), LINUX)
    assert (verdict.answer, verdict.others) == (answer, others)


def test_versions_are_compared_and_not_spelled() -> None:
    assert judge(Pin(name="x", version="1"), project(WHEEL), LINUX).answer == "wheel"


def test_the_wheel_that_installers_prefer_is_named() -> None:
    found = project("x-1.0-py3-none-any.whl", WHEEL, "x-1.0-cp312-cp312-manylinux_2_17_aarch64.whl")
    verdict = judge(Pin(name="x", version="1.0"), found, LINUX)
    assert verdict.file is not None
    assert verdict.file.filename == WHEEL


def test_requires_python_and_yanks_count() -> None:
    pin = Pin(name="x", version="1.0")
    assert judge(pin, project(WHEEL, requires_python=">=3.13"), LINUX).answer == "no-wheel"
    assert judge(pin, project(WHEEL, yanked="bad"), LINUX).answer == "yanked"
    other = project("x-1.0-py3-none-any.whl").files
    both = Project(name="x", files=(*project(WHEEL, yanked="").files, *other))
    assert judge(pin, both, LINUX).answer == "wheel"


def test_hashes_of_the_lock_count() -> None:
    ours = project(WHEEL, sha256=DIGEST)
    allowed = Pin(name="x", version="1.0", hashes=frozenset({DIGEST}))
    assert judge(allowed, ours, LINUX).answer == "wheel"
    other = Pin(name="x", version="1.0", hashes=frozenset({"00" * 32}))
    assert judge(other, ours, LINUX).answer == "other-hash"


def test_what_names_no_version_or_no_index() -> None:
    elsewhere = Pin(name="x", version="", place="git+https://x")
    assert judge(elsewhere, None, LINUX).answer == "elsewhere"
    verdict = judge(Pin(name="x", version=""), project(WHEEL, "x-0.9-py3-none-any.whl"), LINUX)
    assert (verdict.answer, verdict.others) == ("unpinned", "1.0")
    assert judge(Pin(name="x", version="1.0"), None, MAC).answer == "absent"
    assert judge(Pin(name="x", version="1.0"), project(), MAC).answer == "absent"
