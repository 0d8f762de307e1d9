"""What becomes of a library's folder. Files are what build systems install, not compiled here."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from orchestrator.binary.macho import Library, MachO
from orchestrator.binary.member import Member
from orchestrator.build.library_commands import PREFIX
from orchestrator.build.library_prefix import lay_in_libraries
from orchestrator.errors import LibraryIncompleteError
from orchestrator.model import (
    NO_PYTHON,
    BuildSettings,
    BuiltLibrary,
    LibraryBuild,
    PackedLibrary,
    Platform,
    Source,
    Step,
    Target,
    ToolchainIdentity,
    VerifiedLibrary,
)
from orchestrator.repair.bench import Bench
from orchestrator.repair.library import options_for, pack_library
from orchestrator.wheelhouse.libraries import LibraryStore
from orchestrator.wheelhouse.store import open_wheelhouse

CREATED = "2025-06-01T12:00:00Z"


def step(build: LibraryBuild, fingerprint: str = "ab" * 32) -> Step:
    return Step(
        source=Source(name="tiny", version="1.2", kind="url", location="x", digest="sha256:00"),
        settings=BuildSettings(library=build),
        target=Target(
            platform=Platform(os="linux", arch="aarch64", minimum=(2, 28), libc="glibc"),
            interpreter=NO_PYTHON,
        ),
        toolchain=ToolchainIdentity(name="zig", versions={}),
        python="",
        fingerprint=fingerprint,
        kind="library",
    )


class Workshop:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.needs = folder / "libraries"
        self.prefix = folder / "stage"
        self.source = folder / "source"
        (folder / "scratch").mkdir()
        self.source.mkdir()
        self.write("lib/libtiny.so.1", "code")
        (self.prefix / "lib/libtiny.so").symlink_to("libtiny.so.1")

    def write(self, name: str, text: str, *, top: Path | None = None) -> None:
        path = (top or self.prefix) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def pack(self, **build: object) -> PackedLibrary:
        how = LibraryBuild(system="make", **build)
        return pack_library(
            BuiltLibrary(step=step(how), prefix=self.prefix),
            self.source,
            self.needs,
            self.folder / "packed",
            Bench(self.folder / "scratch"),
        )


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def test_what_no_build_reads_is_left_out(workshop: Workshop):
    for name in (
        "share/man/man3/tiny.3",
        "share/doc/tiny/index.html",
        "lib/libtiny.la",
        "lib/libtiny.a",
        "bin/tiny",
        "etc/tiny.conf",
        "include/tiny.h",
        "lib/pkgconfig/tiny.pc",
        "share/pkgconfig/more.pc",
        "share/tiny/cmake/tiny.cmake",
        "bin/tiny-config",
    ):
        workshop.write(name, "text")
    assert workshop.pack().files == (
        "bin/tiny-config",
        "include/tiny.h",
        "lib/libtiny.so",
        "lib/libtiny.so.1",
        "lib/pkgconfig/tiny.pc",
        "share/pkgconfig/more.pc",
        "share/tiny/cmake/tiny.cmake",
    )


def test_a_static_library_s_shared_sister_is_left_out(workshop: Workshop):
    workshop.write("lib/libtiny.a", "code")
    assert workshop.pack(linking="static").files == ("lib/libtiny.a",)


def test_paths_lead_to_where_it_is_laid_in(workshop: Workshop, tmp_path: Path):
    workshop.write("lib/pkgconfig/tiny.pc", f"prefix={PREFIX}\nRequires: -L{workshop.needs}/lib\n")
    published = publish(workshop.pack(), tmp_path / "wheelhouse")
    into = tmp_path / "elsewhere"
    assert lay_in_libraries([published], into) == ("library tiny 1.2",)
    text = (into / "lib/pkgconfig/tiny.pc").read_text()
    assert text == f"prefix={into}\nRequires: -L{into}/lib\n"
    assert (into / "lib/libtiny.so").readlink() == Path("libtiny.so.1")


def test_programs_answer_each_option_with_a_line(workshop: Workshop, tmp_path: Path):
    programs = {
        "tiny_config": {"--version": "Tiny {version}", "--libs": "-L{prefix}/lib -l'a b' $HOME"}
    }
    published = publish(workshop.pack(programs=programs), tmp_path / "wheelhouse")
    into = tmp_path / "in"
    lay_in_libraries([published], into)

    def say(*options: str) -> subprocess.CompletedProcess[str]:
        command = (into / "bin/tiny_config", *options)
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert say("--version", "--libs").stdout == f"Tiny 1.2\n-L{into}/lib -l'a b' $HOME\n"
    unknown = say("--ldflags")
    assert (unknown.returncode, unknown.stderr) == (1, "tiny_config: --ldflags is not known\n")


def test_licences_travel_with_it(workshop: Workshop):
    workshop.write("LICENCE", "free", top=workshop.source)
    workshop.write("third/COPYING", "free", top=workshop.source)
    files = workshop.pack(licences=("LICENCE", "third/*")).files
    assert files[-2:] == ("share/licenses/tiny/LICENCE", "share/licenses/tiny/third/COPYING")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        ({"installs": ("lib/libtiny.*", "include/*.h")}, "did not install include/\\*.h"),
        ({"linking": "static"}, "did not install a static library"),
        ({"licences": ("COPYING",)}, "has no licence file 'COPYING'"),
    ],
)
def test_what_the_recipe_says_must_be_there(
    workshop: Workshop, build: dict[str, object], message: str
):
    with pytest.raises(LibraryIncompleteError, match=message):
        workshop.pack(**build)


def test_the_same_files_make_the_same_archive(tmp_path: Path):
    contents = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        contents.append(Workshop(tmp_path / name).pack().path.read_bytes())
    assert contents[0] == contents[1]
    with tarfile.open(
        tmp_path / "a/packed/tiny-1.2-manylinux_2_28_aarch64-abababababababab.tar.gz"
    ) as tar:
        assert {(info.uid, info.uname, info.mtime) for info in tar} == {(0, "", 315_619_200)}


def test_install_names_and_what_is_loaded_lose_their_folders():
    def library(path: str) -> Library:
        return Library(path=path, kind="load", compatibility=(1, 0, 0), current=(1, 0, 0))

    macho = MachO(
        arch="arm64",
        filetype="dylib",
        install_name=f"{PREFIX}/lib/libtiny.1.dylib",
        libraries=(
            library(f"{PREFIX}/lib/libother.2.dylib"),
            library("/b/libraries/lib/libneeded.3.dylib"),
            library("/usr/lib/libSystem.B.dylib"),
        ),
        rpaths=(f"{PREFIX}/lib", "@loader_path"),
    )
    member = Member(name="lib/libtiny.1.dylib", size=1, sha256="0", slices=(macho,))
    assert options_for(member, (PREFIX, "/b/libraries")) == (
        *("-delete_rpath", f"{PREFIX}/lib"),
        *("-id", "@rpath/libtiny.1.dylib"),
        *("-change", f"{PREFIX}/lib/libother.2.dylib", "@rpath/libother.2.dylib"),
        *("-change", "/b/libraries/lib/libneeded.3.dylib", "@rpath/libneeded.3.dylib"),
    )


def publish(packed: PackedLibrary, wheelhouse: Path):
    verified = VerifiedLibrary(packed=packed, findings=(), interface="1" * 64)
    store = LibraryStore(open_wheelhouse(wheelhouse))
    return store.publish(verified, seconds=1.0, created=CREATED)
