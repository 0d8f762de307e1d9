from pathlib import Path

import pytest

from orchestrator.errors import (
    MissingInputError,
    MixedInputError,
    NoInputError,
    UnknownInputError,
    UnparsableInputError,
)
from orchestrator.resolve.inputs import Inputs
from orchestrator.resolve.inputs_read import Wanted, read_inputs

LOCK = 'lock-version = "1.0"\ncreated-by = "x"\npackages = []\n'


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def read(cwd: Path, *requirements: str, **wanted: object) -> Inputs:
    return read_inputs(Wanted(requirements=requirements, **wanted), cwd, {"WHO": "six"})


def found(inputs: Inputs) -> list[tuple[str, str]]:
    return [(root.text, root.where) for root in inputs.roots]


def test_files_name_files_relative_to_themselves(tmp_path: Path):
    write(
        tmp_path,
        r_txt="-r deep/more.txt\n-c bounds.txt\nflask\n",
        deep__more_txt="-r again.txt\n${WHO}\n-f links\n",
        deep__again_txt="-r more.txt\nattrs\n",
        deep__links__x_txt="",
        bounds_txt="urllib3<2\n",
    )
    inputs = read(tmp_path, "click", files=(Path("r.txt"),))
    assert found(inputs) == [
        ("click", "the command line"),
        ("flask", "r.txt:3"),
        ("six", "deep/more.txt:2"),
        ("attrs", "deep/again.txt:2"),
    ]
    assert [root.where for root in inputs.constraints] == ["bounds.txt:1"]
    assert inputs.options.find_links == (str(tmp_path / "deep/links"),)


def test_an_environment_of_conda(tmp_path: Path):
    write(
        tmp_path,
        e_yml="dependencies:\n- gcc\n- pip:\n  - -r r.txt\n  - annoy\n",
        r_txt="flask\n",
    )
    inputs = read(tmp_path, files=(Path("e.yml"),))
    assert found(inputs) == [("annoy", "e.yml:5"), ("flask", "r.txt:1")]
    assert inputs.unread[0].endswith("were not looked at: gcc")


def test_a_project_and_its_lock(tmp_path: Path):
    write(tmp_path, pyproject_toml='[project]\nname = "x"\ndependencies = ["flask"]\n')
    alone = read(tmp_path, project=Path())
    assert found(alone) == [("flask", "pyproject.toml:3")]
    # uv reads the file itself, because of all that [tool.uv] can say.
    assert alone.projects == (str(tmp_path / "pyproject.toml"),)
    assert not any(root.requirement for root in alone.roots)
    write(tmp_path, uv_lock="version = 1\n")
    locked = read(tmp_path, project=Path())
    assert locked.lock
    assert locked.lock.kind == "uv"
    assert found(locked) == found(alone)
    assert read(tmp_path, files=(Path("pyproject.toml"),)).lock is None


@pytest.mark.parametrize(
    "files",
    [
        {"setup_py": "setup(ext_modules=[Extension('a', ['a.c'])])"},
        {
            "pyproject_toml": '[project]\nname = "x"\n'
            '[build-system]\nrequires = ["scikit-build-core"]\n'
        },
    ],
)
def test_a_project_that_is_compiled_is_a_package_itself(tmp_path: Path, files: dict[str, str]):
    write(tmp_path, **files)
    (root,) = read(tmp_path, project=Path()).roots
    assert root.location == str(tmp_path)
    assert root.alone == ("pyproject_toml" in files)


def test_a_lock_is_the_whole_truth(tmp_path: Path):
    write(tmp_path, pylock_toml=LOCK)
    assert read(tmp_path, lock=Path("pylock.toml")).lock
    assert read(tmp_path, files=(Path("pylock.toml"),)).lock
    with pytest.raises(MixedInputError, match="flask"):
        read(tmp_path, "flask", lock=Path("pylock.toml"))


def test_what_is_not_there_or_not_known(tmp_path: Path):
    write(tmp_path, r_txt="-r none.txt\n", Pipfile="x", c_txt="-e ./none\n", other_lock="x")
    with pytest.raises(MissingInputError, match=r"none\.txt: .*\(r\.txt:1 names it\)"):
        read(tmp_path, files=(Path("r.txt"),))
    with pytest.raises(MissingInputError, match=r"c\.txt:1: \./none"):
        read(tmp_path, files=(Path("c.txt"),))
    with pytest.raises(MissingInputError):
        read(tmp_path, files=(Path("absent.txt"),))
    with pytest.raises(MissingInputError):
        read(tmp_path, project=Path("absent"))
    with pytest.raises(UnknownInputError, match=r"other\.lock"):
        read(tmp_path, lock=Path("other.lock"))
    write(tmp_path, x_cfg="")
    with pytest.raises(UnknownInputError, match=r"x\.cfg"):
        read(tmp_path, files=(Path("x.cfg"),))
    with pytest.raises(NoInputError):
        read(tmp_path)


def test_files_that_are_broken(tmp_path: Path):
    write(tmp_path, pyproject_toml="= 1", uv_lock="x")
    (tmp_path / "r.txt").write_bytes(b"\xff\xfe\xff")
    for wanted in (
        {"files": (Path("pyproject.toml"),)},
        {"lock": Path("uv.lock")},
        {"files": (Path("r.txt"),)},
    ):
        with pytest.raises(UnparsableInputError):
            read(tmp_path, **wanted)
