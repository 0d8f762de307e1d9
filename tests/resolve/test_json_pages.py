import json

import pytest
from pypi_simple import ProjectPage

from orchestrator.resolve.json_pages import parse_json

URL = "https://one.example/simple/my-pkg/"
NAMES = [
    "my_pkg-1.0.tar.gz",
    "my-pkg-1.0.post1.zip",
    "My.Pkg-1.0-2.tar.bz2",
    "my_pkg-2013-02-16.tgz",
    "my_pkg-1.0-cp311-cp311-macosx_11_0_arm64.whl",
    "My_Pkg-1.0+cpu-1-py3-none-any.whl",
]
OTHERS = [
    "my_pkg_extra-1.0.tar.gz",
    "pkg-1.0.tar.gz",
    "my_pkg-1.0.exe",
    "my_pkg-1.0-py3.9.egg",
    "my_pkg-1.0.tar.gz.asc",
    "other-1.0-py3-none-any.whl",
    "my_pkg-1.0.whl",
]


def page(*files: dict[str, object]) -> bytes:
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "my-pkg", "files": files}).encode()


def listed(filename: str, **facts: object) -> dict[str, object]:
    return {"filename": filename, "url": f"../../files/{filename}", "hashes": {}} | facts


@pytest.mark.parametrize("filename", NAMES)
def test_it_reads_what_pypi_simple_reads(filename: str):
    content = page(
        listed(
            filename,
            **{
                "hashes": {"sha256": "AB" * 32, "md5": "0"},
                "requires-python": ">=3.8",
                "upload-time": "2024-01-02T03:04:05.678901Z",
                "yanked": "bad",
                "size": 3,
                "core-metadata": False,
            },
        )
    )
    (package,) = ProjectPage.from_json_data(json.loads(content), base_url=URL).packages
    (entry,) = parse_json("my-pkg", content, URL)
    assert (entry.filename, entry.url, entry.version, entry.kind) == (
        package.filename,
        package.url,
        package.version,
        package.package_type,
    )
    assert entry.url == f"https://one.example/files/{filename}"
    assert (entry.sha256, entry.requires_python, entry.yanked) == ("ab" * 32, ">=3.8", True)
    assert entry.uploaded.startswith("2024-01-02T03:04:05")


@pytest.mark.parametrize("filename", OTHERS)
def test_files_of_other_projects_and_kinds_count_for_nothing(filename: str):
    assert parse_json("my-pkg", page(listed(filename)), URL) == []


def test_what_is_not_said():
    (entry,) = parse_json("my-pkg", page(listed(NAMES[0], **{"requires-python": None})), URL)
    assert (entry.sha256, entry.requires_python, entry.yanked, entry.uploaded) == (
        "",
        "",
        False,
        "",
    )


def test_credentials_of_links_are_left_out():
    url = "https://user:secret@two.example/my_pkg-1.0.tar.gz"
    (entry,) = parse_json("my-pkg", page(listed(NAMES[0], url=url)), URL)
    assert entry.url == "https://two.example/my_pkg-1.0.tar.gz"


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"meta": {"api-version": "2.0"}, "files": []}'])
def test_what_is_no_page(content: bytes):
    with pytest.raises(ValueError, match=r"."):
        parse_json("my-pkg", content, URL)
