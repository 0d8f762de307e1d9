"""Native libraries, built before all builds: their recipes' commands as lines of shell."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.build.library_commands import PREFIX, Places, library_commands, substituted
from orchestrator.emit.cibuildwheel.fetching import apply_patch, fetching
from orchestrator.repair.library import program_script
from orchestrator.targets.facts import platform_facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.emit.cibuildwheel.handover import Handed, HandedLibrary
    from orchestrator.model import LibraryBuild, Platform

# The same on every machine, so that commands need no variables of the shell.
_WORK = "/tmp/orchestrator-libraries"  # noqa: S108 (a machine, or a container, of one build)
_JOBS = 4
# What build systems need, and a machine may lack; all are on the index.
_TOOLS = {"cmake": ("cmake", "ninja"), "meson": ("meson", "ninja")}
_OWN_PREFIX = (
    f"[ -w {PREFIX} ] || mkdir -p {PREFIX} 2>/dev/null || {{ sudo mkdir -p {PREFIX};"
    f' sudo chown "$(id -u)" {PREFIX}; }}'
)


def library_lines(handed: Handed, contents: Mapping[Path, bytes]) -> Iterator[str]:
    """The lines that build and install a target's libraries, each behind those it needs.

    Args:
        handed: The target.
        contents: Of the patches.

    Raises:
        NotHandedOverError: Other machines can't fetch a library's source.
    """
    if handed.libraries:
        yield _OWN_PREFIX
        yield f"rm -rf {_WORK} && mkdir -p {_WORK} && cd {_WORK}"
    for library in handed.libraries:
        build = library.settings.library
        assert build is not None  # noqa: S101 (a library's settings say how)
        yield f"# {library.source.name} {library.source.version}"
        for tool in _TOOLS.get(build.system, ()):
            yield f"command -v {tool} >/dev/null || python3 -m pip install {tool}"
        for tool in library.settings.needs.tools:
            yield f"command -v {tool} >/dev/null || {{ echo 'It needs {tool}.' >&2; exit 1; }}"
        source = f"{_WORK}/{library.source.name}"
        yield from fetching(library.source, source)
        for patch in library.settings.patches:
            yield apply_patch(patch, contents[patch.path], source)
        yield from _commands(library, build, Path(source), handed.target.platform)


def _commands(
    library: HandedLibrary, build: LibraryBuild, source: Path, platform: Platform
) -> Iterator[str]:
    triple = platform_facts(platform).gnu
    places = Places(
        source=source,
        work=Path(f"{source}-objects"),
        stage=Path("/"),  # installed right where it was configured for
        needs=Path(PREFIX),
        meson_cross_file=None,
        triples=(triple, triple),
        jobs=_JOBS,
    )
    env = {name: substituted(text, places) for name, text in library.settings.env.items()}
    assigned = "".join(f"export {name}={shlex.quote(text)}; " for name, text in env.items())
    for command in library_commands(build, places):
        destination = "DESTDIR=/ " if command.destination else ""
        words = shlex.join(command.words)
        yield f"({assigned}cd {shlex.quote(str(command.folder))} && {destination}{words})"
    for name, answers in build.programs.items():
        text = program_script(answers, library.source.version)
        yield f"mkdir -p {PREFIX}/bin && cat >{PREFIX}/bin/{name} <<'END'"
        yield f"{text}END"
        yield f"chmod +x {PREFIX}/bin/{name}"
