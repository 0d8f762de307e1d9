"""What cibuildwheel itself understands of a project: its own option parser, in this process."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from cibuildwheel.options import CommandLineArguments, compute_options
from cibuildwheel.platforms import ALL_PLATFORM_MODULES, get_build_identifiers

from orchestrator.emit.cibuildwheel.handover import Handed, Handover
from orchestrator.emit.cibuildwheel.project import project_files
from orchestrator.model import BuildSettings, Source, Target
from orchestrator.targets.tags import parse_interpreter, parse_platform

if TYPE_CHECKING:
    from pathlib import Path

    from cibuildwheel.options import BuildOptions, Options

SOURCE = Source(
    name="tiny",
    version="1.0",
    kind="index",
    location="https://example.org/tiny-1.0.tar.gz",
    filename="tiny-1.0.tar.gz",
    digest="sha256:00",
)


def target(python: str, platform: str = "linux") -> Target:
    return Target(platform=parse_platform(platform), interpreter=parse_interpreter(python))


def handover(
    *targets: Target, settings: BuildSettings | None = None, source: Source = SOURCE
) -> Handover:
    """A handover of one package with the same settings for all its targets."""
    own = settings or BuildSettings()
    return Handover(
        source=source, targets=tuple(Handed(target=item, settings=own) for item in targets)
    )


def write_project(handover: Handover, folder: Path) -> Path:
    """Writes all files of a project."""
    paths = {patch.path for item in handover.targets for patch in item.settings.patches}
    paths |= {path for item in handover.targets for path in item.settings.test.own_files}
    for file in project_files(handover, {path: path.read_bytes() for path in paths}):
        place = folder / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content)
    return folder


def read_project(folder: Path, system: str) -> Options:
    """The options, as cibuildwheel parses them; it expects a source."""
    package = folder / "source"
    package.mkdir(exist_ok=True)
    arguments = dataclasses.replace(
        CommandLineArguments.defaults(),
        platform=system,  # type: ignore[arg-type]
        config_file=str(folder / "cibuildwheel.toml"),
        package_dir=package,
    )
    return compute_options(system, arguments, {})  # type: ignore[arg-type]


def identifiers(folder: Path, system: str) -> list[str]:
    """What ``--print-build-identifiers`` would print."""
    options = read_project(folder, system).globals
    module = ALL_PLATFORM_MODULES[system]  # type: ignore[index]
    return get_build_identifiers(module, options.build_selector, options.architectures)


def build_options(folder: Path, system: str, identifier: str) -> BuildOptions:
    return read_project(folder, system).build_options(identifier)
