"""Small things that several pages show: badges, dates, lists of facts, text to be copied. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.index.ui.html import Child, Html, el, join
from orchestrator.words import size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.index.facts import File, Project
    from orchestrator.model import Proof, Record

PROOFS: dict[Proof, str] = {
    "executed": "Installed and run on hardware of its own kind",
    "emulated": "Installed and run under an emulator, with its target's own Python",
    "translated": "Its machine code was run with stand-ins for its platform",
    "structural": "Its bytes were checked; no run of its code proves more",
}
_STATUSES = {
    "archived": "This project is archived: it is not expected to change any more.",
    "quarantined": "This project is in quarantine: its files are not offered.",
    "deprecated": "This project is deprecated: something else should be used.",
}


def proof_badge(record: Record | None) -> Html:
    """How a wheel was checked; of one that was not built here, where it is from."""
    if record is None:
        return badge("upstream", "other", "Listed by another index; nothing of it was checked here")
    if record.kind == "redirect":
        said = next((finding.message for finding in record.findings), "")
        return badge("redirect", "redirect", said or "Requires another project, and holds nothing")
    return badge(record.proof, record.proof, PROOFS[record.proof])


def marks(file: File, record: Record | None) -> Html:
    """What else is to be said of a file at once."""
    return join(
        (
            badge("uploaded", "other", "Uploaded, not built here")
            if record and record.kind == "uploaded"
            else None,
            badge("run failed", "attention", "A run of its code did not pass")
            if record and _is_refuted(record)
            else None,
            badge("yanked", "attention", file.yanked or "Withdrawn, without a reason")
            if file.yanked is not None
            else None,
        )
    )


def _is_refuted(record: Record) -> bool:
    """Whether its code was run, and that proved nothing."""
    failed = any(run.outcome != "passed" for run in record.runs)
    return failed and record.proof == "structural"


def legend() -> Html:
    """What the marks mean."""
    proofs = ((badge(proof, proof), f"{words}.") for proof, words in PROOFS.items())
    others = (
        (badge("redirect", "redirect"), "Holds nothing but the requirement of another project."),
        (badge("uploaded", "other"), "Was built elsewhere, and uploaded."),
        (badge("upstream", "other"), "Is another index's; nothing of it was checked here."),
        (badge("run failed", "attention"), "Was run, and failed, crashed or hung."),
        (badge("yanked", "attention"), "Is taken only where exactly its version is asked for."),
    )
    return el("details", el("summary", "What the marks mean"), facts((*proofs, *others)))


def badge(words: str, kind: str, title: str = "") -> Html:
    """A word in a coloured box."""
    return el("span", words, class_=f"mark {kind}", title=title or None)


def notice(*children: Child, kind: str = "build") -> Html:
    """A sentence that should not be overlooked."""
    return el("p", *children, class_=f"notice {kind}")


def status_notice(project: Project) -> Html:
    """What a project's status (PEP 792) means, and that its upstream did not answer."""
    status = None
    if project.status != "active":
        status = notice(
            el("strong", _STATUSES[project.status]),
            f" {project.reason}" if project.reason else None,
            kind="attention" if project.status == "quarantined" else "build",
        )
    return join((status, notice(*_stale(project)) if project.stale else None))


def _stale(project: Project) -> tuple[Child, ...]:
    if not project.stale[:1].isdecimal():
        return ("The index that this one is merged with did not answer: only our files are here.",)
    return (
        "The index that this one is merged with does not answer. What it has is from ",
        date(project.stale),
        ".",
    )


def date(moment: str) -> Html:
    """The day of an RFC 3339 time, with the whole of it for those who ask."""
    return el("time", moment[:10], datetime=moment, title=moment) if moment else Html()


def bytes_of(file: File) -> str:
    """The size of a file; empty where nobody knows it."""
    return "" if file.size is None else size(file.size)


def facts(pairs: Iterable[tuple[Child, Child]]) -> Html:
    """Terms and what is to be said of each; those of which there is nothing are left out."""
    rows = [el("div", el("dt", term), el("dd", said)) for term, said in pairs if said]
    return el("dl", *rows, class_="facts") if rows else Html()


def items(words: Iterable[Child], class_: str = "plain") -> Html:
    """A list; nothing where it would be empty."""
    listed = [el("li", word) for word in words]
    return el("ul", *listed, class_=class_) if listed else Html()


def code(content: Child, label: str) -> Html:
    """Text that the script puts a button beside, which copies it.

    Args:
        content: Of the block.
        label: What is copied, for those who hear the page.
    """
    return el("div", el("pre", el("code", content)), class_="copy", data_copy=label)


def section(title: str, *children: Child, name: str) -> Html:
    """A part of a page under a heading of its own; nothing where it is empty."""
    if not any(children):
        return Html()
    heading = el("h2", title, id=name)
    return el("section", heading, *children, aria_labelledby=name)
