import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from orchestrator.errors import BadConfigurationError
from orchestrator.resolve.configuration import (
    DEFAULT_INDEX,
    IndexConfiguration,
    read_configuration,
    uv_environment,
)

A, B, C = (f"https://{name}.example/simple" for name in "abc")


@pytest.fixture
def home(tmp_path: Path):
    """A home without any configuration, on a machine without any."""
    (tmp_path / "home" / ".config").mkdir(parents=True)
    return tmp_path / "home"


def environ(home: Path, **variables: str):
    # The machine's own files are out of the way, so that only the test's count.
    nowhere = {"XDG_CONFIG_DIRS": str(home / "none"), "PIP_CONFIG_FILE": "/dev/null"}
    return {"HOME": str(home), "VIRTUAL_ENV": str(home / "none"), **nowhere, **variables}


def test_nothing_configured_means_the_default_index(home: Path):
    assert read_configuration(home, environ(home)) == IndexConfiguration(merge=True)


def test_pip_variables(home: Path):
    (home / "links").mkdir()
    found = read_configuration(
        home,
        environ(
            home,
            PIP_INDEX_URL=A,
            PIP_EXTRA_INDEX_URL=f"{B} {C}",
            PIP_FIND_LINKS=f"links {home}/missing https://l.example/",
            PIP_CERT="/ca.pem",
            REQUESTS_CA_BUNDLE="/other.pem",
        ),
    )
    assert found == IndexConfiguration(
        indexes=(B, C, A),
        find_links=(str(home / "links"), "https://l.example/"),
        certificates="/ca.pem",
        merge=True,
    )


def test_pip_files_commands_override_global_and_later_files_earlier(home: Path):
    own = home / "own.conf"
    own.write_text(f"[global]\nindex-url = {A}\n")
    user = home / ".config" / "pip" / "pip.conf"
    user.parent.mkdir()
    user.write_text(
        f"[global]\nindex_url = {B}\nextra-index-url =\n  {B}\n  {C}\n[install]\ncert=/c\n"
    )
    found = read_configuration(home, environ(home, PIP_CONFIG_FILE=str(own)))
    assert found.indexes == (B, C, A)
    assert found.certificates == "/c"
    user.write_text(f"[install]\nindex-url = {C}\n")
    assert read_configuration(home, environ(home, PIP_CONFIG_FILE=str(own))).indexes == (C,)


def test_pip_no_index_leaves_find_links_only(home: Path):
    found = read_configuration(
        home, environ(home, PIP_NO_INDEX="1", PIP_FIND_LINKS="https://l.example/")
    )
    assert (found.indexes, found.find_links) == ((), ("https://l.example/",))


def test_missing_local_indexes_are_ignored(home: Path):
    (home / "here").mkdir()
    here = (home / "here").as_uri()
    found = read_configuration(home, environ(home, PIP_EXTRA_INDEX_URL=f"{here} file:///no/where"))
    assert found.indexes == (here, DEFAULT_INDEX)


def test_uv_variables_silence_pip(home: Path):
    found = read_configuration(
        home,
        environ(
            home,
            PIP_INDEX_URL=C,
            UV_INDEX=f"corp={A}",
            UV_INDEX_CORP_USERNAME="me",
            UV_INDEX_CORP_PASSWORD="p@ss",  # noqa: S106 - made up
            UV_EXTRA_INDEX_URL=B,
        ),
    )
    assert found.indexes == ("https://me:p%40ss@a.example/simple", B, DEFAULT_INDEX)
    assert not found.merge


def test_uv_files_project_before_user(home: Path):
    user = home / ".config" / "uv" / "uv.toml"
    user.parent.mkdir()
    user.write_text(f'index-url = "{C}"\nfind-links = ["https://l.example/"]\n')
    project = home / "project" / "src"
    (project / "wheels").mkdir(parents=True)
    (project / "pyproject.toml").write_text("[project]\nname = 'nothing-for-uv'\n")
    (home / "project" / "wheels").mkdir()
    (home / "project" / "pyproject.toml").write_text(
        f"""
        [[tool.uv.index]]
        url = "{A}"
        default = true
        [[tool.uv.index]]
        url = "{B}"
        [[tool.uv.index]]
        url = "https://explicit.example/"
        explicit = true
        [[tool.uv.index]]
        url = "./wheels"
        format = "flat"
        [tool.uv.pip]
        index-strategy = "unsafe-best-match"
        """
    )
    found = read_configuration(project, environ(home, UV_OFFLINE="true"))
    assert found == IndexConfiguration(
        indexes=(B, A),
        find_links=("https://l.example/", str(home / "project" / "wheels")),
        merge=True,
        offline=True,
    )
    assert read_configuration(project, environ(home, UV_NO_CONFIG="1")).indexes == (DEFAULT_INDEX,)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".config/uv/uv.toml", "index-url = \n"),
        (".config/uv/uv.toml", 'index = "https://h.example"\n'),
        (".config/pip/pip.conf", "no section\n"),
    ],
)
def test_broken_files_are_named(home: Path, name: str, content: str):
    path = home / name
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(BadConfigurationError, match=path.name):
        read_configuration(home, environ(home, PIP_CONFIG_FILE=""))


def test_uv_is_told_the_same():
    configuration = IndexConfiguration(
        indexes=(A, B, C), find_links=("/l", "/m"), certificates="/ca", merge=True
    )
    assert uv_environment(configuration) == {
        "UV_INDEX": f"{A} {B}",
        "UV_DEFAULT_INDEX": C,
        "UV_FIND_LINKS": "/l,/m",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "SSL_CERT_FILE": "/ca",
    }
    assert uv_environment(IndexConfiguration()) == {}


def test_uv_understands_what_it_is_told(tmp_path: Path, home: Path):
    """The real uv resolves a project from a file: index alone, though pip is configured."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not on PATH")
    page = tmp_path / "simple" / "thing" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text('<a href="thing-1.0-py3-none-any.whl">thing-1.0-py3-none-any.whl</a>')
    configuration = read_configuration(
        home, environ(home, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path / "simple" / "thing"))
    )
    with zipfile.ZipFile(page.parent / "thing-1.0-py3-none-any.whl", "w") as wheel:
        folder = "thing-1.0.dist-info"
        wheel.writestr(f"{folder}/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
        wheel.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{folder}/RECORD", "")
    for settings in (configuration, IndexConfiguration(indexes=((tmp_path / "simple").as_uri(),))):
        done = subprocess.run(
            [uv, "pip", "compile", "--no-header", "--no-annotate", "-"],
            input=b"thing",
            capture_output=True,
            env={
                "HOME": str(home),
                "PATH": "/usr/bin:/bin",
                "UV_CACHE_DIR": str(tmp_path / "cache"),
                **uv_environment(settings),
            },
            check=False,
        )
        assert done.stdout.strip() == b"thing==1.0", done.stderr.decode()
