"""A plan as ``orchestrate plan --json`` and ``--dot`` show it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.model import Plan, PlanStep, StepKind, Unbuildable, Value
from orchestrator.plan.outlook import Outlook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


FORMAT = 1


class StepDocument(Value):
    """One step.

    Attributes:
        step: Its label, by which others name it.
        name: Normalized.
        target: E.g. ``cp311-macosx_11_0_arm64``.
        needs: Labels of the steps that come first.
        why: It is a step at all.
        roots: Requirements of the user that pull it in.
        cached: File name of its wheel in the wheelhouse; empty: it is to be done.
        seconds: Estimated time on one CPU.
        cpus: That it can keep busy.
        memory: Bytes; 0: not known.
        source: Where it is fetched from.
        digest: Of the source.
        recipes: That say something of it.
        toolchain: That compiles it.
        build_requires: Locked, ``name==version``.
    """

    step: str
    name: str
    version: str
    target: str
    kind: StepKind
    fingerprint: str
    needs: tuple[str, ...]
    why: str
    roots: tuple[str, ...]
    cached: str
    seconds: float
    cpus: int
    memory: int
    source: str
    digest: str
    recipes: tuple[str, ...]
    toolchain: str
    build_requires: tuple[str, ...]


class UnbuildableDocument(Value):
    """A package that stays missing.

    Attributes:
        code: Of the error (docs/errors.md).
        roots: Requirements of the user that pull it in.
        details: Lines below the message.
    """

    name: str
    version: str
    target: str
    code: str
    message: str
    hint: str
    roots: tuple[str, ...]
    details: tuple[str, ...]


class PlanDocument(Value):
    """What ``orchestrate plan --json`` prints.

    Attributes:
        format: Of this document.
        targets: E.g. ``cp311-macosx_11_0_arm64``.
        packages: Number of packages in the closures, by target.
        steps: Each behind those it needs.
        outlook: How long it will take here, and with other numbers of jobs that were asked for.
    """

    format: int
    targets: tuple[str, ...]
    packages: dict[str, int]
    steps: tuple[StepDocument, ...]
    unbuildable: tuple[UnbuildableDocument, ...]
    outlook: tuple[Outlook, ...]


def document_of(plan: Plan, outlooks: Iterable[Outlook]) -> PlanDocument:
    """The document of a plan."""
    return PlanDocument(
        format=FORMAT,
        targets=tuple(str(closure.target) for closure in plan.closures),
        packages={str(closure.target): len(closure.packages) for closure in plan.closures},
        steps=tuple(map(_step, plan.steps)),
        unbuildable=tuple(map(_unbuildable, plan.unbuildable)),
        outlook=tuple(outlooks),
    )


def dot_of(plan: Plan) -> str:
    """The graph in Graphviz' language: an arrow goes from a step to what needs it."""
    return "\n".join(["digraph plan {", *_dot_lines(plan), "}", ""])


def _step(item: PlanStep) -> StepDocument:
    step = item.step
    return StepDocument(
        step=step.label,
        name=step.source.name,
        version=step.source.version,
        target=str(step.target),
        kind=step.kind,
        fingerprint=step.fingerprint,
        needs=item.needs,
        why=item.why,
        roots=item.roots,
        cached=item.cached,
        seconds=item.seconds,
        cpus=item.cpus,
        memory=item.memory,
        source=step.source.location,
        digest=step.source.digest,
        recipes=step.settings.recipes,
        toolchain=step.toolchain.name,
        build_requires=step.build_requires,
    )


def _unbuildable(missing: Unbuildable) -> UnbuildableDocument:
    return UnbuildableDocument(
        name=missing.name,
        version=missing.version,
        target=str(missing.target),
        code=missing.code,
        message=missing.message,
        hint=missing.hint,
        roots=missing.roots,
        details=missing.details,
    )


def _dot_lines(plan: Plan) -> Iterator[str]:
    yield "  rankdir=LR; node [shape=box, fontname=sans];"
    for item in plan.steps:
        source = item.step.source
        style = "filled" if item.cached else "solid"
        words = f"{source.name} {source.version}\\n{item.step.target}"
        yield f"  {_quoted(item.step.label)} [label={_quoted(words)}, style={style}];"
        for need in item.needs:
            yield f"  {_quoted(need)} -> {_quoted(item.step.label)};"
    for missing in plan.unbuildable:
        words = f"{missing.name} {missing.version}\\n{missing.target}\\n{missing.code}"
        yield f"  {_quoted(missing.label)} [label={_quoted(words)}, style=dashed, color=red];"


def _quoted(text: str) -> str:
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'
