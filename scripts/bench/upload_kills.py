#!/usr/bin/env python3
"""Kills ``orchestrate serve`` again and again while wheels are uploaded; looks at what is left.

Wheels of 20 kB to 4 MB (--largest KB), of random bytes, are uploaded over several connections
without a pause, some of them again and again; the server is killed (SIGKILL) at a random moment and
started anew on the same wheelhouse. After each kill, before anybody cleans up:

- every wheel that installers see has the bytes of one that was uploaded, and its METADATA
- every upload that was answered 200 is there, with a record whose digests are right
- the wheelhouse lists nothing else as published

and after the next start every file that the index lists can be fetched and has the hash it says,
and nothing is left of what was under way.

Usage: scripts/bench/upload_kills.py [--kills N] [--connections N] [--largest KB] [--seed N]
Exit status 1: something was not whole.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from urllib3.filepost import encode_multipart_formdata

from orchestrator.index.tokens import Tokens
from orchestrator.wheelhouse.store import Wheelhouse, open_wheelhouse

SERVE = (sys.executable, "-m", "orchestrator.cli", "serve")
WHEELS = 60


@dataclass
class Wheel:
    """One that is uploaded: its name, bytes, METADATA, and the request that uploads it."""

    name: str
    content: bytes
    metadata: bytes
    body: bytes
    content_type: str


@dataclass
class Tally:
    """What happened."""

    kills: int = 0
    killed_at_work: int = 0
    accepted: int = 0
    again: int = 0
    broken_off: int = 0
    half_received: int = 0
    half_published: int = 0
    refused: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)


class Uploaders:
    """Threads that upload while a server is there."""

    def __init__(self, wheels: list[Wheel], token: str, tally: Tally, rng: random.Random) -> None:
        self._wheels = wheels
        shown = base64.b64encode(f"__token__:{token}".encode()).decode()
        self._authorization = f"Basic {shown}"
        self._tally = tally
        self._lock = threading.Lock()
        self._rng = rng
        self.port = 0
        self.stopped = threading.Event()

    def run(self) -> None:
        """Uploads one wheel after the other, until stopped."""
        while not self.stopped.is_set():
            with self._lock:
                wheel = self._rng.choice(self._wheels)
            try:
                status, text = self._upload(wheel)
            except (OSError, http.client.HTTPException):
                self._tally.broken_off += 1
                time.sleep(0.02)
                continue
            with self._lock:
                self._note(wheel, status, text)

    def _note(self, wheel: Wheel, status: int, text: str) -> None:
        if status != http.client.OK:
            self._tally.refused.append(f"{wheel.name}: {status} {text}")
        elif "already" in text:
            self._tally.again += 1
            self._tally.answered.add(wheel.name)
        else:
            self._tally.accepted += 1
            self._tally.answered.add(wheel.name)

    def _upload(self, wheel: Wheel) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"authorization": self._authorization, "content-type": wheel.content_type}
        try:
            connection.request("POST", "/legacy/", wheel.body, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


class Server:
    """A running one."""

    def __init__(self, house: Path, tokens: Path, errors: Path) -> None:
        self._errors = errors
        with errors.open("wb") as stderr:
            self.process = subprocess.Popen(
                [*SERVE, "--wheelhouse", house, "--port", "0", "--tokens", tokens,
                 "--access-log", "off"],
                stderr=stderr,
            )  # fmt: skip
        self.port = self._port()

    def _port(self) -> int:
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            if found := re.search(r"http://127.0.0.1:(\d+)/simple", self._errors.read_text()):
                return int(found[1])
            time.sleep(0.01)
        raise SystemExit(self._errors.read_text())

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def make_wheel(folder: Path, number: int, rng: random.Random, largest: int = 4000) -> Wheel:
    """A pure wheel of random bytes, and the form that uploads it."""
    name, info = f"kills_{number}", f"kills_{number}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: kills-{number}\nVersion: 1.0\n".encode()
    files = {
        f"{name}/data.bin": rng.randbytes(int(20_000 * (largest / 20) ** rng.random())),
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},{_recorded(content)}\n" for path, content in files.items())
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in files.items():
            archive.writestr(member, content)
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    content = path.read_bytes()
    body, content_type = encode_multipart_formdata(
        [
            (":action", "file_upload"),
            ("protocol_version", "1"),
            ("filetype", "bdist_wheel"),
            ("name", f"kills-{number}"),
            ("version", "1.0"),
            ("sha256_digest", hashlib.sha256(content).hexdigest()),
            ("content", (path.name, content, "application/octet-stream")),
        ]
    )
    return Wheel(path.name, content, metadata, body, content_type)


def _recorded(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"sha256={digest},{len(content)}"


def look_at_files(house: Wheelhouse, wheels: dict[str, Wheel], tally: Tally) -> None:
    """What a kill left, before anybody cleans up."""
    folder = house.directory
    for path in folder.glob("*.whl"):
        if path.read_bytes() != wheels[path.name].content:
            tally.wrong.append(f"kill {tally.kills}: {path.name} is not whole")
        if path.with_name(f"{path.name}.metadata").read_bytes() != wheels[path.name].metadata:
            tally.wrong.append(f"kill {tally.kills}: {path.name}.metadata is not whole")
    published = {wheel.record.filename for wheel in house.list()}
    seen = {path.name for path in folder.glob("*.whl")}
    if published != seen:
        tally.wrong.append(f"kill {tally.kills}: without a record: {sorted(seen - published)}")
    # Its metadata is in place, and perhaps its record; the wheel, which comes last, is not.
    metadata = {path.name.removesuffix(".metadata") for path in folder.glob("*.metadata")}
    tally.half_published += len(metadata - seen) + any((folder / ".incoming").iterdir())
    if lost := tally.answered - published:
        tally.wrong.append(f"kill {tally.kills}: answered 200 and not there: {sorted(lost)}")
    uploads = [path for path in (folder / ".index" / "uploads").iterdir() if any(path.iterdir())]
    tally.half_received += len(uploads)


def look_through_server(port: int, wheels: dict[str, Wheel], tally: Tally) -> int:
    """What clients see after a start; the number of files."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    accept = {"accept": "application/vnd.pypi.simple.v1+json"}

    def ask(path: str) -> bytes:
        connection.request("GET", path, headers=accept)
        return connection.getresponse().read()

    count = 0
    for project in json.loads(ask("/simple/"))["projects"]:
        for file in json.loads(ask(f"/simple/{project['name']}/"))["files"]:
            content = ask(f"/files/{file['filename']}")
            digest = hashlib.sha256(content).hexdigest()
            if digest != file["hashes"]["sha256"] or content != wheels[file["filename"]].content:
                tally.wrong.append(f"start {tally.kills}: {file['filename']} is served wrong")
            count += 1
    connection.close()
    return count


def run(
    folder: Path, kills: int, connections: int, largest: int, rng: random.Random
) -> tuple[Tally, int]:
    """All of it; the tally, and the number of files at the end."""
    (folder / "made").mkdir()
    made = [make_wheel(folder / "made", number, rng, largest) for number in range(WHEELS)]
    wheels = {wheel.name: wheel for wheel in made}
    tokens = Tokens(folder / "tokens.json")
    _, token = tokens.create(created="2026-01-01T00:00:00Z", upload=("kills-*",))
    house = open_wheelhouse(folder / "house")
    tally = Tally()
    uploaders = Uploaders(made, token, tally, rng)
    threads = [threading.Thread(target=uploaders.run) for _ in range(connections)]
    server = Server(house.directory, tokens.path, folder / "serve.err")
    uploaders.port = server.port
    for thread in threads:
        thread.start()
    try:
        for _ in range(kills):
            time.sleep(rng.uniform(0.1, 2.0))
            before = tally.broken_off
            server.kill()
            tally.kills += 1
            time.sleep(0.05)
            tally.killed_at_work += tally.broken_off > before
            look_at_files(house, wheels, tally)
            # So that there is something to upload, each time.
            for path in rng.sample(
                sorted(house.directory.glob("*.whl")), k=len(tally.answered) // 3
            ):
                house.remove(path.name)
                tally.answered.discard(path.name)
            server = Server(house.directory, tokens.path, folder / "serve.err")
            uploaders.port = server.port
            look_through_server(server.port, wheels, tally)
    except BaseException:
        server.kill()
        raise
    finally:
        uploaders.stopped.set()
        for thread in threads:
            thread.join()
    count = look_through_server(server.port, wheels, tally)
    look_at_end(house, tally)
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(30)
    return tally, count


def look_at_end(house: Wheelhouse, tally: Tally) -> None:
    """When nothing is under way any more, nothing of it is left."""
    until = time.monotonic() + 10
    uploads = house.directory / ".index" / "uploads"
    while any(uploads.iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
    for place in (uploads, house.directory / ".incoming"):
        if left := [path.name for path in place.iterdir()]:
            tally.wrong.append(f"left in {place.name}: {left}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--largest", type=int, default=4000, help="kB")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(4))
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="upload-kills-") as name, suppress(KeyboardInterrupt):
        rng = random.Random(seed)  # noqa: S311
        tally, files = run(Path(name), options.kills, options.connections, options.largest, rng)
    report = {
        "seed": seed,
        "kills": tally.kills,
        "kills that broke uploads off": tally.killed_at_work,
        "uploads published": tally.accepted,
        "uploads of what was there": tally.again,
        "requests broken off": tally.broken_off,
        "uploads half received at a kill": tally.half_received,
        "uploads half published at a kill": tally.half_published,
        "refused": tally.refused,
        "files at the end": files,
        "not whole": tally.wrong,
        "seconds": round(time.monotonic() - begun, 1),
    }
    if options.json:
        print(json.dumps(report))
    else:
        for label, value in report.items():
            print(f"{label:34} {value}")
    return 1 if tally.wrong or tally.refused else 0


if __name__ == "__main__":
    sys.exit(main())
