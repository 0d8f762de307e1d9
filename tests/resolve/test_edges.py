from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model import Target
from orchestrator.resolve.graph import Dependency, Node, reach
from orchestrator.targets.tags import parse_interpreter, parse_platform


def target(platform: str = "macos", python: str = "3.11") -> Target:
    return Target(platform=parse_platform(platform), interpreter=parse_interpreter(python))


def on(name: str, marker: str = "", **more: str | tuple[str, ...]) -> Dependency:
    return Dependency(name=name, marker=marker, **more)


def node(name: str, *dependencies: Dependency, version: str = "1", **more: tuple[str, ...]) -> Node:
    return Node(name=name, version=version, dependencies=dependencies, **more)


def test_markers_are_the_targets():
    nodes = [
        node("app", on("mac", "sys_platform == 'darwin'"), on("old", "python_version < '3.12'")),
        node("mac"),
        node("old"),
    ]
    assert list(reach([on("app")], nodes, target())) == ["app", "mac", "old"]
    assert list(reach([on("app")], nodes, target("linux", "3.13"))) == ["app"]
    assert reach([on("app", "sys_platform == 'win32'")], nodes, target()) == {}


def test_extras_of_whoever_asks_for_them():
    nodes = [
        node("web", on("server", extras=("fast",))),
        node("server", on("loop", extra="fast"), on("tls", extra="tls"), on("h11")),
        node("poet", on("tls", 'extra == "tls"')),
        node("loop"),
        node("h11"),
        node("tls"),
    ]
    found = reach([on("web")], nodes, target())
    assert found["server"].needs == ("h11", "loop")
    assert "tls" not in found
    assert "tls" in reach([on("web"), on("server", extras=("tls",))], nodes, target())
    assert "tls" in reach([on("poet", extras=("tls",))], nodes, target())
    assert "tls" not in reach([on("poet")], nodes, target())


def test_of_several_versions_the_one_that_holds():
    nodes = [
        node("numpy", version="1", markers=("python_version < '3.12'",)),
        node("numpy", version="2", markers=("python_version >= '3.12'",)),
    ]
    assert reach([on("numpy")], nodes, target())["numpy"].node.version == "1"
    assert reach([on("numpy")], nodes, target(python="3.13"))["numpy"].node.version == "2"
    assert reach([on("numpy", version="2")], nodes, target()) == {}


NAMES = [f"p{number}" for number in range(6)]


@given(st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=4)))
def test_cycles_end_and_everything_required_is_there(graph: dict[str, list[str]]):
    nodes = [node(name, *map(on, needs)) for name, needs in graph.items()]
    found = reach([on(NAMES[0])], nodes, target())
    for name, one in found.items():
        assert set(one.needs) == (set(graph[name]) & set(graph)) - {name}
        assert set(one.needs) <= set(found)
