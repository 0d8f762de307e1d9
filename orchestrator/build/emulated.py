"""The emulated route: the target's own GCC compiles, too. Slow, and what comes nearest to native.

The kit is that of a cross build, for programs that don't know of emulation (cmake, cargo) can't
run what they make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orchestrator.targets import unix_tools, zig_kit
from orchestrator.targets.facts import platform_facts
from orchestrator.targets.flags import HOST_PATHS, NATIVE
from orchestrator.targets.gcc import NAMES_LIBC
from orchestrator.targets.kit import read_pyconfig, write_kit, write_script
from orchestrator.targets.rust import write_rust
from orchestrator.targets.wrapper import WrapperSpec

if TYPE_CHECKING:
    from orchestrator.emulator.compilers import Compilers
    from orchestrator.targets.toolchain import Kit, KitRequest


def emulated_kit(request: KitRequest, compilers: Compilers) -> Kit:
    """Writes the kit of one build.

    Args:
        request: Its Python is the target's.
        compilers: Of the target.
    """
    assert request.python is not None  # noqa: S101 (libraries are cross-compiled)
    facts = platform_facts(request.target.platform)
    programs = compilers.root / "usr" / "bin"
    spec = WrapperSpec(
        programs={
            "cc": compilers.command("gcc"),
            "c++": compilers.command("g++"),
            **{name: (str(programs / name),) for name in ("ar", "ranlib")},
        },
        env={},
        rules=(*HOST_PATHS, *NATIVE),
        compile_flags=("-g0", zig_kit.same_paths(request)),
        link_flags=("-s", "-Wl,--build-id=none"),
        shared_link_flags=NAMES_LIBC,
        flags=request.settings.flags,
        log=str(request.directory / "wrapper.log"),
        linker="",
    )
    pyconfig = read_pyconfig(request.python.include)
    kit = write_kit(request, facts, spec, pyconfig=pyconfig, sysroot=str(compilers.root))
    write_script(kit.path[0] / "strip", unix_tools.STRIP)
    return msgspec.structs.replace(kit, env={**kit.env, **write_rust(request, kit)})
