"""Whether what was installed is meant for the Python that finds it: by wheel tags and suffixes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from orchestrator.model import Platform, Target
from orchestrator.targets.wheel_tags import accepted, platform_tags
from orchestrator.verify.extension import extension

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.audit.environment.facts import Binary, Runtime
    from orchestrator.model import Interpreter

# For a system of unknown version, every version fits.
_ANY_MACOS, _ANY_GLIBC, _ANY_MUSL = (99, 0), (2, 99), (1, 99)


def fitting_tags(runtime: Runtime) -> frozenset[str]:
    """Tags of all wheels that belong there, expanded; empty where it is no CPython that we know."""
    if runtime.interpreter is None:
        return frozenset()
    found: set[str] = {"py3-none-any"}
    for platform in _platforms(runtime):
        found |= accepted(Target(platform=platform, interpreter=runtime.interpreter))
    return frozenset(found | {_plain(tag, runtime) for tag in found})


def unfit_part(tags: Iterable[str], runtime: Runtime) -> str:
    """What of a wheel's tags does not fit: its platforms, if none of them does, else its Python."""
    fitting = {name for platform in _platforms(runtime) for name in platform_tags(platform)}
    fitting |= {"any", f"linux_{runtime.machine}"}
    listed = sorted(tags)
    platforms = dict.fromkeys(tag.rsplit("-", 1)[-1] for tag in listed)
    if not fitting & platforms.keys():
        return ".".join(platforms)
    return ".".join(dict.fromkeys(tag.rsplit("-", 1)[0] for tag in listed))


def _platforms(runtime: Runtime) -> Iterator[Platform]:
    if runtime.os == "macos":
        yield Platform(os="macos", arch=runtime.machine, minimum=runtime.system or _ANY_MACOS)
        return
    arch = runtime.machine
    if runtime.libc != "musl":
        glibc = runtime.system if runtime.libc else None
        yield Platform(os="linux", arch=arch, minimum=glibc or _ANY_GLIBC, libc="glibc")
    if runtime.libc != "glibc":
        musl = runtime.system if runtime.libc else None
        yield Platform(os="linux", arch=arch, minimum=musl or _ANY_MUSL, libc="musl")


def _plain(tag: str, runtime: Runtime) -> str:
    """The tag of what was built on the machine itself: ``linux_x86_64``."""
    python, abi, platform = tag.split("-")
    return f"{python}-{abi}-linux_{runtime.machine}" if "linux" in platform else tag


def unimportable(modules: Iterable[Binary], interpreter: Interpreter) -> tuple[Binary, ...]:
    """Modules that another Python looks for, where this one has none of the same name."""
    variants: dict[str, list[Binary]] = defaultdict(list)
    for module in modules:
        folder, _, name = module.path.rpartition("/")
        variants[f"{folder}/{name.split('.')[0]}"].append(module)
    return tuple(
        module
        for group in variants.values()
        if not any(_is_looked_for(module, interpreter) for module in group)
        for module in group
    )


def _is_looked_for(module: Binary, interpreter: Interpreter) -> bool:
    named = extension(module.path)
    if named is None or named.interpreter is None:
        return named is None or not (named.suffix == "abi3" and interpreter.free_threaded)
    return named.interpreter == interpreter
