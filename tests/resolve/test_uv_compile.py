import pytest

from orchestrator.errors import ResolverError, UnsatisfiableError
from orchestrator.model import Target
from orchestrator.resolve.configuration import IndexConfiguration
from orchestrator.resolve.uv_compile import (
    Metadata,
    configuration_tables,
    failure,
    parse_edges,
    platform_variables,
    uv_platform,
)
from orchestrator.targets.tags import parse_interpreter, parse_platform

MAC = Target(platform=parse_platform("macosx_13_0_arm64"), interpreter=parse_interpreter("3.11"))


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("macos", "aarch64-apple-darwin"),
        ("linux", "aarch64-manylinux_2_28"),
        ("manylinux2014_x86_64", "x86_64-manylinux_2_17"),
        ("manylinux_2_27_aarch64", "aarch64-manylinux_2_17"),
        ("manylinux_2_34_aarch64", "aarch64-manylinux_2_34"),
        ("manylinux_2_44_aarch64", "aarch64-manylinux_2_40"),
        ("musllinux_1_2_aarch64", "aarch64-unknown-linux-musl"),
    ],
)
def test_platforms_as_uv_names_them(platform: str, name: str):
    assert uv_platform(parse_platform(platform)) == name


def test_the_oldest_macos_is_a_variable():
    assert platform_variables(MAC.platform) == {"MACOSX_DEPLOYMENT_TARGET": "13.0"}


def test_who_requires_whom():
    assert parse_edges(
        "annoy==1.17.3             # via -r r.txt\n"
        "Flask==3.1                # via my-app (pyproject.toml), other\n"
        "jinja2==3.1 ; python_version < '4'  # via flask, -r r.txt\n"
        "own @ git+https://example.org/own.git@abc  # via flask\n"
        "other==1\n"
    ) == {
        "annoy": (),
        "flask": ("jinja2", "own"),
        "other": ("flask",),
        "jinja2": (),
        "own": (),
    }


def test_the_users_configuration_is_passed_on():
    tables = configuration_tables(
        [
            {"exclude-newer": "2024-01-01", "constraint-dependencies": ["a<2"], "index": [1]},
            {"exclude-newer": "2020-01-01", "pip": {"constraint-dependencies": ["b<2"]}},
        ],
        IndexConfiguration(indexes=("https://a.example/simple", "")),
        "https://default.example/simple",
        [Metadata(name="x", version="1", requires_dist=("y",), provides_extra=("z",))],
    )
    assert tables["exclude-newer"] == "2024-01-01"
    assert tables["constraint-dependencies"] == ["a<2", "b<2"]
    assert [(index["url"], index["default"]) for index in tables["index"]] == [
        ("https://a.example/simple", False),
        ("https://default.example/simple", True),
    ]
    assert tables["dependency-metadata"] == [
        {"name": "x", "requires-dist": ["y"], "version": "1", "provides-extra": ["z"]}
    ]


def test_no_index_at_all():
    tables = configuration_tables([], IndexConfiguration(indexes=()), "https://d.example", [])
    assert tables["no-index"] is True
    assert tables["index"] == []


def test_uvs_explanation_is_kept_without_secrets():
    said = ["error: No solution found when resolving dependencies", "", "  cause: Because a<b"]
    error = failure(said, MAC)
    assert isinstance(error, UnsatisfiableError)
    assert error.details == (said[0], said[2])
    other = failure(["error: https://u:secret@example.org answered 500"], MAC)
    assert isinstance(other, ResolverError)
    assert "secret" not in other.details[0]
