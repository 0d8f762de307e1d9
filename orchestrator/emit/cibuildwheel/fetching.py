"""How other machines come by a pinned source, as lines of shell, and patch it."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from orchestrator.errors import NotHandedOverError
from orchestrator.resolve.urls import credentials, split_fragment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.model import Patch, Source

_SHA256 = "sha256:"
# Names as git writes them: a/old and b/new, one of which may be /dev/null.
_WITH_PREFIX = re.compile(rb"^(?:--- a/|\+\+\+ b/)", re.MULTILINE)


def fetching(source: Source, folder: str) -> Iterator[str]:
    """Commands that bring a pinned source into a new folder.

    Raises:
        NotHandedOverError: Other machines can't fetch it, or not without a password.
    """
    if source.kind in {"file", "directory"} or "://" not in source.location:
        raise NotHandedOverError(
            f"{source.name}: other machines can't fetch {source.location}.",
            hint="Name a version on an index, or git+URL@REV.",
        )
    if credentials(source.location):
        raise NotHandedOverError(
            f"{source.name}: its address holds a password, which everyone could read.",
            hint="Put the password into a netrc file, which curl and git read, too.",
        )
    bare, fragment = split_fragment(source.location)
    url = shlex.quote(bare)
    yield from _unpacking(source, url, folder)
    if "subdirectory" in fragment:
        yield f"mv {folder} {folder}-whole"
        yield f"mv {folder}-whole/{shlex.quote(fragment['subdirectory'])} {folder}"


def _unpacking(source: Source, url: str, folder: str) -> Iterator[str]:
    if source.digest.startswith("git:"):
        yield f"git clone --quiet {url} {folder}"
        yield f"git -C {folder} checkout --quiet {source.digest.removeprefix('git:')}"
        yield f"git -C {folder} submodule --quiet update --init --recursive"
        return
    archive = f"{folder}-archive"
    sha256 = source.digest.removeprefix(_SHA256)
    yield f"curl -fsSL --retry 3 -o {archive} {url}"
    check = f"echo '{sha256}  {archive}' | {{command}} -c -"
    yield (
        f"if command -v sha256sum >/dev/null; then {check.format(command='sha256sum')};"
        f" else {check.format(command='shasum -a 256')}; fi"
    )
    yield f"mkdir {folder}"
    if source.filename.endswith(".zip"):
        yield f"unzip -q {archive} -d {folder}-unpacked"
        yield f"mv {folder}-unpacked/*/* {folder}"
    else:
        yield f"tar -xf {archive} -C {folder} --strip-components 1"


def patch_place(patch: Patch) -> str:
    """Where a patch lies in the project."""
    return f"patches/{patch.name.rpartition('/')[2]}"


def apply_patch(patch: Patch, content: bytes, folder: str) -> str:
    """Without fuzz: a patch that does not fit exactly was made for another version."""
    strip = 1 if _WITH_PREFIX.search(content) else 0
    return f'patch -d {folder} -p{strip} -N -F0 -i "$project/{patch_place(patch)}"'
