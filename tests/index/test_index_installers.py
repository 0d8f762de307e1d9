"""pip, uv, Poetry and PDM install from the running server and from the export behind nginx."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time
import tomllib
from typing import TYPE_CHECKING

import pytest

from orchestrator.index.clients import configuration, place_of
from tests.index.conformance import sha256
from tests.index.index_clients import PDM_NEEDS, UV, Client
from tests.index.index_server import serving
from tests.index.probe_place import ProbePlace
from tests.index.probe_sample import OLD, REASON, YANKED
from tests.index.web_servers import free_port, nginx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.index.probe_sample import Sample

pytestmark = pytest.mark.network  # the installers themselves come from there

NEWEST = "probe_thing-1.1-py3-none-any.whl"
OLDER = "probe_thing-1.0-py3-none-any.whl"
NEEDED = "probe_old-0.1-py3-none-any.whl"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PIPS = {
    "the pip that CPython 3.9.0 came with": ("pip==20.2.3", "3.9"),
    "the last pip for CPython 3.9": ("pip", "3.9"),
    "the newest pip": ("pip", PYTHON),
}
PROJECT = f"""\
[project]
name = "app"
version = "1"
requires-python = "=={PYTHON}.*"
dependencies = ["probe-thing>=1"]
"""


class Served:
    """An index, and what clients asked of it since the last look."""

    def __init__(self, url: str, log: Path, sample: Sample) -> None:
        self.url = url
        self.simple = f"{url}simple/"
        self.sample = sample
        self._log = log
        self._read = 0

    def asked(self) -> list[str]:
        """Names of files that were got since, in the order of requests."""
        return [path.rpartition("/")[2] for path, _ in self.entries() if "/files/" in path]

    def entries(self) -> list[tuple[str, int]]:
        """Paths that were asked for since, and how that ended."""
        lines, before = self._log.read_text().splitlines(), None
        while lines != before:  # the server writes its log a few times a second
            time.sleep(0.6)
            lines, before = self._log.read_text().splitlines(), lines
        new, self._read = lines[self._read :], len(lines)
        return [entry for line in new if (entry := _entry_in(line))]

    def hashes(self, *filenames: str) -> str:
        """Options of a requirements file."""
        return " ".join(f"--hash=sha256:{sha256(self.sample.content(it))}" for it in filenames)


def _entry_in(line: str) -> tuple[str, int] | None:
    """Path and status of a request for content, in a log of ours or of nginx."""
    if line.startswith("{"):
        entry = json.loads(line)
        return (entry["path"], entry["status"]) if entry["method"] == "GET" else None
    found = re.search(r'"GET (\S+) HTTP/[\d.]+" (\d+)', line)
    return (found[1], int(found[2])) if found else None


@pytest.fixture(scope="module", params=["serve", "nginx"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    place = ProbePlace(tmp_path_factory.mktemp(request.param))
    port = free_port()
    with contextlib.ExitStack() as stack:
        if request.param == "serve":
            running = serving(place.store.directory, place.folder, "--port", str(port))
            url, log = stack.enter_context(running).url, place.folder / "access.log"
        else:
            export = place.export(port)
            url, log = stack.enter_context(nginx(export, place.folder / "nginx", port))
        yield Served(url, log, place.sample)


@pytest.fixture
def client(tmp_path: Path, served: Served) -> Client:
    served.entries()  # what others asked
    return Client(tmp_path)


@pytest.fixture(params=sorted(PIPS))
def with_pip(request: pytest.FixtureRequest, client: Client) -> tuple[Client, tuple[int, ...]]:
    version = client.with_pip(*PIPS[request.param])
    return client, tuple(int(part) for part in version.split(".")[:2])


def test_pip_installs(with_pip: tuple[Client, tuple[int, ...]], served: Served):
    client, version = with_pip
    client.pip(
        "install", "--no-cache-dir", "--index-url", served.simple, "--target", "t", "probe-thing"
    )
    assert _installed(client.project / "t") == {"probe_thing": "1.1", "probe_old": "0.1"}
    asked = served.asked()
    assert [name for name in asked if name.endswith(".whl")] in (
        [NEWEST, NEEDED],
        [NEEDED, NEWEST],
    )
    if version >= (23, 2):
        assert {f"{NEWEST}.metadata", f"{NEEDED}.metadata"} <= set(asked)


def test_pip_downloads_and_checks_hashes(with_pip: tuple[Client, tuple[int, ...]], served: Served):
    client, _ = with_pip
    right = f"probe-thing==1.1 {served.hashes(OLDER, NEWEST)}\n{OLD}==0.1 {served.hashes(NEEDED)}\n"
    (client.project / "requirements.txt").write_text(right)
    options = ("--no-cache-dir", "--index-url", served.simple, "--require-hashes")
    client.pip("download", *options, "-d", "d", "-r", "requirements.txt")
    assert sorted(path.name for path in (client.project / "d").iterdir()) == [NEEDED, NEWEST]
    assert (client.project / "d" / NEWEST).read_bytes() == served.sample.content(NEWEST)
    wrong = right.replace("probe-thing==1.1", "probe-thing==1.0").replace(
        served.hashes(OLDER), served.hashes(NEEDED)
    )
    (client.project / "requirements.txt").write_text(wrong)
    said = client.pip("download", *options, "-d", "e", "-r", "requirements.txt", fails=True)
    assert "DO NOT MATCH THE HASHES" in said


def test_pip_takes_yanked_files_only_where_they_are_named(
    with_pip: tuple[Client, tuple[int, ...]], served: Served
):
    client, _ = with_pip
    options = ("download", "--no-cache-dir", "--index-url", served.simple, "--no-deps", "-d", "d")
    client.pip(*options, "probe-thing")
    said = client.pip(*options, "probe-thing==2.0")
    assert REASON in said
    assert sorted(path.name for path in (client.project / "d").iterdir()) == [NEWEST, YANKED]


def test_the_newest_pip_resolves_by_metadata_alone(client: Client, served: Served):
    client.with_pip("pip", PYTHON)
    report = client.pip(
        *("install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"),
        *("--no-cache-dir", "--index-url", served.simple, "probe-thing"),
    )
    install = json.loads(report[report.index("{") : report.rindex("}") + 1])["install"]
    assert {item["metadata"]["name"]: item["metadata"]["version"] for item in install} == {
        "Probe.Thing": "1.1",
        "probe-old": "0.1",
    }
    assert sorted(served.asked()) == [f"{NEEDED}.metadata", f"{NEWEST}.metadata"]


def test_uv_asks_whether_pages_have_changed(client: Client, served: Served):
    command = ("pip", "compile", "--cache-dir", "c", "--index-url", served.simple, "r.in")
    (client.project / "r.in").write_text("probe-thing\n")
    client.uv(*command)
    first = served.entries()
    assert {status for _, status in first} == {200}
    client.uv(*command, "--refresh")
    again = served.entries()
    pages = [status for path, status in again if "/simple/" in path]
    assert pages == [304, 304]
    assert not [path for path, status in again if path.endswith(".whl")]


def test_uv_installs(client: Client, served: Served):
    options = ("--no-cache", "--index-url", served.simple)
    client.uv("pip", "install", *options, "--target", "t", "probe-thing")
    assert _installed(client.project / "t") == {"probe_thing": "1.1", "probe_old": "0.1"}
    asked = served.asked()
    assert sorted(asked) == [NEEDED, f"{NEEDED}.metadata", NEWEST, f"{NEWEST}.metadata"]


def test_uv_resolves_by_metadata_alone(client: Client, served: Served):
    (client.project / "requirements.in").write_text("probe-thing\n")
    said = client.uv(
        *("pip", "compile", "--no-cache", "--generate-hashes", "--no-header"),
        *("--index-url", served.simple, "requirements.in"),
    )
    assert "probe-thing==1.1" in said
    assert served.hashes(NEWEST) in said
    assert sorted(served.asked()) == [f"{NEEDED}.metadata", f"{NEWEST}.metadata"]


def test_uv_checks_hashes(client: Client, served: Served):
    options = ("--no-cache", "--index-url", served.simple, "--require-hashes", "--target", "t")
    right = f"probe-thing==1.1 {served.hashes(NEWEST)}\n{OLD}==0.1 {served.hashes(NEEDED)}\n"
    (client.project / "r.txt").write_text(right)
    client.uv("pip", "install", *options, "-r", "r.txt")
    (client.project / "r.txt").write_text(
        right.replace(served.hashes(NEWEST), served.hashes(OLDER))
    )
    said = client.uv("pip", "install", *options, "--reinstall", "-r", "r.txt", fails=True)
    assert "ash" in said


def test_uv_knows_when_files_were_uploaded(client: Client, served: Served):
    """PEP 700: without upload times, uv takes no file of the page."""
    options = ("pip", "compile", "--no-cache", "--index-url", served.simple, "-")
    before = ("--exclude-newer", "2026-01-01T00:00:00Z")
    after = ("--exclude-newer", "2026-01-03T00:00:00Z")
    command = [*UV, *options]
    for more, status in ((before, 1), (after, 0)):
        done = subprocess.run(
            [*command, *more],
            input="probe-thing",
            cwd=client.project,
            env=client.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr


def _configured(client: Client, served: Served, name: str) -> None:
    """A project with the configuration that ``orchestrate config`` prints."""
    place = place_of(served.url, name="own", credentials="none")
    text = PROJECT + configuration(name, place).text
    (client.project / "pyproject.toml").write_text(text)


def test_uv_locks_and_syncs_a_project(client: Client, served: Served):
    _configured(client, served, "uv")
    client.uv("lock", "--no-cache")
    assert [name for name in served.asked() if name.endswith(".whl")] == []
    lock = tomllib.loads((client.project / "uv.lock").read_text())
    (thing,) = [package for package in lock["package"] if package["name"] == "probe-thing"]
    (wheel,) = thing["wheels"]
    assert wheel["hash"] == f"sha256:{sha256(served.sample.content(NEWEST))}"
    assert wheel["size"] == len(served.sample.content(NEWEST))
    assert wheel["upload-time"].startswith("2026-01-02T03:04:05")
    client.uv("sync", "--no-cache", "--frozen", "--no-install-project")
    assert _installed_in_environment(client) >= {"probe_thing", "probe_old"}


def test_poetry_locks_and_installs(client: Client, served: Served):
    _configured(client, served, "poetry")
    client.tool("poetry", "lock")
    lock = tomllib.loads((client.project / "poetry.lock").read_text())
    (thing,) = [package for package in lock["package"] if package["name"] == "probe-thing"]
    assert thing["version"] == "1.1"
    assert {
        "file": NEWEST,
        "hash": f"sha256:{sha256(served.sample.content(NEWEST))}",
    } in thing["files"]
    client.tool("poetry", "install", "--no-root", "--no-cache")
    assert _installed_in_environment(client) >= {"probe_thing", "probe_old"}


def test_pdm_locks_and_installs(client: Client, served: Served):
    _configured(client, served, "pdm")
    client.tool("pdm", "lock", needs=PDM_NEEDS)
    assert [name for name in served.asked() if name.endswith(".whl")] == []
    lock = tomllib.loads((client.project / "pdm.lock").read_text())
    (thing,) = [package for package in lock["package"] if package["name"] == "probe-thing"]
    assert thing["version"] == "1.1"
    client.tool("pdm", "sync", "--no-self", needs=PDM_NEEDS)
    assert _installed_in_environment(client) >= {"probe_thing", "probe_old"}


def _installed(folder: Path) -> dict[str, str]:
    """Versions by name, of a folder that was installed into."""
    infos = [path.name.removesuffix(".dist-info") for path in folder.glob("*.dist-info")]
    return dict(info.split("-", 1) for info in infos)


def _installed_in_environment(client: Client) -> set[str]:
    (folder,) = (client.project / ".venv").glob("lib/python*/site-packages")
    return set(_installed(folder))


def test_any_web_server_will_do(tmp_path: Path):
    """Without the configuration it is an index of HTML, for pip and uv alike."""
    place = ProbePlace(tmp_path / "place")
    port = free_port()
    export = place.export(port)
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    process = subprocess.Popen(command, cwd=export, stderr=subprocess.DEVNULL)
    try:
        client = Client(tmp_path / "client")
        url = f"http://127.0.0.1:{port}/simple/"
        client.with_pip("pip", PYTHON)
        client.pip("install", "--no-cache-dir", "--index-url", url, "--target", "t", "probe-thing")
        assert _installed(client.project / "t") == {"probe_thing": "1.1", "probe_old": "0.1"}
        client.uv(
            "pip", "install", "--no-cache", "--index-url", url, "--target", "u", "probe-thing"
        )
        assert _installed(client.project / "u") == {"probe_thing": "1.1", "probe_old": "0.1"}
    finally:
        process.kill()
        process.wait()
