"""A wheelhouse as a team might have after a year: thirty projects, with all that pages can show.

The wheels are holes in files: they have sizes, and nothing inside.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

import msgspec

from orchestrator.index.state import ProjectState, State, state_path
from orchestrator.model import Finding, ProofRun, Record, Source, ToolchainIdentity
from orchestrator.wheelhouse.store import open_wheelhouse

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.model import Proof, StepKind

HOSTILE = "</code></script><script>document.title='owned'</script>\" onmouseover='x' \u202e\x1b[31m"
LONG = "opentelemetry-instrumentation-aiohttp-client-with-a-name-that-hardly-ends-anywhere"
REASON = f"Breaks on Tuesdays {HOSTILE}"

MAC, LINUX, INTEL = "macosx_11_0_arm64", "manylinux_2_28_aarch64", "manylinux_2_17_x86_64"
MUSL = "musllinux_1_2_aarch64"
SIMPLE = (
    "annoy", "crcmod", "dlib", "fasttext", "hnswlib", "mysqlclient", "netifaces", "plyvel",
    "pyaudio", "pycosat", "pyicu", "pylibmc", "python-ldap", "rjsmin", "gevent", "cvxopt",
    "python-snappy", "pysqlite3", "regex", "lxml", "acme-billing-core", "acme-risk",
)  # fmt: skip
SUMMARIES = {
    "annoy": "Approximate Nearest Neighbors in C++/Python optimized for memory usage.",
    "numpy": "Fundamental package for array computing in Python",
    "psycopg2": "psycopg2 - Python-PostgreSQL Database Adapter",
    LONG: f"A summary {HOSTILE}",
}


class Builder:
    """Writes wheels with their records, in a wheelhouse."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = open_wheelhouse(folder)
        self.days = 0

    def wheel(
        self,
        name: str,
        version: str,
        python: str,
        platform: str,
        *,
        proof: Proof = "structural",
        kind: StepKind = "wheel",
        size: int = 0,
        tag: str = "",
        findings: tuple[Finding, ...] = (),
        content: bytes = b"",
    ) -> str:
        """One wheel; returns its file name. With ``content`` it can even be installed."""
        self.days += 1
        abi = "cp" + python.replace(".", "")
        tag = tag or f"{abi.removesuffix('t')}-{abi}-{platform}"
        filename = f"{name.replace('-', '_')}-{version}-{tag}.whl"
        digest = hashlib.sha256(content or filename.encode()).hexdigest()
        size = len(content) or size or 60_000 + int(digest[:4], 16) * 37
        day = f"2026-{1 + self.days // 28 % 11:02}-{1 + self.days % 28:02}"
        metadata = _metadata_in(content) if content else self._metadata(name, version).encode()
        record = Record(
            format=1,
            name=name,
            version=version,
            filename=filename,
            sha256=digest,
            size=size,
            platform=platform,
            python=python,
            proof=proof,
            fingerprint=digest[::-1],
            source=self._source(name, version, kind),
            recipe_digest=digest,
            recipes=(f"{name}.toml[0]",) if kind == "wheel" else (),
            patches=("0001-find-the-target-s-libc.patch",) if name == "psycopg2" else (),
            toolchain=ToolchainIdentity(
                name="zig", versions={"zig": "0.17.1", "kit": "8d3c6496015f"}
            ),
            build_requires=("Cython==3.1.8", "meson-python==0.22.1", "packaging==26.4"),
            grafted=(f"{name}.libs/libopenblas-daac5196.so.0", f"{name}.libs/libgfortran.so.5"),
            findings=findings,
            notes=("OpenBLAS of scipy-openblas64==0.3.29.0.0",) if name == "numpy" else (),
            requires_python=">=3.9",
            metadata_sha256=hashlib.sha256(metadata).hexdigest(),
            seconds=174.3,
            created=f"{day}T09:06:36+00:00",
            runs=_runs(proof, day),
            kind=kind,
            parts={"format": "4", "kind": kind, "toolchain zig": "0.17.1", "python": "3.11.7"},
        )
        record_path = self.folder / ".records" / f"{filename}.{record.fingerprint[:16]}.json"
        record_path.write_bytes(msgspec.json.encode(record))
        (self.folder / f"{filename}.metadata").write_bytes(metadata)
        with (self.folder / filename).open("wb") as file:
            file.write(content)
            file.truncate(size)
        return filename

    @staticmethod
    def _metadata(name: str, version: str) -> str:
        summary = SUMMARIES.get(name, f"What everybody who needs {name} needs").replace("\x1b", "")
        return (
            f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nSummary: {summary}\n"
            "License-Expression: BSD-3-Clause\nAuthor: A. U. Thor\nRequires-Python: >=3.9\n"
            "Project-URL: Documentation, https://docs.example/\n"
            "Project-URL: Tracker, javascript:alert(1)\n"
            "Requires-Dist: typing-extensions>=4; python_version < '3.11'\n"
            "Requires-Dist: numpy>=1.26\n\nText.\n"
        )

    @staticmethod
    def _source(name: str, version: str, kind: StepKind) -> Source:
        if kind == "uploaded":
            return Source(name=name, version=version, kind="file", location="")
        return Source(
            name=name,
            version=version,
            kind="index",
            location=f"https://user:secret@files.example/{name}-{version}.tar.gz",
            filename=f"{name}-{version}.tar.gz",
            digest=f"sha256:{hashlib.sha256(name.encode()).hexdigest()}",
        )


def _metadata_in(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(next(name for name in archive.namelist() if "METADATA" in name))


def _runs(proof: Proof, day: str) -> tuple[ProofRun, ...]:
    if proof == "structural":
        return ()
    emulated = proof == "emulated"
    passed = ProofRun(
        proof=proof,
        host="Linux x86_64" if emulated else "Darwin arm64",
        runner="qemu-aarch64 7.2.22" if emulated else "",
        cpu="max" if emulated else "",
        python="3.11.2",
        imports=("numpy", "numpy.linalg", "numpy.fft"),
        command="python -m pytest -q tests",
        outcome="passed",
        tests={"passed": 160, "skipped": 2},
        seconds=12.5,
        created=f"{day}T09:00:36+00:00",
    )
    crashed = ProofRun(
        proof="emulated",
        host="Linux x86_64",
        runner="qemu-aarch64 7.2.22",
        cpu="cortex-a57",
        python="3.11.2",
        imports=tuple(f"module{number}" for number in range(12)),
        outcome="crashed",
        reason="import of numpy.linalg: Segmentation fault",
        seconds=0.9,
        created=f"{day}T08:00:36+00:00",
    )
    return (crashed, passed)


def make_wheelhouse(folder: Path) -> Path:
    """Makes it; the folder must not be there."""
    build = Builder(folder)
    for place, name in enumerate(SIMPLE):
        for minor in (11, 12, 13)[: 1 + place % 3]:
            version = f"1.{place}.{minor % 3}"
            build.wheel(name, version, f"3.{minor}", MAC)
            build.wheel(name, version, f"3.{minor}", LINUX, proof="emulated")
    yanked = _numpy(build)
    _special(build)
    yanked[build.wheel(LONG, "2024.10.31.post1", "3.12", LINUX)] = REASON
    _say(folder, yanked)
    _log(build)
    return folder


def _numpy(build: Builder) -> dict[str, str]:
    """A project with many files, one version of them yanked; returns why."""
    yanked = {}
    proofs: dict[str, Proof] = {
        MAC: "executed",
        LINUX: "emulated",
        INTEL: "executed",
        MUSL: "structural",
    }
    for version in ("1.26.4", "2.0.2", "2.1.3", "2.2.6", "2.3.0rc1"):
        for python in ("3.9", "3.10", "3.11", "3.12", "3.13", "3.13t", "3.14"):
            for platform, proof in proofs.items():
                if (len(version) + len(python) + len(platform)) % 5 == 0:
                    continue
                filename = build.wheel(
                    "numpy", version, python, platform, proof=proof, size=13_312_167
                )
                if version == "2.1.3":
                    yanked[filename] = "Wrong results of einsum on ARMv8.0, see issue 28123"
    return yanked


def _special(build: Builder) -> None:
    note = Finding(
        code="WHL110",
        severity="note",
        message="This is a redirect: it holds nothing and requires tensorflow-macos==2.10.0.",
    )
    newer = "macosx_12_0_arm64"
    build.wheel("tensorflow", "2.10.0", "3.10", newer, kind="redirect", size=1346, findings=(note,))
    warning = Finding(
        code="MAC007",
        severity="warning",
        message=f"Needs a newer system than its tag says. {HOSTILE}",
        where="psycopg2/_psycopg.cpython-311-darwin.so",
        hint="Build with a deployment target of 12.",
    )
    for python in ("3.11", "3.12"):
        build.wheel("psycopg2", "2.9.10", python, MAC, proof="executed", findings=(warning,))
    for version in ("0.9", "1.0"):
        build.wheel("acme-app", version, "3", "any", kind="uploaded", tag="py3-none-any")
    for number in range(40):
        build.wheel("many-versions", f"0.{number}.1", "3.8", MAC, tag=f"cp38-abi3-{MAC}")
    build.wheel("old-thing", "3.0", "3.9", MAC)
    build.wheel("risky-thing", "3.0", "3.9", MAC)


def _say(folder: Path, yanked: dict[str, str]) -> None:
    state = State(
        yanked=yanked,
        projects={
            "old-thing": ProjectState(status="deprecated", reason=f"Use new-thing. {HOSTILE}"),
            "risky-thing": ProjectState(status="quarantined", reason="Under investigation."),
        },
    )
    state_path(folder).parent.mkdir(exist_ok=True)
    state_path(folder).write_bytes(msgspec.json.encode(state))


def _log(build: Builder) -> None:
    lines = [f"[{number}/400] zig c++ -O3 -o part{number}.o" for number in range(400)]
    lines += ["\x1b[32mDownloading\x1b[0m https://me:hunter2@mirror.example/x.tar.gz", HOSTILE]
    log = build.folder / ".logs" / f"annoy-1.0.2-cp311-{LINUX}-1.log"
    log.write_text("\n".join(lines), encoding="utf-8")
