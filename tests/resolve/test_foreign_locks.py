import tomllib

from orchestrator.model import Target
from orchestrator.resolve.foreign_locks import poetry_packages, poetry_roots, uv_nodes
from orchestrator.resolve.graph import Dependency, reach
from orchestrator.targets.tags import parse_interpreter, parse_platform

MAC = Target(platform=parse_platform("macos"), interpreter=parse_interpreter("3.11"))

UV = """
version = 1
[[package]]
name = "app"
version = "0.1"
source = { virtual = "." }
dependencies = [
    { name = "uvicorn", extra = ["standard"] },
    { name = "pywin32", marker = "sys_platform == 'win32'" },
]
[[package]]
name = "uvicorn"
version = "0.54.0"
dependencies = [{ name = "h11" }]
[package.optional-dependencies]
standard = [{ name = "uvloop", marker = "sys_platform != 'win32'" }]
[[package]]
name = "h11"
version = "1"
[[package]]
name = "uvloop"
version = "1"
[[package]]
name = "pywin32"
version = "1"
"""

# As poetry 2.5 and 1.1 write it, shortened.
POETRY = """
[[package]]
name = "uvicorn"
version = "0.30.6"
optional = false
groups = ["main"]
files = [
    {file = "uvicorn-0.30.6-py3-none-any.whl", hash = "sha256:aa"},
    {file = "uvicorn-0.30.6.tar.gz", hash = "sha256:bb"},
]
[package.dependencies]
h11 = ">=0.8"
uvloop = {optional = true, markers = "sys_platform != 'win32' and extra == 'standard'"}
[package.extras]
standard = ["uvloop (>=0.14) ; sys_platform != \\"win32\\""]
[[package]]
name = "uvloop"
version = "0.23.0"
optional = false
groups = ["main"]
markers = "sys_platform != \\"win32\\""
files = []
[[package]]
name = "h11"
version = "1"
groups = ["main"]
[[package]]
name = "pytest"
version = "8"
groups = ["test"]
files = []
[[package]]
name = "own"
version = "1"
groups = ["main"]
files = []
[package.source]
type = "git"
url = "https://example.org/own.git"
reference = "main"
resolved_reference = "abc"
[metadata]
lock-version = "2.1"
[metadata.files]
h11 = [{file = "h11-1.whl", hash = "sha256:cc"}]
"""

OLD = """
[[package]]
name = "web"
version = "1"
optional = false
[package.dependencies]
Loop_Lib = {version = "*", optional = true}
[package.extras]
fast = ["loop-lib (>=1)"]
[[package]]
name = "loop-lib"
version = "2"
optional = true
"""


def test_uv():
    nodes = uv_nodes(tomllib.loads(UV))
    found = reach([Dependency(name="uvicorn", extras=("standard",))], nodes, MAC)
    assert {name: one.needs for name, one in found.items()} == {
        "h11": (),
        "uvicorn": ("h11", "uvloop"),
        "uvloop": (),
    }
    assert "pywin32" not in reach([Dependency(name="app")], nodes, MAC)


def test_poetry():
    lock = tomllib.loads(POETRY)
    packages = {package.node.name: package for package in poetry_packages(lock)}
    assert packages["uvicorn"].hashes == ("sha256:aa", "sha256:bb")
    assert packages["h11"].hashes == ("sha256:cc",)
    assert packages["own"].place == "git+https://example.org/own.git@abc"
    nodes = [package.node for package in packages.values()]
    plain = reach([Dependency(name="uvicorn")], nodes, MAC)
    assert list(plain) == ["h11", "uvicorn"]
    fast = reach([Dependency(name="uvicorn", extras=("standard",))], nodes, MAC)
    assert fast["uvicorn"].needs == ("h11", "uvloop")


def test_poetry_without_a_project_beside_it():
    lock = tomllib.loads(POETRY)
    assert {root.name for root in poetry_roots(poetry_packages(lock), lock)} == {
        "uvicorn",
        "uvloop",
        "h11",
        "own",
    }


def test_poetry_of_old():
    nodes = [package.node for package in poetry_packages(tomllib.loads(OLD))]
    assert list(reach([Dependency(name="web")], nodes, MAC)) == ["web"]
    with_extra = reach([Dependency(name="web", extras=("fast",))], nodes, MAC)
    assert list(with_extra) == ["loop-lib", "web"]
