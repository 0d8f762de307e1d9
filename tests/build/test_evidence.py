"""Whether a source tree holds code to compile."""

from pathlib import Path

import pytest

from orchestrator.build.evidence import holds_extensions

PROJECTS = Path(__file__).parents[1] / "projects"


@pytest.mark.parametrize(
    "project",
    ["c-setuptools", "cblas-scikit-build-core", "meson-python-ext", "abi3", "swallows-failure"],
)
def test_projects_with_extensions(project: str):
    assert holds_extensions(PROJECTS / project)


@pytest.mark.parametrize(
    ("files", "holds"),
    [
        ({"setup.py": "setup(ext_modules=[])"}, False),  # says so, but there is no source
        ({"setup.py": "setup()", "src/a.c": ""}, False),  # a source that nothing compiles
        ({"setup.py": "Extension('a', ['a.c'])", "a.c": ""}, True),
        ({"setup.py": "Extension('a', ['a.pyx'])", "a.pyx": ""}, True),
        ({"setup.py": "cffi_modules=['build.py:ffi']", "_x.c": ""}, True),
        ({"pyproject.toml": "build-backend = 'maturin'", "src/lib.rs": ""}, True),
        ({"setup.py": "Extension", "tests/a.c": ""}, False),
        ({"README": "C"}, False),
    ],
)
def test_what_counts(tmp_path: Path, files: dict[str, str], *, holds: bool):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert holds_extensions(tmp_path) is holds


def test_a_setup_script_that_is_not_utf8(tmp_path: Path):
    (tmp_path / "setup.py").write_bytes(b"# \xe9\nExtension('a', ['a.c'])")
    (tmp_path / "a.c").touch()
    assert holds_extensions(tmp_path)
