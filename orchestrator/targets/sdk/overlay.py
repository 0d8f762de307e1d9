"""Writes the SDK overlay: a folder that stands for Apple's SDK where there is none.

zig brings libc's headers and a stub of the newest ``libSystem``. The overlay lays the rest around
them in an SDK's own layout: stubs that list what the deployment target has and nothing newer, so
that a configure script's probes answer as that macOS would, and the Accelerate framework. zig takes
it for an SDK through the file that ``ZIG_LIBC`` names (zig 0.17 and later).

With a real SDK, headers, frameworks and libraries are that one's; only libc++ and the compiler's
runtime stay the overlay's: the first because the functions that zig's newer libc++ headers call
must exist on the deployment target, the second because it is no part of an SDK.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import ToolchainBrokenError
from orchestrator.model import Platform, Value
from orchestrator.targets.sdk import accelerate
from orchestrator.targets.sdk.libcxx import libcxx_flags
from orchestrator.targets.sdk.stubs import stub_text
from orchestrator.targets.sdk.symbols import ACCELERATE, available_symbols

if TYPE_CHECKING:
    from orchestrator.targets.sdk.realsdk import RealSDK

_FRAMEWORKS = "System/Library/Frameworks"
_RUNTIME = "usr/lib/libclang_rt.osx.a"
_LIBCXX = {"usr/lib/libc++.1.tbd": "/usr/lib/libc++.1.dylib"}
_STUBS = {
    "usr/lib/libSystem.tbd": "/usr/lib/libSystem.B.dylib",
    "usr/lib/libc++abi.tbd": "/usr/lib/libc++abi.dylib",
    "usr/lib/libz.tbd": "/usr/lib/libz.1.dylib",
    "usr/lib/libiconv.tbd": "/usr/lib/libiconv.2.dylib",
    f"{_FRAMEWORKS}/Accelerate.framework/Accelerate.tbd": ACCELERATE,
    # Apple's vecLib is a part of Accelerate; who links it may as well load the whole.
    f"{_FRAMEWORKS}/vecLib.framework/vecLib.tbd": ACCELERATE,
}
# Other names for the same, as in Apple's SDK: find_library looks for them.
_LINKS = {
    "usr/lib/libc++.tbd": "libc++.1.tbd",
    **{f"usr/lib/lib{name}.tbd": "libSystem.tbd" for name in ("c", "dl", "m", "pthread")},
    f"{_FRAMEWORKS}/Accelerate.framework/Frameworks/vecLib.framework": "../../vecLib.framework",
}


class Overlay(Value):
    """An overlay on disk, and how to compile with it.

    Attributes:
        root: The folder that stands for the SDK (``--show-sdk-path``, ``CMAKE_OSX_SYSROOT``).
        sdk_version: What binaries and ``--show-sdk-version`` state, e.g. ``11.0``.
        env: Environment of every call of zig.
        cxx_flags: For every call of the C++ driver, compiling or linking.
        link_flags: For every link.
        cxx_link_flags: Once for every link that needs libc++, instead of the package's own
            ``-lc++``, ``-lstdc++`` and ``-lc++abi``, which would have zig link its static libc++.
    """

    root: Path
    sdk_version: str
    env: dict[str, str]
    cxx_flags: tuple[str, ...]
    link_flags: tuple[str, ...]
    cxx_link_flags: tuple[str, ...]


def write_overlay(directory: Path, platform: Platform, sdk: RealSDK | None = None) -> Overlay:
    """Writes the overlay of a platform, unless it is there.

    Args:
        directory: Parent of all overlays; each has a folder named by the digest of its content.
        platform: A macOS platform.
        sdk: Apple's SDK, where the user has one.

    Raises:
        ToolchainBrokenError: zig is not installed, or is too old.
    """
    zig_lib = zig_folder() / "lib"
    folder = directory.absolute() / _digest(platform, str(zig_lib), sdk)
    # What binaries state as their SDK. macOS holds those of a newer SDK to stricter rules, which
    # zig's linker does not know; and the stubs hold the deployment target's symbols, no others.
    version = sdk.version if sdk else "{}.{}".format(*platform.minimum)
    root = sdk.path if sdk else folder
    if not folder.is_dir():
        files = _files(platform, root, None if sdk else version)
        _publish(folder, files, zig_lib, platform, own_headers=sdk is None)
    return Overlay(
        root=root,
        sdk_version=version,
        env={"ZIG_LIBC": str(folder / "libc.txt")},
        cxx_flags=libcxx_flags(zig_lib),
        link_flags=(
            f"-L{root}/usr/lib",
            f"-F{root}/{_FRAMEWORKS}",
            # Without zig's own runtime, which it builds first, for a quarter of a minute.
            "-rtlib=none",
            f"{folder}/{_RUNTIME}",
        ),
        cxx_link_flags=(f"{folder}/usr/lib/libc++.1.tbd",),
    )


def zig_folder() -> Path:
    """The folder of the ``ziglang`` package: the program ``zig`` and its ``lib``.

    Raises:
        ToolchainBrokenError: It is not installed, or is too old.
    """
    spec = importlib.util.find_spec("ziglang")
    places = spec.submodule_search_locations if spec else None
    folder = Path(next(iter(places))) if places else None
    if folder is None or not (folder / "lib/libc/include/any-darwin-any").is_dir():
        raise ToolchainBrokenError(
            "zig 0.17, which has the headers of macOS, is not installed.",
            hint="pip install 'ziglang>=0.17,<0.18'",
        )
    return folder


def _digest(platform: Platform, zig_lib: str, sdk: RealSDK | None) -> str:
    """Everything that decides the content: the arguments and this package's own files."""
    digest = hashlib.sha256(f"{platform.tag}\0{zig_lib}\0{sdk}\0".encode())
    package = Path(__file__).parent
    for path in sorted((*package.glob("*.py"), *package.glob("data/*"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def _files(platform: Platform, root: Path, version: str | None) -> dict[str, str]:
    """Path in the overlay -> content; without ``version``, what goes beside a real SDK."""
    libc = {
        "include_dir": f"{root}/usr/include",
        "sys_include_dir": f"{root}/usr/include",
        "crt_dir": f"{root}/usr/lib",
        "msvc_lib_dir": "",
        "kernel32_lib_dir": "",
        "gcc_dir": "",
        "darwin_sdk_dir": str(root),
    }
    stubs = _LIBCXX if version is None else {**_LIBCXX, **_STUBS}
    files = {"libc.txt": "".join(f"{key}={value}\n" for key, value in libc.items())}
    for path, install_name in stubs.items():
        symbols = available_symbols(install_name, platform.minimum) or ()
        files[path] = stub_text(install_name, f"{platform.arch}-macos", symbols)
    if version is not None:
        files["SDKSettings.json"] = json.dumps(
            {
                "CanonicalName": f"macosx{version}",
                "DisplayName": f"macOS {version}",
                "MinimalDisplayName": version,
                "Version": version,
            }
        )
        files |= {f"{_FRAMEWORKS}/{path}": text for path, text in accelerate.headers().items()}
    return files


def _publish(
    folder: Path, files: dict[str, str], zig_lib: Path, platform: Platform, *, own_headers: bool
) -> None:
    """Writes into a folder beside the final one and renames it: there is never half of one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        draft.chmod(0o755)
        for name, text in files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if own_headers:
            (draft / "usr/include").symlink_to(zig_lib / "libc/include/any-darwin-any")
            for name, target in _LINKS.items():
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                (draft / name).symlink_to(target)
        _build_runtime(zig_lib, platform, draft / _RUNTIME)
        try:
            draft.rename(folder)
        except OSError:
            # Another process was quicker; the name says that its content is the same.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _build_runtime(zig_lib: Path, platform: Platform, archive: Path) -> None:
    """Compiles the few functions that compilers call and libSystem lacks (a tenth of a second)."""
    zig = str(zig_lib.parent / "zig")
    source = Path(__file__).parent / "data" / "runtime.c"
    target = "aarch64-macos.{}.{}".format(*platform.minimum)
    with tempfile.TemporaryDirectory() as scratch:
        compiled = str(Path(scratch) / "runtime.o")
        env = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": scratch, "ZIG_LOCAL_CACHE_DIR": scratch}
        env.pop("ZIG_LIBC", None)
        flags = ("-O2", "-g0", "-fno-sanitize=undefined")
        for command in (
            (zig, "cc", "-target", target, *flags, "-c", str(source), "-o", compiled),
            (zig, "ar", "rcsD", str(archive), compiled),
        ):
            done = subprocess.run(
                command,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise ToolchainBrokenError(
                    f"zig can't compile for {platform.tag}: {done.stderr.strip()}"
                )
