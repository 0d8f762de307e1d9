"""How a wheel came to be, as its record says: source, recipe, tools, requirements. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.index.ui.html import Html, el, join, link_of
from orchestrator.index.ui.parts import facts, items, section
from orchestrator.resolve.urls import redact, without_credentials
from orchestrator.words import duration

if TYPE_CHECKING:
    from orchestrator.model import Record, Source

_ROUTES = {
    "cross": "cross-compiled",
    "native": "compiled natively",
    "hybrid": "compiled natively, its backend run by the target's Python under emulation",
    "emulated": "compiled under emulation",
}


def provenance(record: Record | None) -> Html:
    """The section that says it."""
    if record is None:
        words = "It was not built here: there is no record of how it was made."
        return section("How it was made", el("p", words), name="made")
    if record.kind == "uploaded":
        words = "It was uploaded: how it was made is not known here."
        return section("How it was made", el("p", words), _uploaded(record), name="made")
    return section("How it was made", _built(record), _fingerprint(record), name="made")


def _uploaded(record: Record) -> Html:
    return facts((("Notes", items(record.notes)),))


def _built(record: Record) -> Html:
    redirect = record.kind == "redirect"
    tools = (f"{name} {version}" for name, version in record.toolchain.versions.items())
    return facts(
        (
            ("Stands for" if redirect else "Source", _source(record.source)),
            ("Digest of it", el("code", record.source.digest) if record.source.digest else None),
            ("Made", "written, nothing was compiled" if redirect else _ROUTES[record.route]),
            ("Toolchain", None if redirect else items([record.toolchain.name, *tools])),
            ("Recipes", items(record.recipes)),
            ("Patches", items(record.patches)),
            ("Build requirements", items(record.build_requires, "words")),
            ("Notes", items(record.notes)),
            ("It took", duration(record.seconds)),
        )
    )


def _source(source: Source) -> Html:
    """Where it is from; what a path on the build machine was is nobody's business."""
    where = without_credentials(source.location)
    web = link_of(where) if "://" in where else ""
    words = source.filename or (where if "://" in where else f"{source.kind} {source.name}")
    shown = el("a", words, href=web, rel="noreferrer") if web else el("span", redact(words))
    return join((shown, f" ({source.kind})"))


def _fingerprint(record: Record) -> Html:
    """Everything that could change the wheel, folded."""
    parts = ((part, el("code", redact(value))) for part, value in record.parts.items())
    return el(
        "details",
        el("summary", "Fingerprint, and everything that is part of it"),
        facts(
            (
                ("Fingerprint", el("code", record.fingerprint)),
                ("Digest of the recipes", el("code", record.recipe_digest)),
                *parts,
            )
        ),
    )
