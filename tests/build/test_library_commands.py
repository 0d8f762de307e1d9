from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.build.library_commands import (
    PREFIX,
    Command,
    Places,
    library_commands,
)
from orchestrator.model import BuildSystem, LibraryBuild

PLACES = Places(
    source=Path("/b/source"),
    work=Path("/b/objects"),
    stage=Path("/b/stage"),
    needs=Path("/b/libraries"),
    meson_cross_file=Path("/b/kit/cross.ini"),
    triples=("aarch64-apple-darwin20", "x86_64-pc-linux-gnu"),
    jobs=3,
)


def commands(build: LibraryBuild) -> tuple[Command, ...]:
    return library_commands(build, PLACES)


def test_cmake_is_configured_for_the_prefix_and_installed_elsewhere():
    build = LibraryBuild(system="cmake", folder="c", arguments=("-DSSL={needs}", "-DP={prefix}/x"))
    configure, compiled, install = commands(build)
    assert configure.words[:7] == ("cmake", "-S", "/b/source/c", "-B", "/b/objects", "-G", "Ninja")
    assert f"-DCMAKE_INSTALL_PREFIX={PREFIX}" in configure.words
    assert "-DBUILD_SHARED_LIBS=ON" in configure.words
    assert configure.words[-2:] == ("-DSSL=/b/libraries", f"-DP={PREFIX}/x")
    assert compiled.words == ("cmake", "--build", "/b/objects", "-j", "3")
    assert (install.words[:2], install.destination) == (("cmake", "--install"), "/b/stage")


def test_configure_is_told_target_and_host():
    configure, make, install = commands(LibraryBuild(system="autotools", arguments=("--x={host}",)))
    assert configure.words == (
        "sh",
        "./configure",
        f"--prefix={PREFIX}",
        f"--libdir={PREFIX}/lib",
        "--host=aarch64-apple-darwin20",
        "--build=x86_64-pc-linux-gnu",
        "--enable-shared",
        "--disable-static",
        "--x=aarch64-apple-darwin20",
    )
    assert make.words == ("make", "-j3")
    assert install.words == ("make", "install", "DESTDIR=/b/stage")


def test_parts_of_a_project_are_made_and_installed():
    build = LibraryBuild(
        system="autotools", targets=("-C", "src/lib"), install=("-C inc install", "-C src install")
    )
    _, make, *installs = commands(build)
    assert make.words == ("make", "-j3", "-C", "src/lib")
    assert [command.words[1:4] for command in installs] == [
        ("-C", "inc", "install"),
        ("-C", "src", "install"),
    ]


def test_make_gets_its_arguments_every_time_and_a_command_before_it():
    build = LibraryBuild(
        system="make", configure=("perl", "Configure"), arguments=("PREFIX={prefix}",)
    )
    configure, make, install = commands(build)
    assert configure.words == ("perl", "Configure")
    assert make.words == ("make", "-j3", f"PREFIX={PREFIX}")
    assert install.words == ("make", f"PREFIX={PREFIX}", "install", "DESTDIR=/b/stage")
    assert len(commands(LibraryBuild(system="make"))) == 2


def test_meson_is_given_the_cross_file():
    setup, compiled, install = commands(LibraryBuild(system="meson", arguments=("-Dx=1",)))
    assert setup.words[:4] == ("meson", "setup", "/b/objects", "/b/source")
    assert setup.words[-2:] == ("--cross-file=/b/kit/cross.ini", "-Dx=1")
    assert compiled.words == ("ninja", "-C", "/b/objects", "-j3")
    assert install.words[-1] == "--destdir=/b/stage"


@pytest.mark.parametrize(
    ("system", "word"),
    [
        ("cmake", "-DBUILD_SHARED_LIBS=OFF"),
        ("autotools", "--disable-shared"),
        ("autotools", "--with-pic"),
        ("meson", "-Ddefault_library=static"),
    ],
)
def test_static_libraries_are_asked_for(system: BuildSystem, word: str):
    configure, *_ = commands(LibraryBuild(system=system, linking="static"))
    assert word in configure.words
