"""The values of an audit: one answer for each package on each target, and what it rests on.

``docs/audit.schema.json`` is generated from them (``scripts/schema``).
"""

from __future__ import annotations

import inspect
import re
from typing import Any, Literal

import msgspec

from orchestrator.audit.facts import SdistFacts
from orchestrator.model import Value

FORMAT = 1

Answer = Literal[
    "wheel",
    "wheelhouse",
    "redirect",
    "substitute",
    "recipe",
    "newer-platform",
    "other-version",
    "x86_64",
    "sdist",
    "missing",
]
Group = Literal["ready", "build", "attention"]


class Verdict(Value):
    """What a package is on one target.

    Attributes:
        target: E.g. ``cp311-macosx_11_0_arm64``.
        version: That the resolution chose for the target.
        answer: ``wheel``: the index has one that installs. ``wheelhouse``: our wheelhouse has
            one. ``redirect``: a recipe names another project that is the same thing, and a
            redirect wheel makes installers take it. ``substitute``: a recipe says what to take
            instead. ``recipe``: there is an sdist, and a recipe for it. ``newer-platform``: the
            version has a wheel, for a newer macOS or libc only. ``other-version``: only an older
            or newer version has a wheel that installs. ``x86_64``: the version has a wheel for
            the other architecture only. ``sdist``: there is an sdist and nothing else.
            ``missing``: there is neither a wheel nor an sdist.
        group: ``ready``: nothing to do. ``build``: `orchestrate build` is expected to make it.
            ``attention``: somebody must decide or provide something.
        words: The answer as a sentence.
        ways: What can be done, the least effort first; none where nothing has to be.
        wheel: File name of the wheel that the answer is about; empty where it is about none.
        needs: The oldest system that this wheel needs, e.g. ``macOS 12.0`` or ``glibc 2.28``;
            empty for one that runs everywhere.
        older: Newest older version that has a wheel that installs; empty where none has.
        newer: Newest newer version that has one; empty where none has.
        sdist: File name of the version's sdist; empty where there is none.
        recipes: Recipes that apply.
        obstacles: What the build would need that is not here, one clause each.
        roots: Requirements of the user, as written, that pull the package in.
        dependencies_known: False where nothing but a forbidden build could tell what it requires,
            so that the closure may lack something.
    """

    target: str
    version: str
    answer: Answer
    group: Group
    words: str
    ways: tuple[str, ...] = ()
    wheel: str = ""
    needs: str = ""
    older: str = ""
    newer: str = ""
    sdist: str = ""
    recipes: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    dependencies_known: bool = True


class Package(Value):
    """A package of the closures, with its verdicts in the order of the targets.

    Attributes:
        name: Normalized.
        group: The worst of its verdicts' groups.
        verdicts: One for each target whose closure holds it.
        facts: Read from its sdist, where it lacks a wheel and the sdist could be read.
    """

    name: str
    group: Group
    verdicts: tuple[Verdict, ...]
    facts: SdistFacts | None = None


class Audit(Value):
    """What ``orchestrate audit --json`` prints.

    Attributes:
        format: Of this document.
        targets: E.g. ``cp311-macosx_11_0_arm64``, in the order asked for.
        packages: By name.
        notes: What the inputs held that is not audited, such as conda packages.
    """

    format: int
    targets: tuple[str, ...]
    packages: tuple[Package, ...]
    notes: tuple[str, ...] = ()

    def group(self, group: Group) -> tuple[Package, ...]:
        """The packages of a group."""
        return tuple(package for package in self.packages if package.group == group)


GROUPS: tuple[Group, ...] = ("ready", "build", "attention")
"""Best first."""


_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


def json_schema() -> dict[str, Any]:
    """The format of the document as a JSON Schema (draft 2020-12)."""
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema |= msgspec.json.schema(Audit)
    for definition in schema["$defs"].values():
        # Older msgspecs give the docstring as it is indented.
        text = inspect.cleandoc(definition["description"])
        summary, _, attributes = text.partition("\n\nAttributes:\n")
        definition["description"] = summary
        for name, said in _ATTRIBUTE.findall(attributes):
            definition["properties"][name]["description"] = " ".join(said.split())
    # By way of JSON: the defaults in it are tuples.
    return msgspec.json.decode(msgspec.json.encode(schema), type=dict[str, Any])
