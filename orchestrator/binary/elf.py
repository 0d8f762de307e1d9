"""What an ELF file says: program headers, dynamic section, symbols and their versions.

LIEF reads what the dynamic section points to; everything is copied into frozen values, so nothing
outside this module knows LIEF. Names are those of the System V gABI (chapter 5) and, for symbol
versions, of the LSB Core specification.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Literal

from orchestrator.binary.kind import BadBinaryError, kind_of
from orchestrator.binary.program_headers import ProgramHeader, Segment, read_program_headers
from orchestrator.binary.text import readable
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

FileType = Literal["executable", "shared", "object", "other"]

_ET_REL, _ET_EXEC, _ET_DYN = 1, 2, 3
_DF_TEXTREL, _DF_STATIC_TLS, _DF_1_PIE = 0x4, 0x10, 0x08000000
_VER_NDX_HIDDEN = 0x8000
_VER_FLG_BASE = 1
_STB_LOCAL, _STB_WEAK = 0, 2
_STV_DEFAULT, _STV_PROTECTED = 0, 3
_NT_GNU_BUILD_ID = 3
_DEBUG_SECTIONS = (".debug_", ".zdebug_")
_Needs = dict[int, tuple[str, str]]


class Reference(Value):
    """One symbol that an ELF file takes from elsewhere.

    Attributes:
        name: As in C.
        weak: Whether it may be missing at run time.
        version: Such as ``GLIBC_2.17``; empty where any will do.
        library: That the version is of, as DT_NEEDED spells it; empty without version.
    """

    name: str
    weak: bool = False
    version: str = ""
    library: str = ""


class Elf(Value):
    """An ELF file.

    Attributes:
        bits: 32 or 64.
        machine: ``aarch64``, ``x86_64`` …
        filetype: ``shared`` objects are libraries and extension modules; ``executable`` ones are
            programs, position-independent or not; an ``object`` is what the linker takes.
        versions: Needed symbol versions by library, e.g. ``{"libc.so.6": ("GLIBC_2.17",)}``.
        soname: DT_SONAME; empty where there is none.
        needed: DT_NEEDED in order.
        rpath: Folders of DT_RPATH in order.
        runpath: Folders of DT_RUNPATH in order.
        interpreter: The dynamic loader that a program asks for; else empty.
        defined_versions: Symbol versions that others can need of it.
        exports: Symbols that others can bind to.
        imports: Sorted by name.
        executable_stack: Whether it asks for one (PT_GNU_STACK); None where it doesn't say.
        segments: What is loaded, in file order.
        text_relocations: Whether the loader must write into code.
        static_tls: Whether it uses thread-local storage of the size fixed at start (DF_STATIC_TLS).
        build_id: Hex, the same for copies of one build; empty where there is none.
        debug_info: Whether it holds debug sections.
    """

    bits: int
    machine: str
    filetype: FileType
    versions: dict[str, tuple[str, ...]]
    soname: str = ""
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    interpreter: str = ""
    defined_versions: frozenset[str] = frozenset()
    exports: frozenset[str] = frozenset()
    imports: tuple[Reference, ...] = ()
    executable_stack: bool | None = None
    segments: tuple[Segment, ...] = ()
    text_relocations: bool = False
    static_tls: bool = False
    build_id: str = ""
    debug_info: bool = False


def read_elf(data: bytes) -> Elf:
    """Reads an ELF file.

    Raises:
        BadBinaryError: The bytes are not an ELF file, or a broken one.
    """
    kind = kind_of(data)
    if kind.format != "elf":
        raise BadBinaryError("not an ELF file")
    try:
        return _elf(data, kind.machines[0], *read_program_headers(data))
    except BadBinaryError:
        raise
    except (ValueError, TypeError, AttributeError, OverflowError, LookupError, struct.error) as bad:
        raise BadBinaryError(f"an ELF file with broken headers ({bad})") from bad


def _elf(data: bytes, machine: str, filetype: int, headers: tuple[ProgramHeader, ...]) -> Elf:
    import lief  # noqa: PLC0415 - half a second, for commands that never look at binaries

    binary = _parse(data)
    tags = lief.ELF.DynamicEntry.TAG
    flags = _value(binary, tags.FLAGS)
    soname = "".join(_names(binary, lief.ELF.DynamicSharedObject, "name"))
    interpreter = _interpreter(headers, data)
    is_program = bool(_value(binary, tags.FLAGS_1) & _DF_1_PIE or (interpreter and not soname))
    needs = _needs(binary)
    exports, imports = _symbols(binary, needs)
    stacks = [header.segment for header in headers if header.kind == "stack"]
    return Elf(
        bits=32 * data[4],
        machine=machine,
        filetype=_filetype(filetype, is_program=is_program),
        soname=soname,
        needed=_names(binary, lief.ELF.DynamicEntryLibrary, "name"),
        rpath=_folders(_names(binary, lief.ELF.DynamicEntryRpath, "rpath")),
        runpath=_folders(_names(binary, lief.ELF.DynamicEntryRunPath, "runpath")),
        interpreter=interpreter,
        versions=_by_library(needs),
        defined_versions=frozenset(_defined_versions(binary)),
        exports=exports,
        imports=imports,
        executable_stack=any(stack.executable for stack in stacks) if stacks else None,
        segments=tuple(header.segment for header in headers if header.kind == "load"),
        text_relocations=bool(flags & _DF_TEXTREL) or binary.has(tags.TEXTREL),
        static_tls=bool(flags & _DF_STATIC_TLS),
        build_id="".join(_build_ids(binary)),
        debug_info=any(
            readable(section.name).startswith(_DEBUG_SECTIONS) for section in binary.sections
        ),
    )


def _parse(data: bytes) -> Any:
    import lief  # noqa: PLC0415

    lief.logging.disable()
    config = lief.ELF.ParserConfig()
    # Not what only debuggers read, nor what most of the time would go into.
    config.parse_symtab_symbols = False
    config.parse_relocations = False
    config.parse_overlay = False
    binary = lief.ELF.parse(data, config)
    if binary is None:
        raise BadBinaryError("an ELF file that can't be read")
    return binary


def _filetype(number: int, *, is_program: bool) -> FileType:
    if number == _ET_DYN:
        return "executable" if is_program else "shared"
    others: dict[int, FileType] = {_ET_REL: "object", _ET_EXEC: "executable"}
    return others.get(number, "other")


def _interpreter(headers: tuple[ProgramHeader, ...], data: bytes) -> str:
    for header in headers:
        if header.kind == "interpreter":
            start, size = header.segment.offset, header.segment.file_size
            return readable(data[start : start + size].rstrip(b"\0"))
    return ""


def _value(binary: Any, tag: Any) -> int:
    """The number of a dynamic entry, 0 where there is none."""
    return int(binary.get(tag).value) if binary.has(tag) else 0


def _names(binary: Any, kind: type, attribute: str) -> tuple[str, ...]:
    """What the dynamic entries of one kind name."""
    found = tuple(
        readable(getattr(entry, attribute))
        for entry in binary.dynamic_entries
        if isinstance(entry, kind)
    )
    if not all(found) and attribute == "name":
        raise BadBinaryError("an ELF file whose dynamic section names libraries of no name")
    return found


def _folders(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(folder for path in paths for folder in path.split(":"))


def _needs(binary: Any) -> _Needs:
    """Library and version for each index that the symbols' versions use."""
    return {
        item.other & ~_VER_NDX_HIDDEN: (readable(library.name), readable(item.name))
        for library in binary.symbols_version_requirement
        for item in library.get_auxiliary_symbols()
    }


def _by_library(needs: _Needs) -> dict[str, tuple[str, ...]]:
    libraries = dict.fromkeys(library for library, _ in needs.values())
    return {
        name: tuple(sorted({version for library, version in needs.values() if library == name}))
        for name in libraries
    }


def _defined_versions(binary: Any) -> Iterator[str]:
    """Without the one that stands for the file itself."""
    for definition in binary.symbols_version_definition:
        if not definition.flags & _VER_FLG_BASE:
            yield from (readable(item.name) for item in definition.auxiliary_symbols)


def _symbols(binary: Any, needs: _Needs) -> tuple[frozenset[str], tuple[Reference, ...]]:
    exports: set[str] = set()
    imports: dict[str, Reference] = {}
    for symbol in binary.dynamic_symbols:
        # The raw numbers: LIEF's enums warn of values that they don't know.
        name, binding = readable(symbol.name), symbol.information >> 4
        if not name or binding == _STB_LOCAL:
            continue
        if symbol.shndx:
            if symbol.other & 3 in {_STV_DEFAULT, _STV_PROTECTED}:
                exports.add(name)
            continue
        index = symbol.symbol_version.value & ~_VER_NDX_HIDDEN if symbol.has_version else 0
        library, version = needs.get(index, ("", ""))
        imports[name] = Reference(
            name=name, weak=binding == _STB_WEAK, version=version, library=library
        )
    return frozenset(exports), tuple(imports[name] for name in sorted(imports))


def _build_ids(binary: Any) -> Iterator[str]:
    for note in binary.notes:
        if note.original_type == _NT_GNU_BUILD_ID and readable(note.name).rstrip("\0") == "GNU":
            yield bytes(note.description).hex()
            return
