"""The ``zig`` toolchain: compiles for macOS and Linux targets on any host that is no Mac.

The compiler, the libc headers and stubs come from the ``ziglang`` package; what a target has beyond
them and builds ask for is added by ``zig_macos`` and ``zig_linux``.
"""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from orchestrator.errors import ToolchainBrokenError
from orchestrator.model import Check, Needs, Platform, Route, ToolchainIdentity
from orchestrator.targets import zig_linux, zig_macos
from orchestrator.targets.kit import kit_digest
from orchestrator.targets.sdk.overlay import zig_folder
from orchestrator.targets.sdk.realsdk import real_sdk

if TYPE_CHECKING:
    from orchestrator.targets.toolchain import Host, Kit, KitRequest


class ZigToolchain:
    """Implements ``Toolchain`` with the zig of the ``ziglang`` package."""

    name = "zig"

    def __init__(self, host: Host) -> None:
        self.host = host

    def builds(self, platform: Platform) -> bool:  # noqa: ARG002 (the protocol's)
        """Every platform, off a Mac."""
        return self.host.os != "macos"

    def route(self, platform: Platform) -> Route:  # noqa: ARG002 (the protocol's)
        """Always cross: the build is told everything, even about the host's own architecture."""
        return "cross"

    def identity(self) -> ToolchainIdentity:
        """The versions of zig, of this folder's own rules, and of a real SDK where one is given.

        Raises:
            ToolchainBrokenError: There is no zig, or ``SDKROOT`` names no SDK.
        """
        zig_folder()
        versions = {"zig": importlib.metadata.version("ziglang"), "kit": kit_digest()}
        if sdk := real_sdk():
            versions["MacOSX.sdk"] = sdk.version
        return ToolchainIdentity(name=self.name, versions=versions)

    def checks(self, platform: Platform, needs: Needs) -> tuple[Check, ...]:
        """That zig is there, and for macOS, that a real SDK is where the recipe needs one."""
        try:
            zig_folder()
        except ToolchainBrokenError as error:
            return (Check(name="zig", status="missing", found=error.message, fix=error.hint),)
        version = importlib.metadata.version("ziglang")
        found = Check(name="zig", status="ok", found=f"ziglang {version}")
        return (found, zig_macos.check_sdk(needs)) if platform.os == "macos" else (found,)

    def prepare(self, request: KitRequest) -> Kit:
        """Writes the wrappers, the twin of the interpreter, and what zig lacks of the target."""
        zig = zig_folder()
        if request.target.platform.os == "macos":
            return zig_macos.prepare(request, zig)
        return zig_linux.prepare(request, zig)
