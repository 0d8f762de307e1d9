#!/usr/bin/env python3
"""Writes orchestrator/verify/data/manylinux.json: what each manylinux tag promises.

    scripts/data/manylinux_policy.py

The facts are those of auditwheel's policies (its package must be installed): symbol versions and
libraries that every system has for which the tag is installed, and names that these libraries
hold but don't promise. verify needs them where auditwheel is not, on a Mac.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

OUTPUT = Path(__file__).parents[2] / "orchestrator/verify/data/manylinux.json"
ARCHES = ("aarch64", "x86_64")


def policy(facts: dict) -> dict | None:
    """One policy without what is of other architectures; None where nothing is left."""
    match = re.fullmatch(r"manylinux_(\d+)_(\d+)", facts["name"])
    arches = {
        arch: {family: " ".join(names) for family, names in versions.items()}
        for arch, versions in facts["symbol_versions"].items()
        if arch in ARCHES
    }
    if not match or not arches:
        return None
    return {
        "glibc": f"{match[1]}.{match[2]}",
        "versions": arches,
        "libraries": " ".join(sorted(facts["lib_whitelist"])),
        "unpromised": {
            library: " ".join(sorted(names)) for library, names in facts["blacklist"].items()
        },
    }


def main() -> None:
    text = files("auditwheel.policy").joinpath("manylinux-policy.json").read_text(encoding="utf-8")
    policies = [found for facts in json.loads(text) if (found := policy(facts))]
    policies.sort(key=lambda item: tuple(map(int, item["glibc"].split("."))))
    data = {"source": f"auditwheel {version('auditwheel')}", "policies": policies}
    OUTPUT.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(f"{OUTPUT}: {len(policies)} policies")


if __name__ == "__main__":
    main()
