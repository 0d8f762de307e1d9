"""cibuildwheel's own parser reads what was written; the scripts are run."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import msgspec
import pytest
from cibuildwheel_reader import (
    SOURCE,
    build_options,
    handover,
    identifiers,
    target,
    write_project,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.emit.cibuildwheel.handover import Handed, HandedLibrary, Handover
from orchestrator.emit.cibuildwheel.project import project_files
from orchestrator.errors import NotHandedOverError
from orchestrator.files import sha256_of
from orchestrator.model import (
    BuildSettings,
    Flags,
    LibraryBuild,
    Needs,
    Patch,
    SourceOverride,
    TestPlan,
)
from orchestrator.registry.load import load_registry

MACOS, LINUX, MUSL = "macosx_11_0_arm64", "manylinux_2_28_aarch64", "musllinux_1_2_aarch64"
FAMILIES = {MACOS: "macosx_arm64", LINUX: "manylinux_aarch64", MUSL: "musllinux_aarch64"}
PYTHONS = [*(f"3.{minor}" for minor in range(9, 15)), "3.14t"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(PYTHONS), st.sampled_from(sorted(FAMILIES))),
        min_size=1,
        unique=True,
    )
)
def test_the_builds_are_exactly_the_targets(tmp_path: Path, wanted: list[tuple[str, str]]):
    folder = write_project(handover(*(target(*item) for item in wanted)), tmp_path)
    built = [*identifiers(folder, "macos"), *identifiers(folder, "linux")]
    asked = [f"cp{python.replace('.', '')}-{FAMILIES[tag]}" for python, tag in wanted]
    assert sorted(built) == sorted(asked)


def test_the_command_says_the_same(tmp_path: Path):
    targets = (target("3.11", MACOS), target("3.13", MACOS), target("3.13", LINUX))
    folder = write_project(handover(*targets), tmp_path)
    (folder / "source").mkdir()
    (folder / "source" / "setup.py").touch()
    options = ("--platform", "macos", "--config-file", "cibuildwheel.toml")
    printed = subprocess.run(
        [sys.executable, "-m", "cibuildwheel", *options, "--print-build-identifiers", "source"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.split() == ["cp311-macosx_arm64", "cp313-macosx_arm64"]


@pytest.mark.parametrize("python", ["3.13t"])
def test_pythons_that_cibuildwheel_does_not_build(python: str):
    with pytest.raises(NotHandedOverError, match=python):
        project_files(handover(target(python)), {})


@given(value=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_of_the_environment_arrive_as_they_are(tmp_path: Path, value: str):
    recipe = BuildSettings(env={"VALUE": value})
    folder = write_project(handover(target("3.11"), settings=recipe), tmp_path)
    options = build_options(folder, "linux", "cp311-manylinux_aarch64")
    assert options.environment.as_dictionary({"HOME": "/root"})["VALUE"] == value


def test_a_macs_build_is_for_the_oldest_macos_of_the_tag(tmp_path: Path):
    folder = write_project(handover(target("3.11", "macosx_13_0_arm64")), tmp_path)
    options = build_options(folder, "macos", "cp311-macosx_arm64")
    env = options.environment.as_dictionary(dict(os.environ))
    assert env["MACOSX_DEPLOYMENT_TARGET"] == "13.0"
    assert env["PKG_CONFIG_LIBDIR"] == f"{Path.cwd()}/toolchain/pkgconfig"
    assert "/opt/homebrew" in (folder / "toolchain" / "toolchain.cmake").read_text()
    assert options.repair_command.startswith("delocate-wheel --require-archs")


@pytest.mark.parametrize(
    ("tag", "image"),
    [
        ("manylinux_2_17_aarch64", "manylinux2014"),
        ("manylinux_2_31_aarch64", "manylinux_2_28"),
        ("manylinux_2_39_x86_64", "manylinux_2_34"),
    ],
)
def test_linux_builds_are_in_an_image_that_is_old_enough(tmp_path: Path, tag: str, image: str):
    folder = write_project(handover(target("3.12", tag)), tmp_path)
    (identifier,) = identifiers(folder, "linux")
    options = build_options(folder, "linux", identifier)
    assert options.manylinux_images
    assert any(f"/{image}_" in value for value in options.manylinux_images.values())
    assert f"--plat {tag} " in options.repair_command


def test_numpys_recipe(tmp_path: Path):
    """Accelerate on a Mac; on Linux the OpenBLAS that the recipe pins."""
    registry = load_registry()
    source = msgspec.structs.replace(SOURCE, name="numpy", version="2.2.6")
    wanted = (target("3.11", "macosx_14_0_arm64"), target("3.13", "macosx_14_0_arm64"))
    wanted += (target("3.11", LINUX),)
    handed = tuple(
        Handed(target=item, settings=registry.settings("numpy", "2.2.6", item)) for item in wanted
    )
    folder = write_project(Handover(source=source, targets=handed), tmp_path)
    assert identifiers(folder, "macos") == ["cp311-macosx_arm64", "cp313-macosx_arm64"]
    assert identifiers(folder, "linux") == ["cp311-manylinux_aarch64"]
    mac = build_options(folder, "macos", "cp313-macosx_arm64")
    assert "setup-args=-Dblas=accelerate" in mac.config_settings
    assert "setup-args=-Duse-ilp64=true" in mac.config_settings
    assert mac.environment.as_dictionary({})["MACOSX_DEPLOYMENT_TARGET"] == "14.0"
    assert "import numpy, numpy.linalg" in (mac.test_command or "")
    assert "pytest" in mac.test_requires
    linux = build_options(folder, "linux", "cp311-manylinux_aarch64")
    assert "setup-args=-Dblas=scipy-openblas" in linux.config_settings
    env = linux.environment.as_dictionary({})
    assert env["PKG_CONFIG_PATH"] == "/project/openblas/pkgconfig"
    assert "scipy-openblas64==0.3.29.0.0" in (folder / "prepare-linux.sh").read_text()
    assert "-lscipy_openblas64_" in (folder / "openblas/pkgconfig/scipy-openblas.pc").read_text()


def test_constraints_of_each_build(tmp_path: Path):
    handed = tuple(
        Handed(target=target(python), settings=BuildSettings(), constraints=(bound,))
        for python, bound in (("3.11", "cython<3"), ("3.13", "cython<3.1"))
    )
    folder = write_project(Handover(source=SOURCE, targets=handed), tmp_path)
    options = build_options(folder, "linux", "cp313-manylinux_aarch64")
    path = options.environment.as_dictionary({})["PIP_BUILD_CONSTRAINT"]
    assert (folder / path.removeprefix("/project/")).read_text() == "cython<3.1\n"
    assert options.build_frontend.name == "pip"


def test_a_recipes_flags_reach_the_compiler(tmp_path: Path):
    flags = Flags(compile_add=("-DADDED",), compile_drop=("-ffast-math",))
    recipe = BuildSettings(flags=flags)
    folder = write_project(handover(target("3.11"), settings=recipe), tmp_path)
    options = build_options(folder, "linux", "cp311-manylinux_aarch64")
    wrapper = options.environment.as_dictionary({})["CC"].replace("/project", str(folder))
    (tmp_path / "bin").mkdir()
    gcc = tmp_path / "bin" / "gcc"
    gcc.write_text('#!/bin/sh\necho "$@"\n')
    gcc.chmod(0o755)
    said = run(tmp_path, "sh", wrapper, "-ffast-math", "-c", "x.c", path=str(gcc.parent))
    assert said.stdout.split() == ["-c", "x.c", "-DADDED"]


def test_two_targets_that_need_different_preparations():
    one, other = (BuildSettings(needs=Needs(tools=(tool,))) for tool in ("bison", "flex"))
    handed = (
        Handed(target=target("3.11"), settings=one),
        Handed(target=target("3.12"), settings=other),
    )
    with pytest.raises(NotHandedOverError, match=r"another prepare-linux\.sh"):
        project_files(Handover(source=SOURCE, targets=handed), {})


# --- the scripts, run ---------------------------------------------------------------------

PATCH = """\
--- a/setup.py
+++ b/setup.py
@@ -1 +1 @@
-broken
+mended
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a patch and a test file of its recipe; its source is an archive here."""
    made = tmp_path / "made" / "tiny-1.0"
    (made / "tests").mkdir(parents=True)
    (made / "setup.py").write_text("broken\n")
    (made / "tests" / "test_tiny.py").write_text("import own\n")
    with tarfile.open(tmp_path / "tiny-1.0.tar.gz", "w:gz") as archive:
        archive.add(made, "tiny-1.0")
    digest = sha256_of(tmp_path / "tiny-1.0.tar.gz")
    source = msgspec.structs.replace(
        SOURCE, location=f"file://{tmp_path}/tiny-1.0.tar.gz", digest=f"sha256:{digest}"
    )
    (tmp_path / "mend.patch").write_text(PATCH)
    (tmp_path / "own.py").write_text("VALUE = 1\n")
    recipe = BuildSettings(
        patches=(Patch(name="tiny/mend.patch", path=tmp_path / "mend.patch", sha256="00"),),
        needs=Needs(tools=("sh",)),
        test=TestPlan(
            command="python -m tests.test_tiny && test ! -e setup.py",
            files=("tests",),
            own_files=(tmp_path / "own.py",),
        ),
    )
    folder = tmp_path / "project"
    return write_project(handover(target("3.11"), settings=recipe, source=source), folder)


def run(folder: Path, *command: str, path: str = "") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_the_source_is_fetched_and_checked(project: Path, tmp_path: Path):
    stand_in = tmp_path / "bin" / "cibuildwheel"  # it would need a Mac, or docker
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\necho "cibuildwheel $@"\n')
    stand_in.chmod(0o755)
    for _ in range(2):  # it can be called again
        ran = run(project, "sh", "build.sh", "--platform", "linux", path=str(stand_in.parent))
        assert ran.returncode == 0, ran.stderr
        expected = "cibuildwheel --config-file cibuildwheel.toml --platform linux source"
        assert ran.stdout.splitlines()[-1] == expected
        assert (project / "source" / "setup.py").read_text() == "broken\n"
    (tmp_path / "tiny-1.0.tar.gz").write_bytes(b"other")
    ran = run(project, "sh", "build.sh", path=str(stand_in.parent))
    assert ran.returncode != 0
    assert "cibuildwheel" not in ran.stdout


def test_patches_are_applied_once(project: Path, tmp_path: Path):
    run(project, "sh", "build.sh", path=str(tmp_path))  # fetches; there is no cibuildwheel
    options = build_options(project, "linux", "cp311-manylinux_aarch64")
    command = options.before_all.format(project=project, package=project / "source")
    ran = run(project, "sh", "-c", command)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (project / "source" / "setup.py").read_text() == "mended\n"
    assert run(project, "sh", "-c", command).returncode != 0


def test_the_tests_find_their_files_in_their_own_folder(project: Path, tmp_path: Path):
    from cibuildwheel.util.file import copy_test_sources  # noqa: PLC0415

    run(project, "sh", "build.sh", path=str(tmp_path))
    options = build_options(project, "linux", "cp311-manylinux_aarch64")
    place = tmp_path / "test_cwd"
    place.mkdir()
    copy_test_sources(options.test_sources, project, place)
    _, _, command = (options.test_command or "").partition(" && ")
    ran = run(place, "sh", "-c", command.replace("python", sys.executable))
    assert ran.returncode == 0, ran.stderr


MAKEFILE = """\
libtiny.a: tiny.c
\tcc -c tiny.c -o tiny.o $(CFLAGS)
\tar rcs libtiny.a tiny.o
install:
\tmkdir -p $(DESTDIR){prefix}/lib $(DESTDIR){prefix}/include
\tcp libtiny.a $(DESTDIR){prefix}/lib
\tcp tiny.h $(DESTDIR){prefix}/include
"""


@pytest.mark.toolchain
def test_libraries_are_built_before(tmp_path: Path):
    """A package like psycopg2: it needs a library, which it finds by a configuration program."""
    prefix = tmp_path / "prefix"  # in place of /opt/orchestrator
    made = tmp_path / "made" / "libtiny-2.0"
    made.mkdir(parents=True)
    (made / "Makefile").write_text(MAKEFILE.replace("{prefix}", str(prefix)))
    (made / "tiny.c").write_text("int tiny(void) { return 42; }\n")
    (made / "tiny.h").write_text("int tiny(void);\n")
    archive = tmp_path / "libtiny-2.0.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(made, "libtiny-2.0")
    library = HandedLibrary(
        source=msgspec.structs.replace(
            SOURCE,
            name="libtiny",
            version="2.0",
            kind="url",
            location=f"file://{archive}",
            digest=f"sha256:{sha256_of(archive)}",
        ),
        settings=BuildSettings(
            env={"CFLAGS": "-DQUOTED='\"x y\"'"},
            library=LibraryBuild(
                system="make",
                linking="static",
                programs={"tiny_config": {"--libdir": "{prefix}/lib", "--version": "{version}"}},
            ),
        ),
    )
    handed = Handed(target=target("3.11"), settings=BuildSettings(), libraries=(library,))
    folder = write_project(Handover(source=SOURCE, targets=(handed,)), tmp_path / "project")
    options = build_options(folder, "linux", "cp311-manylinux_aarch64")
    env = options.environment.as_dictionary({"PATH": "/usr/bin"})
    assert env["PATH"] == "/opt/orchestrator/bin:/usr/bin"
    assert "-L/opt/orchestrator/lib" in env["LDFLAGS"]
    script = (folder / "prepare-linux.sh").read_text()
    work = str(tmp_path / "work")
    script = script.replace("/tmp/orchestrator-libraries", work)
    (folder / "here.sh").write_text(script.replace("/opt/orchestrator", str(prefix)))
    ran = run(folder, "sh", "here.sh", str(folder), str(folder / "source"))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (prefix / "lib" / "libtiny.a").is_file()
    told = run(folder, str(prefix / "bin" / "tiny_config"), "--libdir", "--version")
    assert told.stdout.split() == [f"{prefix}/lib", "2.0"]


def test_what_only_this_machine_has_is_refused(tmp_path: Path):
    for location in (str(tmp_path), "https://user:password@example.org/tiny-1.0.tar.gz"):
        source = msgspec.structs.replace(SOURCE, location=location)
        with pytest.raises(NotHandedOverError) as failure:
            project_files(handover(target("3.11"), source=source), {})
        assert "password@" not in failure.value.message


def test_tests_from_another_source_are_left_out(tmp_path: Path):
    plan = TestPlan(imports=("tiny",), command="false", source=SourceOverride(git="x", rev="y"))
    recipe = BuildSettings(test=plan)
    folder = write_project(handover(target("3.11"), settings=recipe), tmp_path)
    options = build_options(folder, "linux", "cp311-manylinux_aarch64")
    assert options.test_command == 'python -c "import tiny"'


def test_modules_are_found_where_the_recipe_names_none(tmp_path: Path):
    folder = write_project(handover(target("3.11")), tmp_path)
    ran = run(tmp_path, sys.executable, str(folder / "imports.py"), "packaging")
    assert ran.stdout.split() == ["importing", "packaging"]
    assert run(tmp_path, sys.executable, str(folder / "imports.py"), "nowhere").returncode
