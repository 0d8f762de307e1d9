"""How uv is asked for a lock: its command, its configuration, and what its answers mean. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from orchestrator.errors import OrchestratorError, ResolverError, UnsatisfiableError
from orchestrator.model import Value, learn
from orchestrator.resolve.urls import local_path, redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orchestrator.model import Platform, Target
    from orchestrator.resolve.configuration import IndexConfiguration
    from orchestrator.resolve.inputs import Inputs

# The libc versions that `uv pip compile --python-platform` knows names for.
_UV_GLIBC = (17, 28, *range(31, 41))

# How long uv takes a page of an index for the truth, and a file of it: what the public index says
# of itself. Some mirrors say nothing, and uv would read every page again for every target.
_FRESH = {"api": "max-age=600", "files": "max-age=31536000, immutable"}

# Settings of uv that matter to a resolution and are no places; the [pip] table has some of them.
PASSED_ON = (
    *("allow-insecure-host", "constraint-dependencies", "dependency-metadata"),
    *("exclude-dependencies", "exclude-newer", "exclude-newer-package", "fork-strategy"),
    *("keyring-provider", "native-tls", "no-sources", "override-dependencies", "prerelease"),
    *("resolution", "system-certs"),
)

# uv's variables that contradict how it is asked here.
UNWANTED_VARIABLES = (
    *("UV_BUILD_CONSTRAINT", "UV_CONFIG_FILE", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL"),
    *("UV_INDEX", "UV_INDEX_URL", "UV_NO_BUILD", "UV_NO_BUILD_ISOLATION", "UV_NO_BUILD_PACKAGE"),
    *("UV_NO_CONFIG", "UV_PYTHON", "UV_PYTHON_PLATFORM", "UV_SYSTEM_PYTHON"),
)
_UNSATISFIABLE = "No solution found"


class Metadata(Value):
    """What one version of a project requires, where no index and no sdist says it.

    Attributes:
        name: Normalized.
        version: PEP 440.
        requires_dist: PEP 508 strings.
        provides_extra: Names of extras.
        sha256: Of the sdist that says so; empty where it is of none.
        known: Whether anybody said so; False: nothing could tell, and none are assumed.
    """

    name: str
    version: str
    requires_dist: tuple[str, ...] = ()
    requires_python: str = ""
    provides_extra: tuple[str, ...] = ()
    sha256: str = ""
    known: bool = True


learn(Metadata)


def platform_arguments(target: Target) -> tuple[str, ...]:
    """The options that make uv resolve for a target."""
    interpreter = target.interpreter
    return (
        *("--python-platform", uv_platform(target.platform)),
        *("--python-version", f"{interpreter.major}.{interpreter.minor}"),
    )


def platform_variables(platform: Platform) -> dict[str, str]:
    """The environment variables that say the rest of it: uv has no option for the oldest macOS."""
    if platform.os != "macos":
        return {}
    return {"MACOSX_DEPLOYMENT_TARGET": ".".join(map(str, platform.minimum))}


def uv_platform(platform: Platform) -> str:
    """Uv's name of a platform; of a libc it has no name for, the next older one's."""
    if platform.os == "macos":
        return {"arm64": "aarch64"}.get(platform.arch, platform.arch) + "-apple-darwin"
    if platform.libc == "musl":
        return f"{platform.arch}-unknown-linux-musl"
    minor = max(known for known in _UV_GLIBC if known <= max(platform.minimum[1], _UV_GLIBC[0]))
    return f"{platform.arch}-manylinux_2_{minor}"


def compile_arguments(inputs: Inputs, requirements: str, constraints: str) -> tuple[str, ...]:
    """The options of ``uv pip compile`` that follow from what the user asks for.

    Args:
        inputs: The user's.
        requirements: File of the roots that uv does not read itself.
        constraints: File of the constraints.
    """
    options = inputs.options
    arguments = [requirements, *inputs.projects, "--constraints", constraints]
    if inputs.projects:
        arguments += [word for extra in inputs.extras for word in ("--extra", extra)]
        arguments += [
            word
            for project in inputs.projects
            for group in inputs.groups
            for word in ("--group", f"{project}:{group}")
        ]
    arguments += [word for name in options.no_binary for word in ("--no-binary", name)]
    arguments += [word for name in options.only_binary for word in ("--only-binary", name)]
    if options.prereleases:
        arguments += ["--prerelease", "allow"]
    return tuple(arguments)


def configuration_tables(
    settings: Iterable[Mapping[str, Any]],
    configuration: IndexConfiguration,
    default_index: str,
    metadata: Iterable[Metadata],
) -> dict[str, Any]:
    """The content of the ``uv.toml`` that a lock is made with.

    Args:
        settings: The user's own, of each of uv's files, the most important first.
        configuration: The indexes.
        default_index: URL of the one that is asked when none is configured.
        metadata: What is known of sdists that do not say it themselves.
    """
    tables: dict[str, Any] = {}
    for found in settings:
        for level in (found.get("pip", {}), found):
            for key in PASSED_ON:
                if key not in level:
                    continue
                if isinstance(level[key], list):
                    tables[key] = [*tables.get(key, []), *level[key]]
                else:
                    tables.setdefault(key, level[key])
    indexes = [url or default_index for url in configuration.indexes]
    tables["index"] = [
        {
            "url": url,
            "default": place == len(indexes) - 1,
            **({} if local_path(url) else {"cache-control": _FRESH}),
        }
        for place, url in enumerate(indexes)
    ]
    if not indexes:
        tables["no-index"] = True
    tables["dependency-metadata"] = [
        *tables.get("dependency-metadata", []),
        *map(_metadata_table, metadata),
    ]
    return tables


def _metadata_table(metadata: Metadata) -> dict[str, Any]:
    table: dict[str, Any] = {
        "name": metadata.name,
        "version": metadata.version,
        "requires-dist": list(metadata.requires_dist),
    }
    if metadata.requires_python:
        table["requires-python"] = metadata.requires_python
    if metadata.provides_extra:
        table["provides-extra"] = list(metadata.provides_extra)
    return table


def failure(lines: Sequence[str], target: Target) -> OrchestratorError:
    """The error that uv's output amounts to, with its explanation."""
    said = tuple(redact(line) for line in lines if line.strip())
    if any(_UNSATISFIABLE in line for line in said):
        return UnsatisfiableError(
            f"The requirements can't all be satisfied for {target}. uv explains:", details=said
        )
    return ResolverError(f"uv could not resolve the requirements for {target}.", details=said)


_ANNOTATED = re.compile(r"(?P<name>[\w.-]+)\s*(?:==|@)[^#]*(?:#\s*via\s+(?P<via>.*))?")


def parse_edges(text: str) -> dict[str, tuple[str, ...]]:
    """Which packages require which, from annotated requirements (``--annotation-style line``).

    Returns:
        Names of what each package requires, sorted, by its normalized name.
    """
    edges: dict[str, set[str]] = {}
    for line in text.splitlines():
        match = _ANNOTATED.match(line)
        if not match:
            continue
        name = canonicalize_name(match["name"])
        edges.setdefault(name, set())
        for via in (match["via"] or "").split(","):
            # Others are files: "-r requirements.in", "project (pyproject.toml)".
            if via.strip() and not re.search(r"\s", via.strip()):
                edges.setdefault(canonicalize_name(via.strip()), set()).add(name)
    return {name: tuple(sorted(needs)) for name, needs in edges.items()}
