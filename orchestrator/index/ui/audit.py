"""The page that says what an index has of a project's lock. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from orchestrator.index.ui.frame import Site, page, place
from orchestrator.index.ui.html import Child, Html, el, href, join, link_of
from orchestrator.index.ui.install import NAME
from orchestrator.index.ui.parts import badge, code, notice
from orchestrator.index.ui.verdicts import Verdict
from orchestrator.model import Value
from orchestrator.targets.tags import DEFAULT_PLATFORM, DEFAULT_PYTHON
from orchestrator.words import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.index.ui.verdicts import Answer

ROOT = "../"
PLATFORMS = {
    **{f"macosx_{major}_0_arm64": f"macOS {major}, Apple Silicon" for major in range(11, 16)},
    **{
        f"{libc}_{arch}": f"Linux {arch}, {words}"
        for arch in ("aarch64", "x86_64")
        for libc, words in (
            ("manylinux_2_17", "glibc 2.17 (oldest)"),
            ("manylinux_2_28", "glibc 2.28 (RHEL 8)"),
            ("manylinux_2_34", "glibc 2.34 (RHEL 9)"),
            ("manylinux_2_36", "glibc 2.36 (Debian 12)"),
            ("manylinux_2_39", "glibc 2.39 (Ubuntu 24.04)"),
            ("musllinux_1_2", "musl 1.2 (Alpine)"),
        )
    },
}
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t")
_WORDS: dict[Answer, tuple[str, str, str]] = {
    "no-wheel": ("no wheel", "attention", "no wheel"),
    "other-version": ("other version", "attention", "another version only"),
    "newer": ("newer system", "attention", "a newer system only"),
    "yanked": ("yanked", "attention", "yanked"),
    "sdist": ("source", "build", "source only"),
    "other-hash": ("other hash", "build", "a wheel that the lock does not allow"),
    "unpinned": ("not pinned", "other", "not pinned"),
    "elsewhere": ("elsewhere", "other", "from no index"),
    "passed-on": ("upstream", "other", "passed on to another index"),
    "absent": ("not here", "other", "not in this index"),
    "wheel": ("wheel", "ready", "has a wheel"),
}
"""In the order of the page: short words, colour, and words for counts."""


class Asked(Value):
    """What a person asks for.

    Attributes:
        platform: A platform tag.
        python: Such as ``3.12`` or ``3.13t``.
        text: What was pasted, to be shown again.
    """

    platform: str = DEFAULT_PLATFORM
    python: str = DEFAULT_PYTHON
    text: str = ""


class Outcome(Value):
    """What came of it.

    Attributes:
        kind: Of the lock.
        unread: Sentences on what was not looked at.
        known: File names of the wheels that have a page.
    """

    kind: str
    verdicts: tuple[Verdict, ...]
    unread: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()


def audit_page(
    site: Site, asked: Asked, outcome: Outcome | None = None, problem: Sequence[str] = ()
) -> bytes:
    """The page.

    Args:
        site: It is of.
        asked: What the form shows.
        outcome: None where nothing was asked yet, or it could not be read.
        problem: Why it could not be read, and what to do.
    """
    shown = _outcome(site, asked, outcome) if outcome else None
    return page(
        site,
        ROOT,
        "Check a lock file",
        el("h1", "Check a lock file"),
        el(
            "p",
            "Which packages of a project have a wheel here for a platform and a Python? The lock is"
            " read as it is: nothing is resolved, and nothing of it is kept.",
        ),
        notice(*join_lines(problem), kind="attention") if problem else None,
        shown,
        _form(asked, again=outcome is not None) if site.server else _elsewhere(),
        here="audit",
    )


def join_lines(lines: Sequence[str]) -> list[Child]:
    """Sentences one below the other."""
    return [el("span", join((line, el("br")))) for line in lines]


def _form(asked: Asked, *, again: bool) -> Html:
    choices = el(
        "div",
        el("label", "Platform", _select("platform", PLATFORMS, asked.platform)),
        el("label", "Python", _select("python", {one: one for one in PYTHONS}, asked.python)),
        class_="two",
    )
    return join(
        (
            el("h2", "Check another") if again else None,
            el(
                "form",
                el(
                    "label",
                    "Lock file: pylock.toml, uv.lock, poetry.lock, or requirements.txt with pins",
                    el("input", type="file", name="file", accept=".toml,.lock,.txt"),
                ),
                el(
                    "label",
                    "Or its text",
                    el("textarea", asked.text, name="text", rows=8, spellcheck="false"),
                ),
                choices,
                el("div", el("button", "Check", type="submit")),
                action="./",
                method="post",
                enctype="multipart/form-data",
                class_="audit",
            ),
        )
    )


def _select(name: str, choices: Mapping[str, str], chosen: str) -> Html:
    options = (
        el("option", words, value=value, selected=value == chosen)
        for value, words in choices.items()
    )
    return el("select", *options, name=name)


def _elsewhere() -> Html:
    """What to do where the page is a file, and nobody answers forms."""
    command = "orchestrate audit --lock uv.lock --platform linux --python 3.12 --wheelhouse DIR"
    return join(
        (
            el("p", "This copy of the index is made of files, which can't read locks. With the"
               " wheelhouse at hand, this says the same:"),
            code(command, "command"),
        )
    )  # fmt: skip


def _outcome(site: Site, asked: Asked, outcome: Outcome) -> Html:
    where = f"{PLATFORMS.get(asked.platform, asked.platform)}, Python {asked.python}"
    counts = Counter(verdict.answer for verdict in outcome.verdicts)
    ordered = sorted(
        outcome.verdicts, key=lambda one: (list(_WORDS).index(one.answer), one.pin.name)
    )
    head = el(
        "thead",
        el("tr", *(el("th", title, scope="col") for title in ("Package", "Here", "Details"))),
    )
    rows = (_row(verdict, outcome.known) for verdict in ordered)
    return join(
        (
            el("h2", f"{counted(len(outcome.verdicts), 'package')} of a {outcome.kind}"),
            el("p", where, class_="dim"),
            _counts(counts),
            _renew(site) if counts["other-hash"] else None,
            notice("To be known: ", "; ".join(outcome.unread), ".") if outcome.unread else None,
            el("table", head, el("tbody", *rows), class_="stack") if ordered else _nothing(),
        )
    )


def _nothing() -> Html:
    return el("p", "It pins nothing for this platform and this Python.")


def _counts(counts: Mapping[Answer, int]) -> Html:
    marks = (
        el("li", badge(f"{words}: {counts[answer]}", kind))
        for answer, (_, kind, words) in _WORDS.items()
        if counts.get(answer)
    )
    return el("ul", *marks, class_="counts")


def _renew(site: Site) -> Html:
    option = "--default-index" if site.whole else f"--index {NAME}="
    between = " " if site.whole else ""
    return notice(
        "Some wheels here are not among the files that the lock allows. Lock with this index: ",
        el("code", "uv lock ", option, between, place("simple/")),
    )


def _row(verdict: Verdict, known: Collection[str]) -> Html:
    short, kind, _ = _WORDS[verdict.answer]
    pin = verdict.pin
    name: Child = pin.name
    if verdict.answer not in {"absent", "elsewhere", "passed-on"}:
        name = el("a", pin.name, href=f"{ROOT}project/{pin.name}/")
    version = el("span", f" {pin.version}", class_="dim") if pin.version else None
    return el(
        "tr",
        el("th", name, version, scope="row"),
        el("td", badge(short, kind), data_label="Here"),
        el("td", _details(verdict, known)),
    )


def _details(verdict: Verdict, known: Collection[str]) -> Child:
    others, file = verdict.others, verdict.file
    link = _link(verdict, known)
    sentences: dict[Answer, tuple[Child, ...]] = {
        "wheel": (link,),
        "other-hash": (link,),
        "yanked": (link, f": {file.yanked}" if file and file.yanked else None),
        "newer": (f"{others} or newer: ", link),
        "sdist": (link, f"; there is a wheel of {others}" if others else None),
        "other-version": (f"there is a wheel of {others}",),
        "unpinned": (f"newest with a wheel: {others}" if others else "no version has a wheel",),
        "elsewhere": (verdict.pin.place,),
        "no-wheel": (f"only for {others}" if others else "no version has a wheel for it",),
        "passed-on": ("This index has nothing of it, and sends installers to another.",),
        "absent": (),
    }
    return join(sentences[verdict.answer])


def _link(verdict: Verdict, known: Collection[str]) -> Html:
    file = verdict.file
    if file is None:
        return Html()
    if file.filename in known:
        return el("a", file.filename, href=f"{ROOT}wheel/{href(file.filename)}/")
    # What the index says from a project's page, this one says from one folder higher.
    return el("a", file.filename, href=link_of(file.url.removeprefix("../")) or None)
