"""An audit of five packages on two targets, as the reports show it."""

from __future__ import annotations

from typing import Any

from orchestrator.audit.answers import FORMAT, GROUPS, Audit, Package, Verdict
from orchestrator.audit.facts import Hazard, Library, SdistFacts

TARGETS = ("cp311-macosx_11_0_arm64", "cp313-macosx_11_0_arm64")


def verdict(target: str, answer: Any, group: Any, **facts: Any) -> Verdict:
    facts = {"version": "1.0", "words": f"words of {answer}", "roots": ("app",)} | facts
    return Verdict(target=target, answer=answer, group=group, **facts)


def package(name: str, *verdicts: Verdict, facts: SdistFacts | None = None) -> Package:
    group = max((one.group for one in verdicts), key=GROUPS.index)
    return Package(name=name, group=group, verdicts=verdicts, facts=facts)


def everywhere(name: str, answer: Any, group: Any, **facts: Any) -> Package:
    read = facts.pop("read", None)
    verdicts = [verdict(target, answer, group, **facts) for target in TARGETS]
    return package(name, *verdicts, facts=read)


LIBPQ = SdistFacts(
    backend="setuptools",
    languages=("c",),
    libraries=(
        Library(name="libpq", evidence=("setup.py: pg_config",)),
        Library(name="zlib", evidence=("a.c: zlib.h",), certain=False),
    ),
    tools=("cmake", "swig"),
    hazards=(Hazard(kind="network", where="setup.py", message="it may download"),),
)
RECIPE = "to build it, a recipe with libpq"
AUDIT = Audit(
    format=FORMAT,
    targets=TARGETS,
    packages=(
        everywhere("app", "wheel", "ready", wheel="app-1.0-py3-none-any.whl"),
        everywhere("local", "wheelhouse", "ready", needs="macOS 11.0"),
        package(
            "gap",
            verdict(TARGETS[0], "other-version", "build", older="0.9", version="1.1"),
            verdict(TARGETS[1], "wheel", "ready"),
        ),
        package(
            "psycopg2",
            verdict(
                TARGETS[0],
                "sdist",
                "attention",
                ways=("take 0.9", RECIPE),
            ),
            verdict(TARGETS[1], "sdist", "attention", ways=(RECIPE,)),
            facts=LIBPQ,
        ),
        package(
            "<script>alert('a|b')</script>",
            verdict(
                TARGETS[1],
                "newer-platform",
                "attention",
                needs="macOS 12.0",
                roots=("app", "other & more"),
            ),
        ),
    ),
    notes=("environment.yml: the conda package <mkl> is not looked at",),
)


def on(*targets: str) -> Audit:
    """The same packages on other targets."""
    packages = tuple(
        package(
            one.name,
            *(
                verdict(target, one.verdicts[0].answer, one.group, needs="glibc 2.34")
                for target in targets
            ),
            facts=one.facts,
        )
        for one in AUDIT.packages
    )
    return Audit(format=FORMAT, targets=targets, packages=packages)
