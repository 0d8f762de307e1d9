"""zig's kit for macOS targets: the SDK overlay, and programs that a Mac has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import MissingSDKError, ToolchainBrokenError
from orchestrator.files import cache_directory
from orchestrator.model import Check, Needs
from orchestrator.targets import zig_kit
from orchestrator.targets.apple_tools import write_apple_tools
from orchestrator.targets.facts import platform_facts
from orchestrator.targets.flags import rules_for
from orchestrator.targets.kit import read_pyconfig, write_kit
from orchestrator.targets.pyconfig import target_pyconfig
from orchestrator.targets.rust import write_rust
from orchestrator.targets.sdk.overlay import Overlay, write_overlay
from orchestrator.targets.sdk.realsdk import real_sdk
from orchestrator.targets.sdk.symbols import available_symbols
from orchestrator.targets.wrapper import WrapperSpec

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.targets.toolchain import Kit, KitRequest

LIBSYSTEM = "/usr/lib/libSystem.B.dylib"
_HEADERS = ("lib/libc/include/any-darwin-any", "lib/include")

# The overlay's framework stubs; every other framework needs a real SDK.
OVERLAY_FRAMEWORKS = frozenset({"Accelerate", "vecLib"})

_COMPILE = (
    *zig_kit.COMPILE,
    # Apple's driver protects stacks by default; zig's does not.
    "-fstack-protector",
    # Apple's compact unwind can't express asynchronous tables: with them every function would
    # carry an __eh_frame entry as well, a tenth of a C++ module.
    "-fno-asynchronous-unwind-tables",
    "-funwind-tables",
)


def check_sdk(needs: Needs) -> Check:
    """Whether the overlay will do, or a real SDK is where the recipe needs one."""
    try:
        sdk = real_sdk()
    except ToolchainBrokenError as error:
        return Check(name="SDKROOT", status="missing", found=error.message, fix=error.hint)
    if sdk:
        return Check(name="macOS SDK", status="ok", found=f"{sdk.path} ({sdk.version})")
    if lacking := _lacking(needs):
        return Check(
            name="macOS SDK",
            status="missing",
            found=f"no SDK; needed for {', '.join(lacking)}",
            fix="export SDKROOT=/path/to/MacOSX.sdk",
        )
    return Check(
        name="macOS SDK",
        status="ok",
        found="overlay (libSystem, libc++, Accelerate; SDKROOT not set)",
    )


def _lacking(needs: Needs) -> list[str]:
    """Frameworks that the overlay does not have."""
    return sorted(set(needs.frameworks) - OVERLAY_FRAMEWORKS)


def prepare(request: KitRequest, zig: Path) -> Kit:
    """Writes the kit of one build.

    Raises:
        MissingSDKError: The recipe needs frameworks, and there is no SDK.
    """
    platform, needs = request.target.platform, request.settings.needs
    facts, sdk = platform_facts(platform), real_sdk()
    if sdk is None and (lacking := _lacking(needs)):
        raise MissingSDKError(
            f"The recipe needs frameworks that only Apple's SDK holds: {', '.join(lacking)}."
        )
    overlay = write_overlay(cache_directory() / "sdk", platform, sdk)
    spec, pyconfig, sysroot = _spec(request, zig, overlay), _pyconfig(request, zig), overlay.root
    kit = write_kit(request, facts, spec, pyconfig=pyconfig, sysroot=str(sysroot))
    write_apple_tools(kit.path[0], facts, sdk=str(sysroot), sdk_version=overlay.sdk_version)
    env = {**kit.env, **write_rust(request, kit), "SDKROOT": str(sysroot)}
    return msgspec.structs.replace(kit, env=env)


def _spec(request: KitRequest, zig: Path, overlay: Overlay) -> WrapperSpec:
    platform = request.target.platform
    return WrapperSpec(
        programs=zig_kit.programs(zig, platform_facts(platform).zig),
        env={**overlay.env, **zig_kit.caches(request)},
        rules=rules_for(platform),
        compile_flags=(
            *_COMPILE,
            zig_kit.same_paths(request),
            # Meson reads the framework folders off the preprocessor.
            *(flag for flag in overlay.link_flags if flag.startswith("-F")),
        ),
        link_flags=overlay.link_flags,
        cxx_flags=overlay.cxx_flags,
        # Inline functions come once for each file that uses them. Apple's linker keeps one
        # copy; zig's keeps all of them unless it is told to drop what nothing refers to.
        cxx_link_flags=(*overlay.cxx_link_flags, "-Wl,-dead_strip"),
        flags=request.settings.flags,
        log=str(request.directory / "wrapper.log"),
        linker="ld64",
    )


def _pyconfig(request: KitRequest, zig: Path) -> str:
    if request.python is None:
        return ""
    platform = request.target.platform
    symbols = available_symbols(LIBSYSTEM, platform.minimum) or frozenset()
    return target_pyconfig(
        read_pyconfig(request.python.include),
        platform_facts(platform),
        zig_kit.headers(*(zig / part for part in _HEADERS)),
        {name.removeprefix("_").partition("$")[0] for name in symbols},
    )
