"""What a whole environment is: conda's, several OpenMP runtimes, several BLAS builds."""

from pathlib import Path

import msgspec
import pytest
from installed_tree import ARM, INTEL, LIBRARY, LOADER, Tree

from orchestrator.audit.environment.audit import audit_folder
from orchestrator.audit.environment.facts import Environment, InstalledFinding, Runtime
from orchestrator.audit.environment.rules import judge
from orchestrator.model import Interpreter


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "env")


def findings(tree: Tree) -> tuple[InstalledFinding, ...]:
    return audit_folder(tree.packages).findings


def test_an_intel_conda_runs_under_rosetta(tree: Tree):
    tree.conda("python", "osx-64", {"bin/python3.11": INTEL})
    tree.conda("zlib", "osx-64", {"lib/libz.dylib": INTEL})
    tree.conda("tzdata", "noarch")
    (finding,) = findings(tree)
    assert (finding.code, finding.severity) == ("ENV102", "warning")
    assert finding.files == ("python", "zlib")
    assert "CONDA_SUBDIR=osx-arm64 conda create -n NAME python=3.11" in finding.hint


def test_conda_packages_for_intel_below_an_arm64_python(tree: Tree):
    tree.conda("python", "osx-arm64", {"bin/python3.11": ARM})
    tree.conda("zlib", "osx-64", {"lib/libz.dylib": INTEL})
    conda, library = findings(tree)
    assert (conda.code, conda.severity, conda.files) == ("ENV103", "error", ("zlib",))
    assert (library.code, library.package) == ("ENV104", "zlib==1.0")
    assert library.hint == "`conda install --force-reinstall zlib=1.0`"


def test_a_universal_python_that_rosetta_runs():
    runtime = Runtime(
        os="macos",
        machine="x86_64",
        hardware="arm64",
        holds=("x86_64", "arm64"),
        executable="/usr/local/bin/python3.11",
        interpreter=Interpreter(major=3, minor=11),
        system=(14, 2),
    )
    environment = Environment(root="/env", folders=(), runtime=runtime)
    (finding,) = judge(environment)
    assert finding.code == "ENV101"
    assert "arch -arm64 /usr/local/bin/python3.11" in finding.hint
    arm = msgspec.structs.replace(runtime, machine="arm64")
    assert judge(msgspec.structs.replace(environment, runtime=arm)) == ()


def test_two_copies_of_libomp(tree: Tree):
    tree.package("torch", {"torch/lib/libomp.dylib": LIBRARY})
    assert findings(tree) == ()
    tree.package("sklearn", {"sklearn/.dylibs/libomp.dylib": LIBRARY})
    tree.package("gcc", {"gcc/.dylibs/libgomp.1.dylib": LIBRARY})
    (finding,) = findings(tree)
    assert (finding.code, finding.severity) == ("ENV201", "warning")
    assert "2 copies of an OpenMP runtime, of sklearn, torch" in finding.message
    assert "OMP: Error #15" in finding.message
    assert len(finding.files) == 2


def loading(library: bytes, rpath: bytes) -> bytes:
    """user.so with other names in its load commands; they must not be longer."""
    data = LOADER.read_bytes().replace(b"@rpath/libtiny.dylib", library.ljust(20, b"\0"), 1)
    return data.replace(b"@loader_path", rpath.ljust(12, b"\0"), 1)


@pytest.mark.parametrize(("rpath", "copies"), [(b"/opt/lib", 2), (b"@loader_path", 1), (b"", 2)])
def test_libomp_from_outside_of_the_environment(tree: Tree, rpath: bytes, copies: int):
    module = "user.cpython-311-darwin.so"
    tree.package("torch", {"torch/libomp.dylib": LIBRARY})
    tree.package("gbm", {f"torch/{module}": loading(b"@rpath/libomp.dylib", rpath)})
    found = findings(tree)
    assert len(found) == copies - 1
    if rpath == b"/opt/lib":
        assert "/opt/lib/libomp.dylib" in found[0].files


def test_one_copy_under_two_names_is_one(tree: Tree):
    tree.conda("llvm-openmp", "osx-arm64", {"lib/libomp.dylib": LIBRARY})
    (tree.root / "lib" / "libiomp5.dylib").symlink_to("libomp.dylib")
    assert findings(tree) == ()


def test_builds_of_openblas_with_names_of_their_own(tree: Tree):
    tree.package("numpy", {"numpy/.dylibs/libscipy_openblas64_.dylib": LIBRARY})
    tree.package("scipy", {"scipy/.dylibs/libscipy_openblas.dylib": LIBRARY})
    (finding,) = findings(tree)
    assert (finding.code, finding.severity) == ("ENV202", "note")
    assert "ILP64 (scipy's names) (numpy)" in finding.message


def test_mixed_builds_of_blas(tree: Tree):
    accelerate = b"/Accelerate.framework/Accelerate"
    tree.conda("mkl", "osx-arm64", {"lib/libmkl_rt.2.dylib": LIBRARY})
    tree.package("old", {"old/libopenblas.0.dylib": LIBRARY})
    # A shorter path than Apple's: there is no room for that in the tiny file.
    data = LOADER.read_bytes().replace(b"/usr/lib/libSystem.B.dylib", accelerate[:26], 1)
    assert b"/Accelerate.framework/" in data
    tree.package("fast", {"fast/user.cpython-311-darwin.so": data})
    (finding,) = findings(tree)
    assert finding.severity == "warning"
    assert finding.message.startswith(
        "3 builds of BLAS: Accelerate (fast); MKL (mkl); OpenBLAS LP64 (old)."
    )
