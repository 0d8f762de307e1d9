"""An audit as one HTML page that needs nothing else: no network, and no script to be read."""

from __future__ import annotations

from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

from orchestrator.audit.answers import GROUPS
from orchestrator.report.audit_words import (
    GROUP_TITLES,
    Column,
    columns,
    common,
    heading_of,
    needs_of,
    roots_of,
    short,
    summary,
    version_of,
    ways_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestrator.audit.answers import Audit, Package, Verdict
    from orchestrator.audit.facts import SdistFacts

_WORST_FIRST = GROUPS[::-1]


def audit_page(audit: Audit, made: str) -> str:
    """The page.

    Args:
        audit: What it shows.
        made: When and by what it was made, as the page says it.
    """
    template = resources.files("orchestrator.report") / "data" / "audit.html"
    every = columns(audit)
    where = common(every)
    headings = [heading_of(column, every) for column in every]
    return Template(template.read_text(encoding="utf-8")).substitute(
        title=escape(f"Audit for {where}" if where else "Audit"),
        made=escape(f"{summary(audit)}. {made}"),
        counts=_joined(_counts(audit)),
        notes=_joined(f"<p>Note: {escape(note)}</p>" for note in audit.notes),
        group_options=_joined(
            f'<option value="{group}">{GROUP_TITLES[group]}</option>' for group in _WORST_FIRST
        ),
        answer_options=_joined(f"<option>{answer}</option>" for answer in _answers(audit)),
        headings=_joined(
            f'<th scope="col">{escape(words)}</th>'
            for words in ("package", *headings, "what it takes", "required by")
        ),
        rows="\n".join(_rows(audit, every)),
    )


def _counts(audit: Audit) -> Iterator[str]:
    for group in _WORST_FIRST:
        title = f"{GROUP_TITLES[group]}: {len(audit.group(group))}"
        yield f'<li class="{group}">{title}</li>'


def _answers(audit: Audit) -> list[str]:
    return sorted({verdict.answer for package in audit.packages for verdict in package.verdicts})


def _rows(audit: Audit, every: Sequence[Column]) -> Iterator[str]:
    headings = [heading_of(column, every).replace("\n", " ") for column in every]
    for group in _WORST_FIRST:
        for package in audit.group(group):
            answers = " ".join(sorted({verdict.answer for verdict in package.verdicts}))
            yield f'<tr data-group="{group}" data-answers="{answers}">{_name(package)}'
            for column, heading in zip(every, headings, strict=True):
                yield _cell(package, column.target, heading)
            yield f"<td>{_joined(_takes(package))}</td>"
            yield f'<td data-label="required by">{escape(", ".join(roots_of(package)))}</td></tr>'


def _name(package: Package) -> str:
    version = f'<span class="version">{escape(version_of(package))}</span>'
    return (
        f'<th scope="row" data-sort="{escape(package.name)}">{escape(package.name)} {version}</th>'
    )


def _cell(package: Package, target: str, heading: str) -> str:
    for verdict in package.verdicts:
        if verdict.target == target:
            rank = _WORST_FIRST.index(verdict.group)
            mark = f'<span class="mark {verdict.group}" title="{escape(verdict.words)}">'
            return (
                f'<td data-label="{escape(heading)}" data-sort="{rank} {short(verdict)}">'
                f"{mark}{escape(short(verdict))}</span></td>"
            )
    return "<td></td>"  # not needed there


def _takes(package: Package) -> Iterator[str]:
    """What a build takes, what can be done, and the evidence, folded."""
    if needs := needs_of(package):
        yield f"<p>{escape(needs)}</p>"
    ways = ways_of(package) if package.group == "attention" else ()
    if ways:
        yield f'<ul class="ways">{_joined(f"<li>{escape(way)}</li>" for way in ways)}</ul>'
    details = [
        f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in _details(package)
    ]
    yield f"<details><summary>details</summary><dl>{_joined(details)}</dl></details>"


def _details(package: Package) -> Iterator[tuple[str, str]]:
    for verdict in package.verdicts:
        yield verdict.target, "; ".join(_said(verdict))
    if sdist := next((verdict.sdist for verdict in package.verdicts if verdict.sdist), ""):
        yield "source", sdist
    if package.facts:
        yield from _evidence(package.facts)


def _said(verdict: Verdict) -> Iterator[str]:
    yield verdict.words
    if verdict.wheel:
        yield verdict.wheel
    if not verdict.dependencies_known:
        yield "what it requires is not known without a build"


def _evidence(facts: SdistFacts) -> Iterator[tuple[str, str]]:
    yield "build backend", facts.backend
    for library in facts.libraries:
        kind = "included" if library.vendored else ("needed" if library.certain else "perhaps")
        yield library.name, f"{kind}: {', '.join(library.evidence)}"
    for hazard in facts.hazards:
        yield "beware", f"{hazard.message} ({hazard.where})"


def _joined(parts: Iterable[str]) -> str:
    return "".join(parts)
