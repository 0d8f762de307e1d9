"""What a manylinux tag promises: symbol versions and libraries that every system for it has.

``data/manylinux.json`` is written by ``scripts/data/manylinux_policy.py`` from auditwheel's
policies; PEP 600 says what a tag means.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import msgspec

from orchestrator.model import Value

_NUMBERS = re.compile(r"\d+(?:\.\d+)+")


class Policy(Value):
    """What is there on every system that installs a wheel of one tag.

    Attributes:
        glibc: Its version (major, minor).
        versions: Symbol versions by family, e.g. ``{"GLIBC": {"2.17", …}}``.
        libraries: That need not be in the wheel, by soname.
        unpromised: Names that such a library has on some of the systems only.
    """

    glibc: tuple[int, int]
    versions: dict[str, frozenset[str]]
    libraries: frozenset[str]
    unpromised: dict[str, frozenset[str]]

    def allows(self, version: str) -> bool:
        """Whether a symbol version, e.g. ``GLIBCXX_3.4.29``, is there; unknown families are."""
        family, _, number = version.partition("_")
        known = self.versions.get(family)
        if known is None or number in known:
            return True
        if family != "GLIBC" or not _NUMBERS.fullmatch(number):
            return False
        return tuple(map(int, number.split("."))) <= self.glibc


class _Policy(msgspec.Struct):
    glibc: str
    versions: dict[str, dict[str, str]]
    libraries: str
    unpromised: dict[str, str]


class _File(msgspec.Struct):
    policies: list[_Policy]


def policy(glibc: tuple[int, int], arch: str) -> Policy | None:
    """What a tag promises: for a version between two known ones, what the older one does.

    Returns:
        None for an unknown architecture, or a glibc older than its first.
    """
    older = [known for known in _policies(arch) if known.glibc <= glibc]
    return msgspec.structs.replace(older[-1], glibc=glibc) if older else None


def newest(arch: str) -> Policy | None:
    """The known policy of the newest glibc."""
    return next(reversed(_policies(arch)), None)


@cache
def _policies(arch: str) -> tuple[Policy, ...]:
    """Those of an architecture, oldest first."""
    text = files("orchestrator.verify").joinpath("data/manylinux.json").read_bytes()
    return tuple(
        Policy(
            glibc=_version(item.glibc),
            versions={
                family: frozenset(names.split()) for family, names in item.versions[arch].items()
            },
            libraries=frozenset(item.libraries.split()),
            unpromised={
                library: frozenset(names.split()) for library, names in item.unpromised.items()
            },
        )
        for item in msgspec.json.decode(text, type=_File).policies
        if arch in item.versions
    )


def _version(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major), int(minor)
