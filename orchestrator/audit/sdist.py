"""What an sdist's files say of its build, without running any of them. Pure."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from orchestrator.audit.facts import SdistFacts
from orchestrator.audit.hazards import hazards
from orchestrator.audit.libraries import libraries
from orchestrator.audit.sources import LANGUAGES, Sources, endings
from orchestrator.build.evidence import SPEAKS_OF_EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_RUST_TOOLS = frozenset({"maturin", "setuptools-rust"})
_SPEAKS_OF_RUST = re.compile(r"rust_extensions|RustExtension|setuptools_rust")
_SPEAKS_OF_FORTRAN = re.compile(r"fortran|f2py|numpy\.distutils", re.IGNORECASE)
# Programs by what shows that they are run: words of Python scripts, then files.
_TOOLS = {
    "autoconf": re.compile(r"autoreconf|autogen\.sh"),
    "bazel": re.compile(r"""["']bazel(?:isk)?["']"""),
    "bison": re.compile(r"""["']bison["']"""),
    "cmake": re.compile(r"""["']cmake["']|CMakeExtension|scikit-build|scikit_build_core|skbuild"""),
    "make": re.compile(r"""["']make["']|\./configure|os\.system\(["']make"""),
    "meson": re.compile(r"\bmesonpy\b|meson-python"),
    "nasm": re.compile(r"""["']nasm["']"""),
    "pkg-config": re.compile(r"""pkg-config|pkgconfig"""),
    "protoc": re.compile(r"""["']protoc["']"""),
    "swig": re.compile(r"""swig_opts|build_swig|["'][\w/]+\.i["']"""),
}


def read_sources(sources: Sources) -> SdistFacts:
    """Judges an sdist by its files."""
    build_system = _build_system(sources)
    requires = tuple(str(text) for text in build_system.get("requires", ()))
    scripts = {
        name: text
        for name, text in sources.scripts.items()
        if name.endswith((".py", ".cfg", "pyproject.toml"))
    }
    compiles = any(SPEAKS_OF_EXTENSIONS.search(text) for text in scripts.values())
    facts = SdistFacts(
        backend=str(build_system.get("build-backend", "")) or "setuptools", build_requires=requires
    )
    if not compiles:
        return facts
    return SdistFacts(
        backend=facts.backend,
        build_requires=requires,
        languages=tuple(sorted(set(_languages(sources, scripts, requires)))),
        libraries=libraries(sources),
        tools=tuple(
            tool
            for tool, pattern in _TOOLS.items()
            if any(pattern.search(text) for text in scripts.values())
        ),
        hazards=hazards(sources),
    )


def _build_system(sources: Sources) -> dict[str, Any]:
    try:
        table = tomllib.loads(sources.scripts.get("pyproject.toml", "")).get("build-system", {})
    except tomllib.TOMLDecodeError:
        return {}
    return table if isinstance(table, dict) else {}


def _languages(
    sources: Sources, scripts: Mapping[str, str], requires: tuple[str, ...]
) -> Iterator[str]:
    found = {LANGUAGES[ending] for ending in endings(sources.names) if ending in LANGUAGES}
    yield from found - {"rust", "fortran"}
    # Many sdists carry some of these along without compiling them.
    texts = (*scripts.values(), *_texts(sources, "meson.build"), *_texts(sources, "CMakeLists.txt"))
    if "fortran" in found and any(map(_SPEAKS_OF_FORTRAN.search, texts)):
        yield "fortran"
    tools = {canonicalize_name(name) for text in requires if (name := _name(text))}
    if tools & _RUST_TOOLS or any(map(_SPEAKS_OF_RUST.search, scripts.values())):
        yield "rust"


def _texts(sources: Sources, ending: str) -> Iterator[str]:
    return (text for name, text in sources.scripts.items() if name.endswith(ending))


def _name(requirement: str) -> str:
    try:
        return Requirement(requirement).name
    except InvalidRequirement:
        return ""
