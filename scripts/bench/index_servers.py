"""Servers of one wheelhouse, each started as its makers say: ours, nginx, and three others."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from index_wheels import (
    VERSIONS,
    filename_of,
    make_bare_folder,
    make_plain_folders,
    make_static,
    name_of,
)
from uv import find_uv_bin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
RIVALS = {
    "simpleindex": ("simpleindex==0.6.3",),
    "pypiserver": ("pypiserver==2.4.2",),
    "devpi": ("devpi-server==6.20.3", "devpi-client==7.3.0", "setuptools<81"),
}
_PROJECT = 3  # whose newest wheel is large


class Running(msgspec.Struct):
    """A server that answers.

    Attributes:
        pid: Of the process whose memory counts.
        index: URL for installers, with a slash at the end.
        page: URL of a project's page.
        file: URL of a wheel of 100 kB.
        root: URL of the list of projects; empty where there is none.
        cold: Seconds from its start to the first 200.
    """

    pid: int
    index: str
    page: str
    file: str
    root: str
    cold: float


@contextlib.contextmanager
def serve(wheelhouse: Path, folder: Path) -> Iterator[Running]:
    """``orchestrate serve``, with its access log written to a file."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "orchestrator.cli", "serve", "--wheelhouse", str(wheelhouse)),
        *("--port", str(port), "--access-log", str(folder / "access.log")),
    ]
    with _started(command, f"http://127.0.0.1:{port}/", "simple/", "files/") as running:
        yield running


@contextlib.contextmanager
def nginx(wheelhouse: Path, folder: Path) -> Iterator[Running]:
    """One worker of nginx on plain files, which are what ``serve`` sends as HTML."""
    static = make_static(wheelhouse, folder / "static")
    listen = free_port()
    plain = (
        "types { text/html html; application/octet-stream whl; text/plain metadata; }\n"
        f"server {{ listen 127.0.0.1:{listen}; root {static}; access_log off; }}"
    )
    with _nginx(plain, listen, folder / "nginx") as running:
        yield running


@contextlib.contextmanager
def export(wheelhouse: Path, folder: Path) -> Iterator[Running]:
    """The same nginx on ``orchestrate export``, with the configuration that comes with it."""
    place = folder / "export"
    subprocess.run(
        [
            *(sys.executable, "-m", "orchestrator.cli", "export", place),
            *("--wheelhouse", wheelhouse),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    listen = free_port()
    own = (place / "_server" / "nginx.conf").read_text()
    own = own.replace("listen 127.0.0.1:8080;", f"listen 127.0.0.1:{listen};")
    with _nginx(f"access_log off;\n{own}", listen, folder / "nginx-export") as running:
        yield running


@contextlib.contextmanager
def simpleindex(wheelhouse: Path, folder: Path) -> Iterator[Running]:
    """A route to a folder for each project; it has no list of all."""
    folders = make_plain_folders(wheelhouse, folder / "folders")
    port = free_port()
    settings = folder / "simpleindex.toml"
    settings.write_text(
        f'[routes."{{project}}"]\nsource = "path"\nto = "{folders}/{{project}}"\n'
        f'[server]\nhost = "127.0.0.1"\nport = {port}\nlog_level = "warning"\n'
    )
    command = [str(_venv("simpleindex", folder) / "bin" / "simpleindex"), str(settings)]
    with _started(command, f"http://127.0.0.1:{port}/", "", f"{name_of(_PROJECT)}/") as running:
        running.root = ""
        yield running


@contextlib.contextmanager
def pypiserver(wheelhouse: Path, folder: Path) -> Iterator[Running]:
    """With hashes, as installers want them, and its own choice of everything else."""
    wheels = make_bare_folder(wheelhouse, folder / "bare")
    port = free_port()
    command = [
        *(str(_venv("pypiserver", folder) / "bin" / "pypi-server"), "run", "-i", "127.0.0.1"),
        *("-p", str(port), "--hash-algo", "sha256", "--disable-fallback", str(wheels)),
    ]
    with _started(command, f"http://127.0.0.1:{port}/", "simple/", "packages/") as running:
        yield running


@contextlib.contextmanager
def devpi(wheelhouse: Path, folder: Path) -> Iterator[Running]:
    """An index of its own without bases, filled by upload once."""
    programs = _venv("devpi", folder) / "bin"
    port, state = free_port(), folder / "devpi"
    fresh = not state.exists()
    if fresh:
        _quietly(programs / "devpi-init", "--serverdir", state, "--no-root-pypi")
    command = [
        *(str(programs / "devpi-server"), "--serverdir", str(state)),
        *("--host", "127.0.0.1", "--port", str(port)),
    ]
    url = f"http://127.0.0.1:{port}/"
    client = (programs / "devpi", "--clientdir", folder / "devpi-client")
    with _process(command) as process:
        cold = _first(f"{url}root/dev/+simple/" if not fresh else f"{url}+api", process)
        if fresh:
            _quietly(client[0], "use", *client[1:], url)
            _quietly(client[0], "login", *client[1:], "root", "--password=")
            _quietly(client[0], "index", *client[1:], "-c", "root/dev", "bases=")
            _quietly(client[0], "use", *client[1:], "root/dev")
            _quietly(
                *(client[0], "upload", *client[1:], "--no-vcs", "--from-dir"),
                make_bare_folder(wheelhouse, folder / "bare"),
            )
        index = f"{url}root/dev/+simple/"
        page = f"{index}{name_of(_PROJECT)}/"
        text = _fetch(page).decode()
        wanted = re.escape(filename_of(_PROJECT, VERSIONS - 1))
        file = re.search(rf'href="([^"]*{wanted})[#"]', text)
        assert file, text  # noqa: S101
        yield Running(
            pid=process.pid,
            index=index,
            page=page,
            file=urllib.request.urljoin(page, file[1]),  # type: ignore[attr-defined]
            root=index,
            cold=0.0 if fresh else cold,
        )


ALL = {
    "orchestrate serve": serve,
    "nginx": nginx,
    "export + nginx": export,
    "simpleindex": simpleindex,
    "devpi": devpi,
    "pypiserver": pypiserver,
}


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def resident(pid: int) -> float:
    """Memory of a process and its children, in MB."""
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    lines = [Path(f"/proc/{one}/status").read_text() for one in pids]
    return sum(int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) for text in lines) / 1024


def wait_for_calm(seconds: float, most: float = 0.7) -> None:
    """Waits until nothing else keeps this machine busy, so that figures mean something."""
    until = time.monotonic() + seconds
    while os.getloadavg()[0] > most * (os.cpu_count() or 1) and time.monotonic() < until:
        time.sleep(5)


@contextlib.contextmanager
def _nginx(own: str, listen: int, folder: Path) -> Iterator[Running]:
    folder.mkdir(parents=True, exist_ok=True)
    user = "user root;" if os.getuid() == 0 else ""
    places = "\n".join(
        f"{kind}_temp_path {folder / kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    settings = folder / "nginx.conf"
    settings.write_text(
        f"{user} worker_processes 1; daemon off; pid {folder / 'pid'};\n"
        f"error_log {folder / 'error.log'};\nevents {{ worker_connections 1024; }}\n"
        f"http {{ sendfile on; {places}\n{own}\n}}\n"
    )
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
    command = [program, "-p", str(folder), "-c", str(settings)]
    with _started(command, f"http://127.0.0.1:{listen}/", "simple/", "files/") as running:
        yield running


@contextlib.contextmanager
def _started(command: Sequence[str], url: str, pages: str, files: str) -> Iterator[Running]:
    page = f"{url}{pages}{name_of(_PROJECT)}/"
    with _process(command) as process:
        yield Running(
            pid=process.pid,
            index=f"{url}{pages}",
            page=page,
            file=f"{url}{files}{filename_of(_PROJECT, VERSIONS - 1)}",
            root=f"{url}{pages}",
            cold=_first(page, process),
        )


@contextlib.contextmanager
def _process(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def _first(url: str, process: subprocess.Popen[bytes]) -> float:
    """Seconds until a URL is answered with 200."""
    began = time.perf_counter()
    while process.poll() is None and time.perf_counter() - began < 120:  # noqa: PLR2004
        with contextlib.suppress(OSError):
            _fetch(url)
            return time.perf_counter() - began
        time.sleep(0.005)
    sys.exit(f"{url} was never answered")


def _fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310 (our own servers)
        content: bytes = response.read()
        return content


def _venv(name: str, folder: Path) -> Path:
    place = folder.parent / "venvs" / name
    if not place.exists():
        uv = find_uv_bin()
        _quietly(uv, "venv", "--python", "3.11", place)
        _quietly(uv, "pip", "install", "--python", place / "bin" / "python", *RIVALS[name])
    return place


def _quietly(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
