"""zig's kit for Linux targets: stubs of the target's libraries, and the libc's own answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from orchestrator.files import cache_directory
from orchestrator.targets import unix_tools, zig_kit
from orchestrator.targets.facts import platform_facts
from orchestrator.targets.flags import rules_for
from orchestrator.targets.kit import read_pyconfig, write_kit, write_script
from orchestrator.targets.pyconfig import glibc_functions, target_pyconfig
from orchestrator.targets.rust import write_rust
from orchestrator.targets.sysroot import Sysroot, write_sysroot
from orchestrator.targets.wrapper import WrapperSpec

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.model import Platform
    from orchestrator.targets.toolchain import Kit, KitRequest

_MUSL_SYMBOL = re.compile(r"^(?:\.globl|\.weak|WEAK\w*) (\w+)$", re.MULTILINE)


def prepare(request: KitRequest, zig: Path) -> Kit:
    """Writes the kit of one build."""
    platform = request.target.platform
    facts = platform_facts(platform)
    sysroot = write_sysroot(cache_directory() / "sysroot", platform, zig)
    spec, pyconfig = _spec(request, zig, sysroot), _pyconfig(request, zig)
    kit = write_kit(request, facts, spec, pyconfig=pyconfig, sysroot=str(sysroot.root))
    tools = {
        "uname": unix_tools.uname(facts),
        "arch": unix_tools.arch(facts),
        "strip": unix_tools.STRIP,
    }
    for name, text in tools.items():
        write_script(kit.path[0] / name, text)
    return msgspec.structs.replace(kit, env={**kit.env, **write_rust(request, kit)})


def _spec(request: KitRequest, zig: Path, sysroot: Sysroot) -> WrapperSpec:
    platform = request.target.platform
    return WrapperSpec(
        programs=zig_kit.programs(zig, platform_facts(platform).zig),
        env=zig_kit.caches(request),
        rules=(*sysroot.rules, *rules_for(platform)),
        compile_flags=(*zig_kit.COMPILE, zig_kit.same_paths(request)),
        # Stripped here: zig's own C++ library has debug information, and auditwheel would call the
        # host's strip, which does not know the target's machine.
        link_flags=("-s", *sysroot.link_flags),
        # zig's C++ library comes whole otherwise: two thirds more bytes.
        cxx_link_flags=("-Wl,--gc-sections",),
        shared_link_flags=sysroot.shared_link_flags,
        cxx_exports=sysroot.cxx_exports,
        flags=request.settings.flags,
        log=str(request.directory / "wrapper.log"),
        linker="lld",
    )


def _pyconfig(request: KitRequest, zig: Path) -> str:
    if request.python is None:
        return ""
    platform = request.target.platform
    libc = "musl" if platform.libc == "musl" else "gnu"
    parts = (
        "include",
        f"libc/include/generic-{'musl' if libc == 'musl' else 'glibc'}",
        # x86_64 has the headers of x86, but for musl's.
        *(f"libc/include/{arch}-linux-{libc}" for arch in _families(platform.arch)),
        *(f"libc/include/{arch}-linux-any" for arch in (*_families(platform.arch), "any")),
    )
    return target_pyconfig(
        read_pyconfig(request.python.include),
        platform_facts(platform),
        zig_kit.headers(*(zig / "lib" / part for part in parts)),
        _functions(platform, zig),
    )


def _families(arch: str) -> tuple[str, ...]:
    return ("x86_64", "x86") if arch == "x86_64" else (arch,)


def _functions(platform: Platform, zig: Path) -> frozenset[str]:
    """Functions of the target's libc that configure might ask for."""
    if platform.libc == "glibc":
        return glibc_functions(platform.minimum)
    source = (zig / "lib/libc/musl/libc.S").read_text(encoding="ascii")
    return frozenset(_MUSL_SYMBOL.findall(source))
