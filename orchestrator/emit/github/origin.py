"""Where another machine can install this orchestrate from."""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement

from orchestrator.errors import UnknownOriginError
from orchestrator.resolve.urls import without_credentials
from orchestrator.targets.host import run_command

_NAME, _EXTRA = "orchestrator", "s3"
# git@host:owner/name.git
_SCP = re.compile(r"[\w.-]+@([\w.-]+):(?!//)(.+)")


def installable(text: str, *, store: bool) -> str:
    """A requirement for pip.

    Args:
        text: As the user gives it; empty: where this orchestrate was installed from.
        store: Whether it must be able to use object stores.

    Raises:
        UnknownOriginError: It was not installed from a place that others reach.
    """
    found = text or _own_origin()
    if not store:
        return found
    try:
        requirement = Requirement(found)
    except InvalidRequirement:
        return f"{_NAME}[{_EXTRA}] @ {found}" if "://" in found else f"{found}[{_EXTRA}]"
    requirement.extras.add(_EXTRA)
    return str(requirement)


def _own_origin() -> str:
    """From what the installer wrote down (PEP 610)."""
    try:
        own = distribution(_NAME)
    except PackageNotFoundError:
        raise UnknownOriginError("This orchestrate is not installed.") from None
    text = own.read_text("direct_url.json")
    if not text:
        return f"{_NAME}=={own.version}"  # from an index
    origin = json.loads(text)
    url = without_credentials(origin["url"])
    if "vcs_info" in origin:
        return f"{_NAME} @ git+{url}@{origin['vcs_info']['commit_id']}"
    if not url.startswith("file:"):
        return f"{_NAME} @ {url}"
    return _of_checkout(Path(unquote(urlsplit(url).path)))


def _of_checkout(folder: Path) -> str:
    remote = run_command(("git", "-C", str(folder), "remote", "get-url", "origin")).text
    commit = run_command(("git", "-C", str(folder), "rev-parse", "HEAD")).text
    if match := _SCP.fullmatch(remote):
        remote = f"https://{match[1]}/{match[2]}"
    if "://" not in remote or remote.startswith("file:") or not commit:
        raise UnknownOriginError(
            f"This orchestrate runs from {folder}, which no other machine can reach."
        )
    return f"{_NAME} @ git+{without_credentials(remote)}@{commit}"
