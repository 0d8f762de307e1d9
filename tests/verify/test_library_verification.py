from __future__ import annotations

import msgspec
import pytest

from orchestrator.binary.kind import FileKind
from orchestrator.binary.macho import Import, Library, MachO
from orchestrator.binary.member import Member
from orchestrator.binary.signature import Signature
from orchestrator.model import (
    NO_PYTHON,
    BuildSettings,
    Platform,
    Source,
    Step,
    Target,
    ToolchainIdentity,
)
from orchestrator.targets.sdk import symbols
from orchestrator.verify.library import verify_library

STEP = Step(
    source=Source(name="tiny", version="1.2", kind="url", location="x", digest="sha256:00"),
    settings=BuildSettings(),
    target=Target(
        platform=Platform(os="macos", arch="arm64", minimum=(11, 0)), interpreter=NO_PYTHON
    ),
    toolchain=ToolchainIdentity(name="zig", versions={}),
    python="",
    fingerprint="ab" * 32,
    kind="library",
)
SYSTEM = "/usr/lib/libSystem.B.dylib"


def loads(*paths: str) -> tuple[Library, ...]:
    return tuple(
        Library(path=path, kind="load", compatibility=(1, 0, 0), current=(1, 0, 0))
        for path in paths
    )


TINY = MachO(
    arch="arm64",
    filetype="dylib",
    minimum=(11, 0),
    install_name="@rpath/libtiny.1.dylib",
    libraries=loads(SYSTEM),
    exports=frozenset({"_tiny"}),
    imports=(Import(name="_malloc", lookup="library", library=SYSTEM),),
    signature=Signature(adhoc=True),
)


def member(macho: MachO = TINY, name: str = "lib/libtiny.1.dylib") -> Member:
    return Member(
        name=name, size=1, sha256=name, kind=FileKind(format="macho", machines=(macho.arch,)),
        slices=(macho,),
    )  # fmt: skip


OTHER = msgspec.structs.replace(TINY, install_name="@rpath/libother.2.dylib")


def codes(macho: MachO, *needed: Member) -> list[tuple[str, str]]:
    found = verify_library(STEP, [member(macho)], needed, symbols)
    return [(finding.code, finding.severity) for finding in found]


def test_a_library_as_it_should_be_has_no_findings():
    assert codes(TINY) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"minimum": (13, 0)}, "MAC005"),
        ({"arch": "x86_64"}, "MAC002"),
        ({"signature": None}, "MAC006"),
        ({"install_name": "/home/me/lib/libtiny.1.dylib"}, "MAC102"),
        ({"libraries": loads(SYSTEM, "@rpath/libmissing.dylib")}, "MAC101"),
        (
            {"imports": (Import(name="_mkfifoat", lookup="library", library=SYSTEM),)},
            "MAC303",
        ),
    ],
)
def test_the_rules_about_wheels_hold(change: dict[str, object], code: str):
    assert (code, "error") in codes(msgspec.structs.replace(TINY, **change))


def test_what_it_needs_is_found_once_both_are_in_a_wheel():
    needy = msgspec.structs.replace(TINY, libraries=loads(SYSTEM, "@rpath/libother.2.dylib"))
    assert codes(needy, member(OTHER, "lib/libother.2.dylib")) == []


def test_the_faults_of_what_it_needs_are_not_its_own():
    faulty = msgspec.structs.replace(OTHER, signature=None)
    assert codes(TINY, member(faulty, "lib/libother.2.dylib")) == []
