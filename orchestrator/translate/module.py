"""One Mach-O module as an ELF one: which pointer becomes what. Pure."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from orchestrator.binary.macho_image import POINTER
from orchestrator.model import Value
from orchestrator.translate.bridge import elf_name, is_different
from orchestrator.translate.elf_image import Layout, extra_at, write_elf
from orchestrator.translate.unwind import unwinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.binary.macho_image import Image

STAND_INS = "libdarwin-standins.so"
CXX = "libc++-darwin.so.1"
_THREAD_LOCAL = "darwin_thread_local"
# Called through lazy pointers to find their symbols; here they are found before anything runs.
_NEVER_CALLED = frozenset({"dyld_stub_binder"})


class Surroundings(Value):
    """What a module finds where it is loaded.

    Attributes:
        stand_ins: What the stand-ins' library defines.
        offered: What it and all other libraries of the system offer, by ELF name.
        needed: Libraries to load for a system library, by a part of that one's path.
    """

    stand_ins: frozenset[str]
    offered: frozenset[str]
    needed: tuple[tuple[str, str], ...]


class Translated(Value):
    """What became of a module.

    Attributes:
        content: Bytes of the ELF file; empty where something is missing.
        missing: Symbols without a stand-in, each with the library that it is of.
    """

    content: bytes
    missing: tuple[str, ...]


def translate(
    image: Image,
    surroundings: Surroundings,
    siblings: Mapping[str, str],
    *,
    soname: str = "",
    siblings_offer: frozenset[str] = frozenset(),
    runpath: str = "$ORIGIN",
) -> Translated:
    """Translates one module.

    Args:
        image: As its loader sees it.
        surroundings: Of the process that loads it.
        siblings: File names of translated libraries of the wheel, by the path that the module has
            in its load commands.
        soname: That others load it by; empty for modules.
        siblings_offer: Names that translated libraries of the wheel define.
        runpath: Where these are looked for.
    """
    missing = tuple(_missing(image, surroundings, siblings_offer))
    if missing:
        return Translated(content=b"", missing=missing)
    start = locals_at = extra_at(image.segments)
    relative = [(rebase.address, rebase.target) for rebase in image.rebases]
    symbolic: list[tuple[int, str, int]] = []
    for bind in image.binds:
        if bind.symbol in image.exports:
            relative.append((bind.address, image.exports[bind.symbol] + bind.addend))
        elif bind.symbol not in _NEVER_CALLED:
            name = elf_name(bind.symbol, surroundings.stand_ins)
            symbolic.append((bind.address, name, bind.addend))
    for descriptor, _ in image.thread_locals.descriptors:  # whose third word stays as it is
        symbolic.append((descriptor, _THREAD_LOCAL, 0))
        relative.append((descriptor + POINTER, locals_at))
    extra = b""
    if image.thread_locals.descriptors:
        extra = _image_locals(image)
        relative.append((locals_at + POINTER, image.thread_locals.template[0]))
    extra, unwind_index = _with_unwinding(image, extra, start)
    layout = Layout(
        segments=image.segments,
        relative=tuple(relative),
        symbolic=tuple(symbolic),
        weak=frozenset(
            elf_name(bind.symbol, surroundings.stand_ins) for bind in image.binds if bind.weak
        ),
        exports=_exports(image),
        initialisers=image.initialisers,
        needed=_needed(image, surroundings, siblings),
        soname=soname,
        runpath=runpath,
        extra=extra,
        unwind_index=unwind_index,
    )
    return Translated(content=write_elf(layout), missing=())


def _with_unwinding(image: Image, extra: bytes, start: int) -> tuple[bytes, tuple[int, int] | None]:
    """What is added to an image, with how its functions are unwound behind it."""
    extra += bytes(-len(extra) % 16)
    found = unwinding(image, start + len(extra))
    if found is None:
        return extra, None
    offset, size = found.table
    return extra + found.content, (len(extra) + offset, size)


def _missing(image: Image, surroundings: Surroundings, siblings: frozenset[str]) -> Iterator[str]:
    offered = surroundings.offered | siblings
    seen = set()
    for bind in image.binds:
        if bind.weak or bind.symbol in seen:
            continue
        seen.add(bind.symbol)
        if bind.symbol in image.exports or bind.symbol in _NEVER_CALLED:
            continue
        found = elf_name(bind.symbol, surroundings.stand_ins)
        if found not in offered or (is_different(found) and found not in siblings):
            of = bind.library.rpartition("/")[2].removesuffix(".dylib")
            yield f"{bind.symbol} ({of or 'any library'})"


def _exports(image: Image) -> dict[str, int]:
    """What others ask for: of a module its initialiser, of a library all."""
    every = {name.removeprefix("_"): address for name, address in image.exports.items()}
    if image.filetype == "dylib":
        return every
    return {name: address for name, address in every.items() if name.startswith("PyInit_")}


def _needed(
    image: Image, surroundings: Surroundings, siblings: Mapping[str, str]
) -> tuple[str, ...]:
    found = [STAND_INS]
    for path in image.libraries:
        if path in siblings:
            found.append(siblings[path])
        found += [name for part, name in surroundings.needed if part in path]
    return tuple(dict.fromkeys(found))


def _image_locals(image: Image) -> bytes:
    """``struct image_locals`` of the stand-ins: key, made, begin, size, alignment."""
    locals_ = image.thread_locals
    return struct.pack("<IIQQQ", 0, 0, 0, locals_.template[1], max(locals_.alignment, POINTER))
