"""The Python that uv is given to resolve with: it runs no code of sdists, and tells which asked."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.metadata import parse_email
from packaging.utils import canonicalize_name

from orchestrator.errors import ResolverError
from orchestrator.files import cache_directory
from orchestrator.model import UNKNOWN_VERSION, Value
from orchestrator.resolve.setup_py import stated_requirements
from orchestrator.resolve.uv_compile import Metadata

VARIABLE = "ORCHESTRATE_REFUSED"
_MODULE = Path(__file__).parent / "refusing" / "orchestrate_refuses.py"
_FREE_THREADED = 'import sysconfig; sysconfig.get_config_vars()["Py_GIL_DISABLED"] = 1\n'
# How uv's cache names the folder of an sdist that an index has: …/NAME/VERSION/REVISION/src
_IN_CACHE = re.compile(r"/index/[^/]+/(?P<name>[^/]+)/(?P<version>[^/]+)/[^/]+/src$")


class Refused(Value):
    """A source whose metadata only its build backend knows.

    Attributes:
        name: Normalized; empty where nothing tells.
        version: PEP 440; empty where nothing tells.
        folder: Where it is unpacked.
        indexed: Whether an index has it.
    """

    name: str
    version: str
    folder: str
    indexed: bool


def refusing_python(uv: str, *, free_threaded: bool) -> Path:
    """An interpreter that refuses, made once of this one.

    Args:
        uv: The program.
        free_threaded: What it says of itself when uv asks: no option of uv's says it, and on
            nothing else depends which wheels it takes.

    Raises:
        ResolverError: uv could not make it.
    """
    start = f"import {_MODULE.stem}\n{_FREE_THREADED if free_threaded else ''}"
    made_of = f"{sys.executable} {sys.version} {start}{_MODULE.read_text(encoding='utf-8')}"
    key = hashlib.sha256(made_of.encode()).hexdigest()[:16]
    folder = cache_directory() / "refusing" / key
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".making-") as scratch:
            made = Path(scratch) / key
            command = (uv, "venv", "--no-project", "--no-config", "--offline", "-q")
            done = subprocess.run(
                (*command, "--python", sys.executable, str(made)),
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                said = tuple(done.stderr.splitlines())
                raise ResolverError("uv could not make an environment.", details=said)
            site_packages = next(made.glob("lib/python*/site-packages"))
            shutil.copy(_MODULE, site_packages)
            (site_packages / f"{_MODULE.stem}.pth").write_text(start)
            if not folder.is_dir():
                made.rename(folder)
    return folder / "bin" / "python"


def read_refused(folder: Path) -> tuple[Refused, ...]:
    """What asked while uv ran, each once."""
    places = {path.read_text(encoding="utf-8") for path in folder.iterdir()}
    return tuple(_refused(place) for place in sorted(places))


def _refused(place: str) -> Refused:
    found = _IN_CACHE.search(place)
    if found:
        name, version = found["name"], found["version"]
    else:
        name, version = _from_metadata(Path(place) / "PKG-INFO")
    return Refused(name=canonicalize_name(name), version=version, folder=place, indexed=bool(found))


def _from_metadata(path: Path) -> tuple[str, str]:
    try:
        raw, _ = parse_email(path.read_bytes())
    except OSError:
        return "", ""
    return raw.get("name", ""), raw.get("version", "")


def stated_metadata(refused: Refused) -> Metadata | None:
    """What a refused source states outright; None where only its build backend can tell."""
    files: dict[str, str] = {}
    for name in ("setup.py", "setup.cfg", "pyproject.toml"):
        path = Path(refused.folder) / name
        if path.is_file():
            files[name] = path.read_text(encoding="utf-8", errors="replace")
    stated = stated_requirements(files)
    name = refused.name or canonicalize_name(stated.name if stated else "")
    if stated is None or not name:
        return None
    return Metadata(
        name=name,
        version=refused.version or UNKNOWN_VERSION,
        requires_dist=stated.requires_dist,
        requires_python=stated.requires_python,
        provides_extra=stated.extras,
    )
