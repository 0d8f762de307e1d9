"""The page of a wheel: how it was checked, what was found, and how it came to be. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.index.catalogue import FILES
from orchestrator.index.ui.about import About
from orchestrator.index.ui.frame import Site, crumbs, page, place
from orchestrator.index.ui.html import Child, Html, el, join, link_of
from orchestrator.index.ui.parts import (
    PROOFS,
    badge,
    bytes_of,
    code,
    date,
    facts,
    items,
    marks,
    notice,
    proof_badge,
    section,
    status_notice,
)
from orchestrator.index.ui.platforms import place_of
from orchestrator.index.ui.provenance import provenance
from orchestrator.words import counted, duration

if TYPE_CHECKING:
    from orchestrator.index.facts import File, Project
    from orchestrator.model import Finding, ProofRun, Record

ROOT = "../../"
_FEW = 6
_SEVERITIES = {"error": "attention", "warning": "build", "note": "other"}


def wheel_page(
    site: Site,
    project: Project,
    file: File,
    record: Record | None,
    *,
    about: About | None = None,
    log: str = "",
) -> bytes:
    """The page.

    Args:
        site: It is of.
        project: Of the wheel.
        file: The wheel.
        record: How it was made; None where nobody here knows.
        about: What its METADATA says.
        log: The end of its build's log; empty where there is none.
    """
    about = about or About()
    return page(
        site,
        ROOT,
        file.filename,
        crumbs(ROOT, (project.name, f"{ROOT}project/{project.name}/"), (file.version, "")),
        el("h1", file.filename, class_="filename"),
        el("p", proof_badge(record), marks(file, record), class_="marks"),
        _withdrawn(file),
        status_notice(project),
        el("p", about.summary, class_="summary") if about.summary else None,
        _file(file),
        _proof(record),
        _findings(record),
        section("Libraries inside", items(record.grafted if record else ()), name="libraries"),
        provenance(record),
        section("Requires", items(about.requires), name="requires"),
        section("Build log", *_log(log), name="log") if log else None,
    )


def _withdrawn(file: File) -> Html | None:
    if file.yanked is None:
        return None
    why = f" {file.yanked}" if file.yanked else " No reason was given."
    explained = "Yanked: installers take it only where exactly this version is asked for."
    return notice(el("strong", explained), why, kind="attention")


def _file(file: File) -> Html:
    spot = place_of(file.filename)
    shown = facts(
        (
            ("Python", ", ".join(column.label for column in spot.columns)),
            ("Platform", spot.row.label),
            ("Requires Python", file.requires_python),
            ("Size", bytes_of(file)),
            ("Published", date(file.uploaded)),
            ("SHA-256", _digest(file.sha256)),
            ("METADATA's SHA-256", el("code", _known(file.metadata_sha256))),
            ("Attestation", _attestation(file)),
        )
    )  # fmt: skip
    url = link_of(file.url)
    button = el("a", "Download", href=url, class_="button", download=True)
    local = url.startswith(FILES)
    address = code(place(url.removeprefix("../../")) if local else url, "address of the file")
    got = (el("p", button), shown, address) if url else (shown,)
    return section("File", *got, name="file")


def _attestation(file: File) -> Html | None:
    """Its provenance (PEP 740)."""
    url = link_of(file.provenance)
    return el("a", "provenance", href=url) if url else None


def _digest(digest: str) -> Html | None:
    return code(digest, "digest") if digest else None


def _known(digest: str) -> str:
    """A digest; of a file that is there without one (PEP 714), that."""
    return "not known" if digest == "true" else digest


def _proof(record: Record | None) -> Html:
    if record is None:
        return section("Proof", el("p", "Nothing of it was checked here."), name="proof")
    words = el(
        "p",
        el("strong", record.proof),
        f": {PROOFS[record.proof][0].lower()}{PROOFS[record.proof][1:]}.",
    )
    if not record.runs:
        return section("Proof", words, el("p", "It was not run.", class_="dim"), name="proof")
    titles = ("Proof", "Where", "Python", "What ran", "Outcome", "When")
    head = el("thead", el("tr", *(el("th", title, scope="col") for title in titles)))
    rows = (_run(run, titles) for run in reversed(record.runs))
    table = el("table", head, el("tbody", *rows), class_="stack")
    return section("Proof", words, table, name="proof")


def _run(run: ProofRun, titles: tuple[str, ...]) -> Html:
    passed = run.outcome == "passed"
    where = " · ".join(filter(None, (run.host, run.runner, f"CPU {run.cpu}" if run.cpu else "")))
    outcome = join(
        (
            badge(run.outcome, "ready" if passed else "attention"),
            el("div", run.reason, class_="reason") if run.reason else None,
        )
    )
    when = join((date(run.created), el("div", duration(run.seconds), class_="dim")))
    proof = badge(run.proof, run.proof, PROOFS[run.proof])
    cells = (proof, where, run.python, _ran(run), outcome, when)
    return el(
        "tr",
        *(
            el("td", el("div", cell), data_label=title)
            for title, cell in zip(titles, cells, strict=True)
        ),
    )


def _ran(run: ProofRun) -> Html:
    """What a run tried: its test command with what that counted, and the imports."""
    tests = ", ".join(f"{number} {word}" for word, number in run.tests.items())
    imports = f"{counted(len(run.imports), 'import')}"
    listed = el("code", " ".join(run.imports)) if len(run.imports) <= _FEW else None
    many = el("details", el("summary", imports), el("code", " ".join(run.imports)))
    return join(
        (
            el("div", el("code", run.command)) if run.command else None,
            el("div", tests) if tests else None,
            el("div", f"{imports}: " if run.imports else imports, listed) if listed else many,
        )
    )


def _findings(record: Record | None) -> Html | None:
    if record is None:
        return None
    if not record.findings:
        return section("Findings", el("p", "Verification found nothing."), name="findings")
    return section("Findings", items(map(_finding, record.findings), "findings"), name="findings")


def _finding(finding: Finding) -> Html:
    return join(
        (
            badge(finding.severity, _SEVERITIES[finding.severity]),
            " ",
            el("strong", finding.code),
            f" {finding.message}",
            el("div", el("code", finding.where)) if finding.where else None,
            el("div", finding.hint, class_="dim") if finding.hint else None,
        )
    )


def _log(log: str) -> tuple[Child, ...]:
    lines = log.count("\n") + 1
    shown = el("pre", log, tabindex="0", role="group", aria_label="Build log", class_="log")
    return (
        el("p", el("a", "As plain text", href="log.txt")),
        el("details", el("summary", f"The last {counted(lines, 'line')}"), shown),
    )
