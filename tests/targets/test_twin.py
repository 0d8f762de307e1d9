"""The start-up module, in every Python of this machine that wheels are built for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from uv import find_uv_bin

from orchestrator.errors import InterpreterNotFoundError
from orchestrator.model import HostPython, Interpreter
from orchestrator.targets.facts import platform_facts
from orchestrator.targets.interpreters import find_interpreter
from orchestrator.targets.sysconfig_twin import MODULE, twin_module, twin_vars
from orchestrator.targets.tags import parse_platform

TWIN = Path(__file__).parents[2] / "orchestrator" / "targets" / "twin" / "sitecustomize.py"
TARGET = {
    "sys_platform": "darwin",
    "sysname": "Darwin",
    "release": "20.0.0",
    "version": "Darwin Kernel Version 20.0.0",
    "machine": "arm64",
    "os_version": "11.0",
}

Say = Callable[[str], list[str]]

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="there it is no twin")


@pytest.fixture(scope="module", params=range(9, 15), ids=lambda minor: f"3.{minor}")
def python(request: pytest.FixtureRequest) -> HostPython:
    try:
        return find_interpreter(Interpreter(major=3, minor=request.param))
    except InterpreterNotFoundError:
        pytest.skip(f"there is no Python 3.{request.param} here")


def twin(python: HostPython, folder: Path, platform: str, target: dict[str, str]) -> Say:
    """Runs code in the twin; returns what it printed, line by line."""
    shutil.copy(TWIN, folder)
    facts = platform_facts(parse_platform(platform))
    variables = twin_vars(python.config_vars, facts, python.interpreter, tools="/kit/bin")
    (folder / f"{MODULE}.py").write_text(twin_module(variables))
    (folder / "target.json").write_text(json.dumps(target))
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def say(code: str) -> list[str]:
        done = subprocess.run(
            [python.executable, "-W", "ignore", "-c", code],
            env={
                **env,
                "PYTHONPATH": str(folder),
                "PYTHONDONTWRITEBYTECODE": "1",
                "_PYTHON_SYSCONFIGDATA_NAME": MODULE,
                "_PYTHON_HOST_PLATFORM": facts.python_platform,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout.splitlines()

    return say


@pytest.fixture
def say(python: HostPython, tmp_path: Path) -> Say:
    return twin(python, tmp_path, "macos", TARGET)


def test_a_twin_of_linux(python: HostPython, tmp_path: Path):
    target = {
        "sys_platform": "linux",
        "sysname": "Linux",
        "release": "4.18.0",
        "version": "#1 SMP",
        "machine": "aarch64",
        "os_version": "",
    }
    say = twin(python, tmp_path, "linux", target)
    tag = python.interpreter.abi_tag.removeprefix("cp")
    assert say(
        "import os, platform, sys, sysconfig\n"
        "print(sys.platform, platform.system(), platform.machine(), os.uname().machine)\n"
        "print(sysconfig.get_platform())\n"
        "print(sysconfig.get_config_var('EXT_SUFFIX'), sysconfig.get_config_var('LDSHARED'))\n"
        "import multiprocessing, ssl, socket, ctypes, subprocess, asyncio\n"
        "print(platform.mac_ver()[0])\n"
    ) == [
        "linux Linux aarch64 aarch64",
        "linux-aarch64",
        f".cpython-{tag}-aarch64-linux-gnu.so /kit/bin/cc -shared",
        "",
    ]


def test_build_scripts_see_the_target(say: Say):
    assert say(
        "import os, platform, sys\n"
        "print(sys.platform)\n"
        "print(platform.system(), platform.machine(), platform.mac_ver()[0])\n"
        "print(platform.uname().system, platform.uname().machine)\n"
        "print(os.uname().sysname, os.uname().machine, os.uname()[0])\n"
        "print(os.name)\n"
    ) == ["darwin", "Darwin arm64 11.0", "Darwin arm64", "Darwin arm64 Darwin", "posix"]


@pytest.mark.parametrize(
    "modules",
    [
        "urllib.request, http.client, ssl, webbrowser",
        "multiprocessing, concurrent.futures.process, asyncio, selectors, socket",
        "ctypes, ctypes.util, subprocess, uuid, tempfile, shutil",
        "getpass, locale, mimetypes, zipfile, tarfile, pathlib, importlib.metadata, pdb, cgitb",
    ],
)
def test_the_standard_library_works_on_the_host(say: Say, modules: str):
    names = modules.split(", ")
    assert say(
        "import importlib, sys\n"
        f"for name in {names}:\n"
        "    if name.partition('.')[0] in getattr(sys, 'stdlib_module_names', [name]):\n"
        "        importlib.import_module(name)\n"
        "print(sys.platform)\n"
    ) == ["darwin"]


def test_programs_of_the_host_run(say: Say):
    assert say(
        "import asyncio, multiprocessing, os, subprocess, tempfile, shutil, sys, urllib.request\n"
        "print(subprocess.run(['echo', 'hello'], capture_output=True, text=True).stdout.strip())\n"
        "print(urllib.request.getproxies() is not None)\n"
        "folder = tempfile.mkdtemp(); shutil.copytree(os.path.dirname(__file__) if '__file__' in"
        " globals() else folder, folder + '/copy'); shutil.rmtree(folder)\n"
        "async def run():\n"
        "    process = await asyncio.create_subprocess_exec('echo', 'later',"
        " stdout=asyncio.subprocess.PIPE)\n"
        "    print((await process.communicate())[0].decode().strip())\n"
        "asyncio.run(run())\n"
        "with multiprocessing.get_context('fork').Pool(1) as pool:\n"
        "    print(pool.map(abs, [-3]))\n"
    ) == ["hello", "True", "later", "[3]"]


def test_a_child_python_sees_the_target_too(say: Say):
    assert (
        say(
            "import subprocess, sys\n"
            "code = 'import sys; print(sys.platform)'\n"
            "print(subprocess.check_output([sys.executable, '-c', code], text=True))\n"
        )[0]
        == "darwin"
    )


def test_distutils_builds_for_the_target(python: HostPython, say: Say):
    if python.interpreter.minor >= 12:
        pytest.skip("distutils left the standard library in 3.12")
    assert say(
        "import distutils.ccompiler, distutils.command.build_ext, distutils.util\n"
        "print(distutils.ccompiler.get_default_compiler())\n"
        "print(distutils.util.get_platform())\n"
    ) == ["unix", "macosx-11.0-arm64"]


def test_sysconfig_is_the_targets(python: HostPython, say: Say):
    tag = python.interpreter.abi_tag.removeprefix("cp")
    assert say(
        "import sysconfig\n"
        "print(sysconfig.get_platform())\n"
        "print(sysconfig.get_config_var('EXT_SUFFIX'))\n"
        "print(sysconfig.get_config_var('LDSHARED'))\n"
    ) == [
        "macosx-11.0-arm64",
        f".cpython-{tag}-darwin.so",
        "/kit/bin/cc -bundle -undefined dynamic_lookup",
    ]


@pytest.mark.network
def test_installers_would_ask_for_wheels_of_the_target(
    python: HostPython, say: Say, tmp_path: Path
):
    """packaging, as backends vendor it, names the wheel's tag."""
    install = ["pip", "install", "--quiet", "--python", python.executable, "--target", tmp_path]
    # The newest does not run in every Python.
    subprocess.run([find_uv_bin(), *install, "packaging"], check=True)
    assert say(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from packaging.tags import sys_tags\n"
        "print(next(iter(sys_tags())).platform)\n"
    ) == ["macosx_11_0_arm64"]


def test_the_executable_is_the_hosts(python: HostPython, say: Say):
    (executable,) = say("import sys; print(sys.executable)")
    assert Path(executable).resolve() == python.executable.resolve()
