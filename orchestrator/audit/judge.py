"""The answer for one package on one target. Pure: what was looked up comes in as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from orchestrator.audit.answers import Answer, Group, Verdict
from orchestrator.audit.libraries import comes_with
from orchestrator.audit.offers import NO_OFFERS, Offers, offer_of, system
from orchestrator.model import BuildSettings, Value
from orchestrator.targets.tags import FIRST_ARM64_MACOS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.audit.facts import SdistFacts
    from orchestrator.model import Locked, Substitute, Target

PROVIDED_TOOLS = frozenset({"cmake", "make", "meson", "pkg-config"})
"""Programs that a build need not look for: they come with orchestrator, or every host has them."""


class Surroundings(Value):
    """What a verdict rests on beside the closure.

    Attributes:
        settings: Of the recipes, for the version on the target.
        published: File names of the wheelhouse's wheels.
        uncompilable: Languages that nothing here compiles for the target.
        redirect: What a redirect wheel of the version requires on the target, such as
            ``tensorflow-macos==2.10.0``; empty where none can be made.
    """

    settings: BuildSettings = BuildSettings()
    published: tuple[str, ...] = ()
    uncompilable: frozenset[str] = frozenset()
    redirect: str = ""


def judge(
    package: Locked,
    target: Target,
    surroundings: Surroundings,
    found: Offers = NO_OFFERS,
    facts: SdistFacts | None = None,
) -> Verdict:
    """Answers for one package on one target.

    Args:
        package: Of the target's closure.
        target: What it was resolved for.
        surroundings: What else is known.
        found: What the project's other files offer, where it lacks a wheel.
        facts: Read from its sdist, where it lacks a wheel; None: it was not read.
    """
    verdict = Verdict(
        target=str(target),
        version=package.version,
        answer="wheel",
        group="ready",
        words="",
        sdist=_source_of(package),
        recipes=surroundings.settings.recipes,
        roots=package.roots,
        dependencies_known=package.dependencies_known,
    )
    if wheel := _own_wheel(package, target, surroundings.published):
        return _with_wheel(verdict, "wheelhouse", wheel, target)
    if package.wheel:
        return _with_wheel(verdict, "wheel", package.wheel.filename, target)
    if redirect := surroundings.redirect:
        return _redirected(verdict, redirect)
    obstacles = () if surroundings.settings.recipes else tuple(_obstacles(facts, target))
    obstacles += tuple(_uncompilable(facts, surroundings, target))
    verdict = msgspec.structs.replace(
        verdict, older=found.older, newer=found.newer, obstacles=obstacles
    )
    return _without_wheel(verdict, found, surroundings.settings, target, known=facts is not None)


def _own_wheel(package: Locked, target: Target, published: Iterable[str]) -> str:
    """The wheel of our wheelhouse that the package would be installed from; empty for none."""
    if package.wheel and package.wheel.filename not in published:
        return ""  # the lock names another one
    for filename in published:
        try:
            name, version = parse_wheel_filename(filename)[:2]
        except InvalidWheelFilename:
            continue
        if name == canonicalize_name(package.name) and str(version) == package.version:
            offer = offer_of(filename, target)
            if offer and offer.fit == "fits":
                return filename
    return ""


def _redirected(verdict: Verdict, redirect: str) -> Verdict:
    return msgspec.structs.replace(
        verdict,
        answer="redirect",
        group="build",
        words=f"a redirect wheel, which requires {redirect}",
        ways=(f"orchestrate build makes a wheel that requires {redirect}",),
    )


def _source_of(package: Locked) -> str:
    if package.sdist:
        return package.sdist.filename
    return package.source.location if package.source else ""


def _with_wheel(verdict: Verdict, answer: Answer, wheel: str, target: Target) -> Verdict:
    offer = offer_of(wheel, target)
    needs = system(offer.oldest, target) if offer else ""
    words = f"needs {needs}" if needs else "runs everywhere"
    if answer == "wheelhouse":
        words = f"in the wheelhouse; {words}"
    return msgspec.structs.replace(verdict, answer=answer, wheel=wheel, needs=needs, words=words)


def _without_wheel(
    verdict: Verdict, found: Offers, settings: BuildSettings, target: Target, *, known: bool
) -> Verdict:
    answer, words = next(_answers(verdict, found, settings, target))
    group: Group = "attention"
    if (
        not settings.substitute
        and verdict.sdist
        and not verdict.obstacles
        and (settings.recipes or (known and answer != "newer-platform"))
    ):
        group = "build"
    shown = {"newer-platform": found.newer_platform, "x86_64": found.x86_64}.get(answer)
    verdict = msgspec.structs.replace(
        verdict,
        answer=answer,
        group=group,
        words=words,
        wheel=shown.filename if shown else "",
        needs=system(shown.oldest, target) if shown else "",
    )
    ways = tuple(_ways(verdict, found, settings, known=known))
    return msgspec.structs.replace(verdict, ways=ways)


def _answers(
    verdict: Verdict, found: Offers, settings: BuildSettings, target: Target
) -> Iterator[tuple[Answer, str]]:
    """The answers that are true, with their words, the one that counts first."""
    if settings.substitute and settings.substitute.kind != "redirect":
        other = settings.substitute.name or settings.substitute.versions
        yield "substitute", f"the recipe names {other}" if other else "the recipe has advice"
    if verdict.sdist and settings.recipes:
        yield "recipe", f"an sdist, and a recipe: {', '.join(settings.recipes)}"
    if found.newer_platform:
        yield "newer-platform", f"its wheel needs {system(found.newer_platform.oldest, target)}"
    if found.older or found.newer:
        yield "other-version", f"only {' and '.join(_others(verdict))} has a wheel"
    if found.x86_64:
        runner = "Rosetta" if target.platform.os == "macos" else "an emulator"
        yield "x86_64", f"only a wheel for x86_64, which would need {runner}"
    if verdict.sdist:
        yield "sdist", "an sdist, and no recipe"
    yield "missing", "neither a wheel nor an sdist"


def _others(verdict: Verdict) -> Iterator[str]:
    if verdict.older:
        yield f"{verdict.older} (older)"
    if verdict.newer:
        yield f"{verdict.newer} (newer)"


def _ways(
    verdict: Verdict, found: Offers, settings: BuildSettings, *, known: bool
) -> Iterator[str]:
    """What can be done, the least effort first."""
    if settings.substitute:
        yield from _ways_of(settings.substitute)
        if settings.substitute.kind != "redirect":
            return
    if found.newer_platform and found.newer_platform.oldest:
        yield f"--platform {_tag(verdict, found.newer_platform.oldest)}"
    if verdict.newer or verdict.older:
        yield f"take {verdict.newer or verdict.older}"
    if verdict.group == "build":
        yield "orchestrate build makes it"
    elif verdict.obstacles:
        yield f"to build it, {' and '.join(verdict.obstacles)}"
    elif verdict.sdist:
        yield "orchestrate build" if known else "orchestrate build; its sdist was not read"
    elif not (settings.substitute or found.newer_platform or verdict.newer or verdict.older):
        yield "ask the project for a wheel or an sdist, or build its repository: git+URL@TAG"


def _ways_of(substitute: Substitute) -> Iterator[str]:
    if substitute.kind == "redirect":
        yield f"take a version that {substitute.name} has too: it has no wheel of this one"
    if substitute.versions:
        yield f"take {substitute.versions}"
    if substitute.advice:
        yield substitute.advice


def _tag(verdict: Verdict, oldest: tuple[int, int]) -> str:
    """The platform tag of a verdict's target, for a newer system."""
    platform = verdict.target.partition("-")[2]
    family, _, rest = platform.partition("_")
    arch = rest.split("_", 2)[2]
    major, minor = oldest
    if family == "macosx":
        major, minor = max(major + (minor > 0 and major >= FIRST_ARM64_MACOS), 11), 0
    return f"{family}_{major}_{minor}_{arch}"


def _obstacles(facts: SdistFacts | None, target: Target) -> Iterator[str]:
    """What a build without a recipe would miss."""
    if facts is None:
        return
    own = target.platform.os
    lacking = [
        library.name
        for library in facts.libraries
        if library.certain and not library.vendored and not comes_with(library.name, own)
    ]
    if lacking:
        yield f"a recipe with {', '.join(lacking)}"
    if tools := [tool for tool in facts.tools if tool not in PROVIDED_TOOLS]:
        yield f"{', '.join(tools)} on this machine"


def _uncompilable(
    facts: SdistFacts | None, surroundings: Surroundings, target: Target
) -> Iterator[str]:
    languages = {*(facts.languages if facts else ()), *surroundings.settings.needs.languages}
    for language in sorted(languages & surroundings.uncompilable):
        yield f"a compiler of {language.capitalize()} for {target.platform.tag}"
