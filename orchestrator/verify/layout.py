"""Where a wheel's files lie once installed (PEP 427).

Paths are relative to the prefix of an imaginary environment; its site-packages is as deep as a
real one's, which is all that relative paths depend on.
"""

from __future__ import annotations

import posixpath

SITE_PACKAGES = "lib/python3/site-packages"
_SCHEMES = {
    "platlib": SITE_PACKAGES,
    "purelib": SITE_PACKAGES,
    "scripts": "bin",
    "data": ".",
    "headers": "include",
}


def installed_path(name: str, dist_info: str) -> str:
    """Where the member ``name`` of a wheel ends up, relative to the environment's prefix."""
    data = dist_info.removesuffix(".dist-info") + ".data/"
    if name.startswith(data):
        scheme, _, rest = name.removeprefix(data).partition("/")
        return posixpath.normpath(f"{_SCHEMES.get(scheme, SITE_PACKAGES)}/{rest}")
    return posixpath.normpath(f"{SITE_PACKAGES}/{name}")
