import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from orchestrator.build.blueprint import blueprint_of
from orchestrator.errors import BadMetadataError
from orchestrator.model import Patch, Source
from orchestrator.resolve.configuration import IndexConfiguration

OFFLINE = IndexConfiguration(offline=True)
PYPROJECT = '[build-system]\nrequires = ["flit_core >=3,<4"]\n'
PATCH = """\
--- a/pyproject.toml
+++ b/pyproject.toml
@@ -1,2 +1,2 @@
 [build-system]
-requires = ["flit_core >=3,<4"]
+requires = ["hatchling"]
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))


def sdist(folder: Path, files: dict[str, str]) -> Source:
    path = folder / "tiny-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(f"tiny-1.0/{name}")
            info.size = len(text)
            info.mtime = 1_600_000_000
            tar.addfile(info, io.BytesIO(text.encode()))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Source(
        name="tiny",
        version="1.0",
        kind="file",
        location=str(path),
        filename=path.name,
        digest=f"sha256:{digest}",
    )


def test_an_sdist_says_what_builds_it(tmp_path: Path) -> None:
    code = {"src/a.c": "xx", "src/b.CPP": "yyy", "tests/c.c": "z", "a.py": "p", "d/e.c": "v"}
    blueprint = blueprint_of(sdist(tmp_path, {"pyproject.toml": PYPROJECT, **code}), (), OFFLINE)
    assert blueprint.requires == ("flit_core >=3,<4",)
    assert blueprint.code == {"c": 3, "c++": 3}
    assert blueprint.released == (2020, 9, 13)
    assert blueprint.buildable


@pytest.mark.parametrize(
    ("files", "buildable"),
    [
        ({"setup.py": ""}, True),
        ({"pyproject.toml": "[project]\n"}, True),
        ({"pyproject.toml": "[tool.x]\n"}, False),
        ({"sub/setup.py": ""}, False),
        ({"a.c": ""}, False),
    ],
)
def test_setuptools_is_what_a_source_needs_that_does_not_say(
    tmp_path: Path, files: dict[str, str], *, buildable: bool
) -> None:
    blueprint = blueprint_of(sdist(tmp_path, files), (), OFFLINE)
    assert blueprint.requires == ("setuptools >= 40.8.0",)
    assert blueprint.buildable is buildable


def test_it_is_read_once(tmp_path: Path) -> None:
    source = sdist(tmp_path, {"pyproject.toml": PYPROJECT})
    first = blueprint_of(source, (), OFFLINE)
    Path(source.location).unlink()
    assert blueprint_of(source, (), OFFLINE) == first


def test_a_patch_of_pyproject_counts(tmp_path: Path) -> None:
    source = sdist(tmp_path, {"pyproject.toml": PYPROJECT})
    path = tmp_path / "a.patch"
    path.write_text(PATCH)
    patch = Patch(name="a.patch", path=path, sha256=hashlib.sha256(PATCH.encode()).hexdigest())
    assert blueprint_of(source, (patch,), OFFLINE).requires == ("hatchling",)
    assert blueprint_of(source, (), OFFLINE).requires == ("flit_core >=3,<4",)


def test_a_folder_says_it_too(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "src" / "lib.rs").write_text("four")
    source = Source(
        name="tiny", version="1", kind="directory", location=str(folder), digest="sha256:0"
    )
    blueprint = blueprint_of(source, (), OFFLINE)
    assert blueprint.requires == ("flit_core >=3,<4",)
    assert blueprint.code == {"rust": 4}


def test_what_is_not_toml_is_an_error_that_says_where(tmp_path: Path) -> None:
    with pytest.raises(BadMetadataError, match=r"tiny-1\.0\.tar\.gz/pyproject\.toml"):
        blueprint_of(sdist(tmp_path, {"pyproject.toml": "[build-system"}), (), OFFLINE)
