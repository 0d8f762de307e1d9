"""Uploads by the real twine and uv, to the real server."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from index_server import serving
from recorded_wheels import recorded_wheel
from upload_desk import form_of
from urllib3.filepost import encode_multipart_formdata

from orchestrator.files import sha256_of
from orchestrator.index.tokens import Tokens
from orchestrator.wheelhouse.store import open_wheelhouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index_server import Served

PROJECT = """
[project]
name = "acme-app"
version = "1.0"
requires-python = ">=3.9"

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
NOW = "2026-11-29T10:00:00Z"


class Site:
    """A served index with tokens.

    Attributes:
        uploader: A token for ``acme-*``.
        admin: A token for everything.
    """

    def __init__(self, folder: Path, served: Served, tokens: Tokens) -> None:
        self.folder = folder
        self.house = folder / "house"
        self.served = served
        _, self.uploader = tokens.create(created=NOW, upload=("acme-*",), read=True)
        _, self.admin = tokens.create(created=NOW, admin=True)

    def twine(self, *words: str | Path, token: str = "") -> subprocess.CompletedProcess[str]:
        return self._run(
            "tool", "run", "twine", "upload", "--non-interactive", "--disable-progress-bar",
            "--repository-url", f"{self.served.url}legacy/",
            "--username", "__token__", "--password", token or self.uploader, *words,
        )  # fmt: skip

    def uv(self, *words: str | Path, token: str = "") -> subprocess.CompletedProcess[str]:
        return self._run(
            "publish", "--publish-url", f"{self.served.url}legacy/",
            "--token", token or self.uploader, *words,
        )  # fmt: skip

    def journal(self) -> list[dict[str, object]]:
        lines = (self.house / ".index" / "journal.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def tool(self, *words: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        """Another program that publishes, run in a project that has one wheel in ``dist``."""
        project = self.folder / "project"
        if not project.exists():
            (project / "dist").mkdir(parents=True)
            (project / "pyproject.toml").write_text(PROJECT)
            recorded_wheel(project / "dist")
        return self._run("tool", "run", *words, cwd=project, **env)

    def _run(
        self, *words: str | Path, cwd: Path | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        uv = shutil.which("uv")
        assert uv
        return subprocess.run(
            [uv, *words],
            cwd=cwd or self.folder,
            env=os.environ | {"COLUMNS": "200"} | env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    open_wheelhouse(tmp_path / "house")
    tokens = Tokens(tmp_path / "tokens.json")
    tokens.create(created=NOW, read=True)
    with serving(
        tmp_path / "house", tmp_path, "--tokens", tokens.path, "--private", "--max-upload", "2"
    ) as served:
        yield Site(tmp_path, served, tokens)


def basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"__token__:{token}".encode()).decode()


@pytest.mark.network
def test_twine(site: Site, tmp_path: Path) -> None:
    first, second = recorded_wheel(tmp_path), recorded_wheel(tmp_path, version="1.1")
    done = site.twine(first, second)
    assert done.returncode == 0, done.stdout + done.stderr
    page = site.served.ask("/simple/acme-app/", authorization=basic(site.uploader))
    assert first.name in page.text  # at once
    assert sha256_of(second) in page.text
    assert sha256_of(site.house / second.name) == sha256_of(second)

    again = site.twine(first)
    assert again.returncode == 0, again.stdout + again.stderr

    recorded_wheel(tmp_path, code=b"answer = 41\n")
    conflict = site.twine("--verbose", first)
    assert conflict.returncode == 1
    assert "409 Conflict" in conflict.stdout
    assert "is there, with other bytes" in conflict.stdout

    foreign = site.twine("--verbose", recorded_wheel(tmp_path, "numpy"))
    assert foreign.returncode == 1
    assert "403 Forbidden" in foreign.stdout
    assert "not for uploads of numpy" in foreign.stdout
    wrong = site.twine(second, token="orc_000000000000_wrong")  # noqa: S106
    assert wrong.returncode == 1
    assert "401 Unauthorized" in wrong.stdout

    events = [entry["event"] for entry in site.journal()]
    assert events == ["upload"] * 3 + ["refused upload"] * 2 + ["refused login"]


@pytest.mark.network
def test_twine_reads_why_a_large_file_is_refused(site: Site, tmp_path: Path) -> None:
    large = recorded_wheel(tmp_path, code=os.urandom(30_000_000))
    refused = site.twine("--verbose", large)
    assert "413" in refused.stdout, refused.stdout + refused.stderr
    assert "limit" in refused.stdout
    wrong = site.twine(large, token="orc_000000000000_wrong")  # noqa: S106
    assert "401 Unauthorized" in wrong.stdout, wrong.stdout + wrong.stderr


@pytest.mark.network
@pytest.mark.parametrize("program", ["poetry", "pdm", "hatch"])
def test_other_programs_that_publish(site: Site, program: str) -> None:
    url = f"{site.served.url}legacy/"
    words: dict[str, tuple[str, ...]] = {
        "poetry": ("poetry", "publish", "-n", "-r", "internal"),
        "pdm": ("--with", "hishel<2", "pdm", "publish", "--no-build", "-r", url,
                "-u", "__token__", "-P", site.uploader),
        "hatch": ("hatch", "publish", "-n", "-r", url, "-u", "__token__", "-a", site.uploader),
    }  # fmt: skip
    done = site.tool(
        *words[program],
        POETRY_REPOSITORIES_INTERNAL_URL=url,
        POETRY_HTTP_BASIC_INTERNAL_USERNAME="__token__",
        POETRY_HTTP_BASIC_INTERNAL_PASSWORD=site.uploader,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (site.house / "acme_app-1.0-py3-none-any.whl").exists()
    assert [entry["event"] for entry in site.journal()] == ["upload"]


def test_uv_publish(site: Site, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    done = site.uv(wheel)
    assert done.returncode == 0, done.stderr
    assert (site.house / wheel.name).read_bytes() == wheel.read_bytes()
    assert site.uv(wheel).returncode == 0

    recorded_wheel(tmp_path, code=b"answer = 41\n")
    conflict = site.uv(wheel)
    assert conflict.returncode != 0
    assert "409" in conflict.stderr
    assert "with other bytes" in conflict.stderr
    foreign = site.uv(recorded_wheel(tmp_path, "numpy"))
    assert "403" in foreign.stderr
    assert "not for uploads of numpy" in foreign.stderr
    large = site.uv(recorded_wheel(tmp_path, version="2.0", code=os.urandom(30_000_000)))
    assert "413" in large.stderr, large.stderr
    wrong = site.uv(wheel, token="orc_000000000000_wrong")  # noqa: S106
    assert "401" in wrong.stderr, wrong.stderr


def test_uv_publish_passes_over_what_is_there(site: Site, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    assert site.uv(wheel).returncode == 0
    host = site.served.url.removeprefix("http://")
    checked = f"http://__token__:{site.uploader}@{host}simple/"
    done = site.uv("--check-url", checked, wheel)
    assert done.returncode == 0, done.stderr
    assert "already exists" in done.stderr
    assert len(site.journal()) == 1


def test_what_is_uploaded_at_once_is_served_at_once(site: Site, tmp_path: Path) -> None:
    wheels = [recorded_wheel(tmp_path, version=f"1.{number}") for number in range(12)]

    def uploaded(wheel: Path) -> bool:
        body, content_type = encode_multipart_formdata(form_of(wheel))
        reply = site.served.ask(
            "/legacy/", "POST", body,
            authorization=basic(site.uploader), content_type=content_type,
        )  # fmt: skip
        page = site.served.ask("/simple/acme-app/", authorization=basic(site.uploader))
        return reply.status == 200 and wheel.name in page.text

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(uploaded, wheels))


def test_private_index_is_read_with_a_token(site: Site, tmp_path: Path) -> None:
    assert site.uv(recorded_wheel(tmp_path)).returncode == 0
    reply = site.served.ask("/simple/acme-app/")
    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("Basic ")
    assert site.served.ask("/simple/", authorization=basic(site.uploader)).status == 200


@pytest.mark.parametrize("program", ["pip", "uv"])
def test_installers_show_the_token(site: Site, tmp_path: Path, program: str) -> None:
    """Both ask without it first, where it comes from a netrc file, and again with it."""
    assert site.uv(recorded_wheel(tmp_path)).returncode == 0
    host = site.served.url.removeprefix("http://").rstrip("/")
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {host.partition(':')[0]} login __token__ password {site.uploader}\n")
    netrc.chmod(0o600)

    def install(url: str, target: str, **env: str) -> subprocess.CompletedProcess[str]:
        words = {
            "pip": (sys.executable, "-m", "pip", "install", "--no-cache-dir", "--no-input",
                    "--disable-pip-version-check"),
            "uv": ("uv", "pip", "install", "--no-cache", "--python", sys.executable),
        }[program]  # fmt: skip
        return subprocess.run(
            [*words, "--index-url", url, "--target", tmp_path / target, "acme-app"],
            env=os.environ | {"NETRC": os.devnull} | env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    done = install(f"http://__token__:{site.uploader}@{host}/simple/", "by-url")
    assert done.returncode == 0, done.stderr
    done = install(f"http://{host}/simple/", "by-netrc", NETRC=str(netrc))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "by-netrc" / "acme_app" / "__init__.py").exists()
    assert install(f"http://{host}/simple/", "without").returncode != 0
    assert install(f"http://__token__:wrong@{host}/simple/", "wrong").returncode != 0
    assert "refused login" in [entry["event"] for entry in site.journal()]


def test_deleted_and_yanked_by_curl(site: Site, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    assert site.uv(wheel).returncode == 0
    admin = {"authorization": basic(site.admin)}

    def page() -> str:
        return site.served.ask("/simple/acme-app/", **admin).text

    yanked = f"/manage/yanked/{wheel.name}"
    assert site.served.ask(yanked, "PUT", b"broken", **admin).status == 200
    assert 'data-yanked="broken"' in page()
    assert site.served.ask(yanked, "DELETE", **admin).status == 200
    assert "data-yanked" not in page()
    file = f"/manage/files/{wheel.name}"
    assert site.served.ask(file, "DELETE", authorization=basic(site.uploader)).status == 403
    assert site.served.ask(file, "DELETE", **admin).status == 200
    assert wheel.name not in page()
    assert site.served.ask(f"/files/{wheel.name}", **admin).status == 404


def test_index_without_tokens_takes_nothing(tmp_path: Path) -> None:
    open_wheelhouse(tmp_path / "house")
    with serving(tmp_path / "house", tmp_path) as served:
        reply = served.ask("/legacy/", "POST", b"x" * 100_000)
        assert reply.status == 403
        assert "tokens" in reply.text
        assert served.ask("/manage/files/a.whl", "DELETE").status == 403
