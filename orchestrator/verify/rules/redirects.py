"""Rules about redirect wheels, which hold nothing but the requirement of another project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from orchestrator.binary.redirect import FILE, Redirect, members, requirements, same_requirements
from orchestrator.verify.rule import Report, rule, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.binary.wheelfile import WheelFacts
    from orchestrator.verify.subject import Subject


@rule("WHL109", "error", "A redirect wheel holds nothing but the requirement that it declares")
def only_redirects(subject: Subject) -> Iterator[Report]:
    """It stands for another project's wheel: whatever else it held would go unseen.

    It requires one version of one project, its own, and its tag names a platform, so that nothing
    changes on others.
    """
    wheel = subject.wheel
    where = f"{wheel.dist_info}/{FILE}"
    if wheel.redirect is True:
        yield Report(where, "The wheel says that it is a redirect, but not one to what.")
    if not isinstance(wheel.redirect, Redirect):
        return
    redirect = wheel.redirect
    if extra := {member.name for member in wheel.members} - _own_files(wheel, redirect):
        yield Report("", f"A redirect, and yet it holds {some(extra)}.")
    if (redirect.name, redirect.version) != (wheel.name, wheel.version):
        yield Report(where, f"This redirects {redirect.name} {redirect.version}.")
    if {redirect.tag} != wheel.tags or subject.is_pure:
        yield Report(
            where, f"This redirects for {redirect.tag}, the wheel is for {some(wheel.tags)}."
        )
    if not _pins(redirect):
        yield Report(where, f"{redirect.requires!r} is not another project's {redirect.version}.")
    if not same_requirements(wheel.requires, requirements(redirect)):
        yield Report(
            f"{wheel.dist_info}/METADATA",
            f"This requires {some(wheel.requires)}, and {FILE} says otherwise.",
        )


def _own_files(wheel: WheelFacts, redirect: Redirect) -> set[str]:
    return {*members(redirect), f"{wheel.dist_info}/RECORD"}


def _pins(redirect: Redirect) -> bool:
    """Whether the requirement is one version, that of the redirect, of another project."""
    try:
        needed = Requirement(redirect.requires)
    except InvalidRequirement:
        return False
    same = str(needed.specifier) == f"=={redirect.version}"
    another = canonicalize_name(needed.name) != redirect.name
    return same and another and not needed.marker and not needed.url


@rule("WHL110", "note", "A wheel is the project that it is named for")
def says_that_it_redirects(subject: Subject) -> Iterator[Report]:
    """A redirect wheel is not: it requires another project that has wheels of the same thing."""
    if isinstance(subject.wheel.redirect, Redirect):
        yield Report(
            "",
            f"This is a redirect: it holds nothing and requires {subject.wheel.redirect.requires}.",
        )


RULES = (only_redirects, says_that_it_redirects)
