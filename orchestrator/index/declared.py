"""What an upload's form declares, and whether that is possible at all. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from orchestrator.index.refusal import RefusalError
from orchestrator.model import Value

if TYPE_CHECKING:
    from orchestrator.index.form import Form

_FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*\.whl", re.ASCII)
# A record's name is longer by 22 bytes, and file systems take 255.
_LONGEST = 220
_SDISTS = (".tar.gz", ".zip", ".tar.bz2", ".egg")
_GONE = frozenset({"submit", "submit_pkg_info", "doc_upload", "verify", "user", "password_reset"})


class Declared(Value):
    """What is uploaded, as its form and file name say together.

    Attributes:
        filename: Safe to be one.
        name: Normalized project name.
        version: PEP 440, as the file name says.
        sha256: Of the bytes that came; hex.
    """

    filename: str
    name: str
    version: str
    sha256: str


def declared(form: Form) -> Declared:
    """What a form says, where it does not contradict itself.

    Raises:
        RefusalError: It does, or it is no upload of a wheel.
    """
    _check_action(form)
    filename = _checked_filename(form)
    _check_digests(form)
    try:
        name, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise RefusalError(400, f"{error}.") from error
    wheel = Declared(
        filename=filename,
        name=name,
        version=str(version),
        sha256=form.digests["sha256_digest"],
    )
    if not agrees(wheel, form.field("name"), form.field("version")):
        said = f"{form.field('name')} {form.field('version')}"
        raise RefusalError(400, f"{filename} is not a file of {said!r}, as the form says.")
    return wheel


def agrees(wheel: Declared, name: str, version: str) -> bool:
    """Whether somebody's words mean the same project and version."""
    try:
        return canonicalize_name(name) == wheel.name and Version(version) == Version(wheel.version)
    except InvalidVersion:
        return False


def _check_action(form: Form) -> None:
    action = form.field(":action")
    if action in _GONE:
        raise RefusalError(410, f":action {action} is no more; files are uploaded by file_upload.")
    if action != "file_upload":
        raise RefusalError(400, "The form's :action is not file_upload.")
    if form.field("protocol_version") not in {"", "1"}:
        raise RefusalError(400, "The form's protocol_version is not 1.")


def _checked_filename(form: Form) -> str:
    filename = form.filename
    if not filename:
        raise RefusalError(400, "The form holds no file named content.")
    if filename.endswith(_SDISTS) or form.field("filetype") not in {"bdist_wheel", ""}:
        raise RefusalError(
            400,
            "This is an index of wheels: it takes no sdists. Build a wheel and upload that "
            "(twine upload dist/*.whl, uv publish dist/*.whl).",
        )
    if not _FILENAME.fullmatch(filename) or len(filename) > _LONGEST:
        raise RefusalError(400, "The file's name is not that of a wheel.")
    return filename


def _check_digests(form: Form) -> None:
    stated = {name: form.field(name).lower() for name in form.digests if form.field(name)}
    if not stated:
        raise RefusalError(400, "The form says no digest of the file: sha256_digest.")
    for name, digest in stated.items():
        if digest != form.digests[name]:
            raise RefusalError(400, f"The file's {name} is {form.digests[name]}, not {digest}.")
