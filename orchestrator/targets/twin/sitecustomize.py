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
AS_TARGET = ("distutils", "sysconfig", "_osx_support", "site")


def _uname():
    return os.uname_result(
        (TARGET["sysname"], "build", TARGET["release"], TARGET["version"], TARGET["machine"])
    )


def _mac_ver(release="", versioninfo=("", "", ""), machine=""):
    return (TARGET["os_version"], ("", "", ""), TARGET["machine"])


class _Loader:
    """A loader that shows one ``sys.platform`` to the module it loads."""

    def __init__(self, loader, shown):
        self._loader = loader
        self._shown = shown

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        before, sys.platform = sys.platform, self._shown
        try:
            self._loader.exec_module(module)
        finally:
            sys.platform = before
        if module.__name__ == "platform" and TARGET["sys_platform"] == "darwin":
            module.mac_ver = _mac_ver


class _Finder:
    """Finds modules that must be loaded with another ``sys.platform`` than the current one."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in AS_TARGET and sys.platform != HOST_PLATFORM:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if not spec or not spec.origin or not spec.loader:
            return None
        shown = _shown_to(name, spec.origin)
        if shown == sys.platform and name != "platform":
            return None
        spec.loader = _Loader(spec.loader, shown)
        return spec


def _shown_to(name, origin):
    """The host's platform for modules of the standard library, the target's for all others.

    The others may be imported by one of the library (Debian's imports setuptools' distutils).
    """
    standard = origin.startswith(STDLIB) and "-packages" not in origin
    own = standard and name.partition(".")[0] not in AS_TARGET
    return HOST_PLATFORM if own else TARGET["sys_platform"]


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
