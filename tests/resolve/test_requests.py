import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import BadRequirementError
from orchestrator.model import Request
from orchestrator.resolve.requests import ARCHIVE_SUFFIXES, classify

CWD = Path("/nowhere")
NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,10}[A-Za-z0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("annoy", Request(kind="index", text="annoy", name="annoy")),
        (
            "Ruamel.Yaml[jinja2,docs] >=0.17,<1",
            Request(
                kind="index",
                text="Ruamel.Yaml[jinja2,docs] >=0.17,<1",
                name="ruamel-yaml",
                specifier="<1,>=0.17",
                extras=("docs", "jinja2"),
            ),
        ),
        (
            "git+https://forge.example/a/b.git@v1.0",
            Request(
                kind="git",
                text="git+https://forge.example/a/b.git@v1.0",
                location="https://forge.example/a/b.git",
                revision="v1.0",
            ),
        ),
        (
            "git+ssh://git@forge.example/a/b",
            Request(
                kind="git",
                text="git+ssh://git@forge.example/a/b",
                location="ssh://git@forge.example/a/b",
            ),
        ),
        (
            "B_c @ git+file:///srv/b@feature/x#subdirectory=python",
            Request(
                kind="git",
                text="B_c @ git+file:///srv/b@feature/x#subdirectory=python",
                name="b-c",
                location="file:///srv/b#subdirectory=python",
                revision="feature/x",
            ),
        ),
        (
            "thing@https://files.example/thing-1.tar.gz#sha256=00",
            Request(
                kind="file",
                text="thing@https://files.example/thing-1.tar.gz#sha256=00",
                name="thing",
                location="https://files.example/thing-1.tar.gz#sha256=00",
            ),
        ),
    ],
)
def test_forms_that_need_no_look_at_the_disk(text: str, expected: Request):
    assert classify(text, CWD) == expected


def test_files_and_folders_are_found_from_the_working_directory(tmp_path: Path):
    (tmp_path / "folder").mkdir()
    for suffix in ARCHIVE_SUFFIXES:
        (tmp_path / f"a-1{suffix}").touch()
        found = classify(f"a-1{suffix}", tmp_path)
        assert (found.kind, found.location) == ("file", str(tmp_path / f"a-1{suffix}"))
    for text in ("./folder", "folder/", f"{tmp_path}/folder", f"x @ file://{tmp_path}/folder"):
        found = classify(text, tmp_path)
        assert (found.kind, found.location) == ("directory", str(tmp_path / "folder"))


def test_a_bare_word_is_a_project_even_beside_a_folder_of_that_name(tmp_path: Path):
    (tmp_path / "annoy").mkdir()
    assert classify("annoy", tmp_path).kind == "index"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("a\0b", "NUL"),
        ("./missing", "no file or folder /nowhere/missing"),
        ("missing-1.0.tar.gz", "looks like a path"),
        ("a-1-py3-none-any.whl", "wheel already"),
        ("https://h.example/a-1-py3-none-any.whl", "wheel already"),
        ("https://h.example/page", "does not name an sdist"),
        ("ftp://h.example/a.tar.gz", "scheme ftp"),
        ("git+ext://sh -c evil", "git+ must be followed"),
        ("git+https://h.example/a@", "revision"),
        ("git+https://h.example/a@--upload-pack=evil", "revision"),
        ("https://[half/a.tar.gz", "malformed"),
        ("annoy=1", "annoy=1"),
        ("annoy >= ", "annoy"),
        ("annoy; python_version < '3'", "marker"),
        ("two words", "two words"),
    ],
)
def test_what_is_wrong_is_said(text: str, why: str):
    with pytest.raises(BadRequirementError) as caught:
        classify(text, CWD)
    assert why in caught.value.message


def test_a_file_that_is_no_sdist(tmp_path: Path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(BadRequirementError, match="not an sdist"):
        classify("./notes.txt", tmp_path)


@given(st.text())
def test_any_text_is_a_request_or_one_clear_error(text: str):
    with contextlib.suppress(BadRequirementError):
        assert classify(text, CWD).kind in {"index", "file", "directory", "git"}


@given(NAMES, st.sampled_from(["", "==1.2", ">=1,<2", "~=1.4.1", "!=3"]))
def test_names_are_normalized(name: str, specifier: str):
    found = classify(name + specifier, CWD)
    assert found.kind == "index"
    assert found.name == found.name.lower()
    assert "_" not in found.name
    assert "." not in found.name
    assert "--" not in found.name


SECRETS = st.from_regex(r"[A-Za-z0-9_~!$&'()*+,;=-]{4,12}", fullmatch=True).map("s3cr".__add__)


@given(SECRETS, SECRETS, st.sampled_from(["git+https://", "https://", "ftp://", "git+http://"]))
def test_credentials_are_in_no_text_and_no_message(user: str, password: str, scheme: str):
    text = f"{scheme}{user}:{password}@h.example/a-1.tar.gz"
    try:
        shown = classify(text, CWD).text
    except BadRequirementError as error:
        shown = error.message
    assert user not in shown
    assert password not in shown
