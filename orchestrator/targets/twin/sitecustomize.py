"""Makes a host interpreter answer as the target's. Copied into the cross kit; never imported here.

Packages' build scripts branch on ``sys.platform``, ``platform.machine()``, ``os.uname()``. Python's
own modules do too, at import time, and must go on seeing the host, or they import what the host
lacks (``_scproxy``). So the answer depends on who asks: while a module of the standard library
is being imported, ``sys.platform`` is the host's. distutils is the exception: it is a build script.

Runs on CPython 3.9 to 3.14, before anything else of the build.
"""

import json
import os
import sys
from importlib.machinery import PathFinder

with open(os.path.join(os.path.dirname(__file__), "target.json"), encoding="utf-8") as _file:
    TARGET = json.load(_file)

HOST_PLATFORM = sys.platform
STDLIB = os.path.dirname(os.__file__)
AS_TARGET = ("distutils", "sysconfig", "_osx_support", "platform", "site")


def _uname():
    return os.uname_result(
        (TARGET["sysname"], "build", TARGET["release"], TARGET["version"], TARGET["machine"])
    )


def _mac_ver(release="", versioninfo=("", "", ""), machine=""):
    return (TARGET["os_version"], ("", "", ""), TARGET["machine"])


class _AsHost:
    """A loader that shows the host's ``sys.platform`` to the module it loads."""

    def __init__(self, loader):
        self._loader = loader

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        shown, sys.platform = sys.platform, HOST_PLATFORM
        try:
            self._loader.exec_module(module)
        finally:
            sys.platform = shown


class _Platform(_AsHost):
    """Loads ``platform`` and gives it the target's macOS version."""

    def exec_module(self, module):
        self._loader.exec_module(module)
        if TARGET["sys_platform"] == "darwin":
            module.mac_ver = _mac_ver


class _Finder:
    """Finds modules of the standard library, to load them as the host's."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        top = name.partition(".")[0]
        if top in AS_TARGET and top != "platform":
            return None
        spec = PathFinder.find_spec(name, path, target)
        origin = spec and spec.origin
        if not origin or not spec.loader or not origin.startswith(STDLIB) or "-packages" in origin:
            return None
        spec.loader = _Platform(spec.loader) if name == "platform" else _AsHost(spec.loader)
        return spec


def _is_told_otherwise():
    """Whether this process is a build tool that has files to tell it host and target apart."""
    words = getattr(sys, "orig_argv", None)
    if words is None:  # CPython 3.9
        try:
            with open("/proc/self/cmdline", "rb") as file:
                words = os.fsdecode(file.read()).split("\0")
        except OSError:
            return False
    return any(os.path.basename(word) in ("meson", "meson.py") for word in words[:4])


def _impersonate():
    os.uname = _uname
    if "platform" in sys.modules:
        sys.modules["platform"].mac_ver = _mac_ver
    sys.meta_path.insert(0, _Finder)
    sys.platform = TARGET["sys_platform"]


if not _is_told_otherwise():
    _impersonate()
