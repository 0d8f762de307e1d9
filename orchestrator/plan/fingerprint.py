"""The digest of everything that can change what a step makes, and the parts it is made of.

Up to date means: a wheel of this fingerprint is in the wheelhouse. So whatever can change a
wheel's bytes, or whether it may be published, is in here; where files happen to lie on this
machine is not, or two people could not share a wheelhouse.

The parts are kept, as texts that a person can read: two sets of them say why a wheel is built
again.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from orchestrator.model import BuildSettings
from orchestrator.registry.select import CHANGES_NO_WHEEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from orchestrator.model import Source, Step, StepKind, Target, ToolchainIdentity

# Raised when orchestrator itself makes another wheel from the same inputs.
FORMAT = 4

NEEDS = "needs "
"""How the name of a part begins that is another step; the rest is that step's label."""
REQUIRES = "build requirement "
"""How the name of a part begins that is a locked build requirement; the rest is its name."""

_NO_PART = frozenset({*CHANGES_NO_WHEEL, "patches"})


def parts_of(
    source: Source,
    settings: BuildSettings,
    target: Target,
    toolchain: ToolchainIdentity,
    python: str,
    *,
    kind: StepKind = "wheel",
    build_requires: Iterable[str] = (),
) -> dict[str, str]:
    """All that can change what a step makes, by name.

    Args:
        source: Pinned; its digest stands for its content, so its place and kind do not count.
        settings: Of the recipes; files' names and explanations do not count.
        target: What is built for.
        toolchain: What compiles.
        python: Full version of the host interpreter.
        kind: Of what is made.
        build_requires: Locked, ``name==version``.

    Raises:
        ValueError: The source has no digest: two sources would look the same.
    """
    if not source.digest:
        raise ValueError(f"{source.name}=={source.version}: a source without digest can't be built")
    locked = (pin.partition("==") for pin in build_requires)
    return {
        "format": str(FORMAT),
        "kind": kind,
        "project": f"{source.name}=={source.version}",
        "source": source.digest,
        **dict(_of_recipe(settings)),
        "target": f"{target.platform.os} {target}",
        "toolchain": toolchain.name,
        **{f"toolchain {name}": version for name, version in toolchain.versions.items()},
        "python": python,
        **{f"{REQUIRES}{name}": version for name, _, version in locked},
    }


def _of_recipe(settings: BuildSettings) -> Iterator[tuple[str, str]]:
    """What recipes say, setting by setting; what they leave alone is no part."""
    default = BuildSettings()
    for name in BuildSettings.__struct_fields__:
        value = getattr(settings, name)
        if name not in _NO_PART and value != getattr(default, name):
            yield f"recipe {name}", msgspec.json.encode(value, order="deterministic").decode()
    if settings.patches:
        yield "patches", " ".join(patch.sha256 for patch in settings.patches)


def fingerprint_of(parts: Mapping[str, str]) -> str:
    """The digest of a step's parts: 64 hex digits."""
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()


def with_needs(step: Step, needs: Mapping[str, str]) -> Step:
    """The step, fingerprinted anew with the steps that it needs.

    Args:
        step: Of whatever fingerprint; other needs of its parts are forgotten.
        needs: Their fingerprints, by their labels.
    """
    own = {name: value for name, value in step.parts.items() if not name.startswith(NEEDS)}
    parts = own | {f"{NEEDS}{label}": digest for label, digest in needs.items()}
    return msgspec.structs.replace(step, parts=parts, fingerprint=fingerprint_of(parts))


def settled(step: Step, interfaces: Mapping[str, str]) -> str:
    """The fingerprint in which a step's needs count with their interfaces alone.

    Known once they are built. Where it is that of a wheel made before, that wheel is up to date,
    whatever else has changed in what it needs.

    Args:
        step: Whose parts count.
        interfaces: Digests of what its needs offer, by their labels.
    """
    return fingerprint_of(
        {
            name: f"interface {interfaces[name.removeprefix(NEEDS)]}"
            if name.startswith(NEEDS)
            else value
            for name, value in step.parts.items()
        }
    )
