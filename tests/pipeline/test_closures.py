import os
import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

from orchestrator.errors import UnsatisfiableError
from orchestrator.model import Closure, Target
from orchestrator.pipeline.closures import ClosureOptions, closures
from orchestrator.resolve.inputs_read import Wanted, read_inputs
from orchestrator.targets.tags import parse_interpreter, parse_platform

pytestmark = pytest.mark.network


def target(platform: str = "macos", python: str = "3.11") -> Target:
    return Target(platform=parse_platform(platform), interpreter=parse_interpreter(python))


def closures_of(
    *requirements: str, targets: tuple[Target, ...] = (target(),), **options: bool
) -> tuple[Closure, ...]:
    inputs = read_inputs(Wanted(requirements=requirements), Path.cwd(), os.environ)
    return closures(inputs, targets, ClosureOptions(**options), lambda _: None)


def test_wheels_are_those_that_the_target_takes():
    old, new, linux = closures_of(
        "markupsafe==3.0.2",
        "scikit-learn==1.5.2",
        targets=(target(), target("macosx_12_0_arm64", "3.12"), target("linux")),
    )
    wheels = [
        {package.name: package.wheel and package.wheel.filename for package in found.packages}
        for found in (old, new, linux)
    ]
    assert wheels[0]["scikit-learn"] is None
    assert wheels[1]["scikit-learn"] == "scikit_learn-1.5.2-cp312-cp312-macosx_12_0_arm64.whl"
    assert wheels[0]["markupsafe"] == "MarkupSafe-3.0.2-cp311-cp311-macosx_11_0_arm64.whl"
    assert wheels[2]["markupsafe"] == (
        "MarkupSafe-3.0.2-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl"
    )


def test_what_pulls_a_package_in():
    (found,) = closures_of("jinja2==3.1.4", "annoy==1.17.3", "colorama; sys_platform == 'win32'")
    packages = {package.name: package for package in found.packages}
    assert packages["jinja2"].needs == ("markupsafe",)
    assert packages["markupsafe"].roots == ("jinja2==3.1.4",)
    assert packages["annoy"].sdist
    assert packages["annoy"].wheel is None
    assert sorted(packages) == ["annoy", "jinja2", "markupsafe"]


def test_contradictions_are_explained_by_uv():
    with pytest.raises(UnsatisfiableError) as caught:
        closures_of("jinja2==3.1.4", "markupsafe<2")
    assert "jinja2==3.1.4 depends on markupsafe>=2" in " ".join(caught.value.details)


def test_what_has_nothing_for_the_target_is_in_the_closure_all_the_same():
    (closure,) = closures_of("tensorflow==2.10.0", "six", targets=(target(python="3.10"),))
    assert [package.name for package in closure.packages] == ["six", "tensorflow"]
    tensorflow = closure.packages[1]
    assert (tensorflow.version, tensorflow.wheel, tensorflow.sdist) == ("2.10.0", None, None)
    assert not tensorflow.dependencies_known  # only its wheels tell, and they are for others
    assert any("macosx_10_14_x86_64" in wheel.filename for wheel in tensorflow.wheels)
    assert "placeholders" not in closure.lock


DYNAMIC = """\
import sys
from setuptools import setup
setup(
    name="asks-where-it-is",
    version="1.0",
    install_requires=["six" if sys.platform == "darwin" else "attrs"],
)
"""


@pytest.mark.toolchain
def test_build_backends_are_asked_with_the_target_in_sight(tmp_path: Path):
    (tmp_path / "setup.py").write_text(DYNAMIC)
    mac, linux = closures_of(str(tmp_path), targets=(target(), target("linux")))
    assert [package.name for package in mac.packages] == ["asks-where-it-is", "six"]
    assert [package.name for package in linux.packages] == ["asks-where-it-is", "attrs"]
    assert mac.packages[0].source
    assert mac.packages[0].source.digest
    assert mac.packages[0].dependencies_known


def test_backends_that_must_not_be_asked(tmp_path: Path):
    (tmp_path / "setup.py").write_text(DYNAMIC)
    (found,) = closures_of(str(tmp_path), build_metadata=False)
    assert [package.dependencies_known for package in found.packages] == [False]


def test_a_uv_lock_is_taken_as_it_is(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\n'
        'dependencies = ["jinja2==3.1.4"]\n[dependency-groups]\ntest = ["annoy"]\n'
        '[tool.uv]\nconstraint-dependencies = ["markupsafe==2.1.5"]\n'
    )
    command = [find_uv_bin(), "lock", "-q", "--no-python-downloads", "--project", str(tmp_path)]
    subprocess.run(command, check=True)
    wanted = Wanted(project=tmp_path)
    (locked,) = closures(
        read_inputs(wanted, Path.cwd(), os.environ), (target(),), ClosureOptions(), lambda _: None
    )
    assert [(package.name, package.version, package.roots) for package in locked.packages] == [
        ("jinja2", "3.1.4", ("jinja2==3.1.4",)),
        ("markupsafe", "2.1.5", ("jinja2==3.1.4",)),
    ]
    # Resolved anew, [tool.uv] counts too.
    anew = Wanted(files=(tmp_path / "pyproject.toml",), groups=("test",))
    (resolved,) = closures(
        read_inputs(anew, Path.cwd(), os.environ), (target(),), ClosureOptions(), lambda _: None
    )
    assert [(package.name, package.version) for package in resolved.packages] == [
        ("annoy", "1.17.3"),
        ("jinja2", "3.1.4"),
        ("markupsafe", "2.1.5"),
    ]
