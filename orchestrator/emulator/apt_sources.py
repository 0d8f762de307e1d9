"""What a machine's apt takes packages from, and the same for another release of its distribution.

Both formats of sources.list(5) are read: one line per source (``*.list``) and deb822 paragraphs
(``*.sources``). Only the suite's name is exchanged: the archive, its keys and options stay those
that the machine's owner chose.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# A release's own packages and their fixes; backports and proposed updates are another release's.
POCKETS = ("", "-security", "-updates")
# Names that sources.list(5) may use instead of the release's own.
ALIASES = ("stable", "oldstable", "oldoldstable", "testing", "unstable", "sid")

# They restrict what is fetched to what the machine itself needs.
_DROPPED = frozenset({"arch", "architectures", "lang", "languages", "target", "targets"})
_OWN_FIELDS = frozenset({"types", "uris", "suites", "components", "enabled"})
_ONE_LINE = re.compile(r"(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)")


class AptSource(Value):
    """One source of packages.

    Attributes:
        uris: Of the archive, or several of the same.
        suites: Releases, e.g. ``bookworm`` and ``bookworm-updates``.
        components: E.g. ``main``; none for a flat repository.
        options: Field name of deb822 in lower case to its value, which may have several lines.
    """

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    options: dict[str, str]


def parse_list(text: str) -> tuple[AptSource, ...]:
    """Parses the one-line format; lines that are none of ``deb`` are left out."""
    sources = []
    for line in text.splitlines():
        match = _ONE_LINE.fullmatch(line.partition("#")[0].strip())
        if not match or match[1] != "deb":
            continue
        pairs = (option.partition("=") for option in (match[2] or "").split())
        sources.append(
            AptSource(
                uris=(match[3],),
                suites=(match[4],),
                components=tuple(match[5].split()),
                options=_kept((name, value.replace(",", " ")) for name, _, value in pairs),
            )
        )
    return tuple(sources)


def parse_deb822(text: str) -> tuple[AptSource, ...]:
    """Parses paragraphs of fields; those that are switched off or have no ``deb`` are left out."""
    sources = []
    for paragraph in re.split(r"\n[ \t]*\n", text):
        fields = _fields(paragraph)
        enabled = fields.get("enabled", "yes").lower() not in {"no", "false", "0", "off", "without"}
        if not enabled or "deb" not in fields.get("types", "").split():
            continue
        sources.append(
            AptSource(
                uris=tuple(fields.get("uris", "").split()),
                suites=tuple(fields.get("suites", "").split()),
                components=tuple(fields.get("components", "").split()),
                options=_kept(fields.items()),
            )
        )
    return tuple(sources)


def of_release(
    sources: Iterable[AptSource],
    codename: str,
    wanted: str = "",
    pockets: Sequence[str] = POCKETS,
) -> tuple[AptSource, ...]:
    """The sources of the machine's own release, with another one's name in its place.

    Sources of other makers have suites of their own, and stay out.

    Args:
        sources: The machine's.
        codename: Of the machine's release, e.g. ``bookworm``.
        wanted: The other release's codename; empty keeps the machine's own.
        pockets: Of ``POCKETS``, those that are wanted.
    """
    found = []
    for source in sources:
        suites = tuple(
            f"{wanted or name}{pocket}"
            for suite in source.suites
            for name, pocket in [_split(suite, codename)]
            if name and pocket in pockets
        )
        if suites and source.components:
            found.append(
                AptSource(
                    uris=source.uris,
                    suites=tuple(dict.fromkeys(suites)),
                    components=source.components,
                    options=source.options,
                )
            )
    return tuple(found)


def render(sources: Iterable[AptSource], types: str = "deb") -> str:
    """The sources as deb822 paragraphs; ``types`` is ``deb`` or ``deb-src``."""
    # Nothing but package lists: a machine may be set to fetch icons and file lists as well.
    target = "Packages" if types == "deb" else "Sources"
    return "\n".join(
        f"Types: {types}\n"
        f"URIs: {' '.join(source.uris)}\n"
        f"Suites: {' '.join(source.suites)}\n"
        f"Components: {' '.join(source.components)}\n"
        f"Targets: {target}\n" + "".join(f"{name}: {v}\n" for name, v in source.options.items())
        for source in sources
    )


def _split(suite: str, codename: str) -> tuple[str, str]:
    """A suite's release, where it is the machine's own, and its pocket; else nothing."""
    for name in (codename, *ALIASES):
        pocket = suite.removeprefix(name)
        if name and suite.startswith(name) and pocket in POCKETS:
            return name, pocket
    return "", ""


def _kept(options: Iterable[tuple[str, str]]) -> dict[str, str]:
    lowered = ((name.lower().rstrip("+-"), value) for name, value in options)
    return {name: v for name, v in lowered if name and name not in _DROPPED | _OWN_FIELDS}


def _fields(paragraph: str) -> dict[str, str]:
    """Names in lower case to values; continued lines keep their indentation."""
    fields: dict[str, str] = {}
    name = ""
    for line in paragraph.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in {" ", "\t"} and name:
            fields[name] += f"\n{line.rstrip()}"
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields
