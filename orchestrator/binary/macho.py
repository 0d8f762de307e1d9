"""What a Mach-O file says: load commands, exported and imported symbols, signature.

LIEF reads the file; everything that the rest of orchestrator needs is copied into frozen values,
so nothing outside this module knows LIEF. Names are those of ``<mach-o/loader.h>`` and
``<mach-o/nlist.h>``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Literal

from orchestrator.binary.kind import BadBinaryError, kind_of
from orchestrator.binary.signature import Signature, check_signature
from orchestrator.binary.text import readable
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

Lookup = Literal["library", "flat", "executable", "self"]
_Reference = tuple[int, bool]

_N_STAB, _N_TYPE, _N_EXT, _N_UNDF = 0xE0, 0x0E, 0x01, 0x0
_N_WEAK_REF = 0x40
_TWO_LEVEL = 0x80  # MH_TWOLEVEL
_SPECIAL_ORDINALS: dict[int, Lookup] = {0: "self", 0xFE: "flat", 0xFF: "executable"}
_WEAK_LOOKUP = 0xFD  # BIND_SPECIAL_DYLIB_WEAK_LOOKUP, as a byte
_ARM64E = 2  # CPU_SUBTYPE_ARM64E
_PLATFORM_MACOS = "macos"
_BIG_ENDIAN = 0xFE  # first byte of the magic number
_FILETYPES = {1: "object", 2: "execute", 6: "dylib", 8: "bundle", 9: "stub", 10: "dsym"}
_PLATFORMS = {1: _PLATFORM_MACOS, 2: "ios", 3: "tvos", 4: "watchos", 6: "maccatalyst"}


class Library(Value):
    """One library that a Mach-O loads.

    Attributes:
        path: As the load command spells it, e.g. ``@rpath/libfoo.1.dylib``.
        kind: ``weak`` libraries may be missing at run time; the others must be there.
        compatibility: Oldest version of the library that will do.
        current: Version of the library that was linked.
    """

    path: str
    kind: Literal["load", "weak", "reexport", "upward", "lazy"]
    compatibility: tuple[int, int, int]
    current: tuple[int, int, int]


class Import(Value):
    """One symbol that a Mach-O takes from elsewhere.

    Attributes:
        name: With C's leading underscore, e.g. ``_malloc``.
        lookup: Where the loader looks: in one ``library``; in all that is loaded (``flat``);
            in the main ``executable``; in the file it``self``.
        library: Path of the library as the load command spells it; else empty.
        weak: Whether it may be missing at run time.
    """

    name: str
    lookup: Lookup
    library: str = ""
    weak: bool = False


class MachO(Value):
    """One slice of a Mach-O file.

    Attributes:
        arch: ``arm64``, ``arm64e``, ``x86_64`` …
        filetype: Lower-case, e.g. ``bundle``, ``dylib``, ``execute``, ``object``.
        platform: ``macos``, ``ios`` …; empty where no load command says.
        minimum: Oldest OS version (LC_BUILD_VERSION or LC_VERSION_MIN_MACOSX), or None.
        sdk: Version of the SDK, or None.
        install_name: LC_ID_DYLIB; empty where there is none.
        compatibility_version: Of LC_ID_DYLIB.
        current_version: Of LC_ID_DYLIB.
        uuid: Hex, the same for copies of one build; empty where there is none.
        libraries: In load order, which is what ordinals count.
        rpaths: LC_RPATH in order, duplicates included.
        exports: Symbols that others can bind to.
        imports: Sorted by name.
        signature: None where there is none.
    """

    arch: str
    filetype: str
    platform: str = _PLATFORM_MACOS
    minimum: tuple[int, int] | None = None
    sdk: tuple[int, int] | None = None
    install_name: str = ""
    compatibility_version: tuple[int, int, int] = (0, 0, 0)
    current_version: tuple[int, int, int] = (0, 0, 0)
    uuid: str = ""
    libraries: tuple[Library, ...] = ()
    rpaths: tuple[str, ...] = ()
    exports: frozenset[str] = frozenset()
    imports: tuple[Import, ...] = ()
    signature: Signature | None = None


def read_macho(data: bytes) -> tuple[MachO, ...]:
    """Reads a Mach-O file: one value per slice, in file order.

    Raises:
        BadBinaryError: The bytes are not a Mach-O file, or a broken one.
    """
    if not kind_of(data).is_macho:
        raise BadBinaryError("not a Mach-O file")
    import lief  # noqa: PLC0415 - half a second, for commands that never look at binaries

    lief.logging.disable()
    fat = lief.MachO.parse(data)
    if fat is None or not fat.size:
        raise BadBinaryError("a Mach-O file that can't be read")
    try:
        # LIEF's objects live only as long as ``fat``.
        return tuple(_slice(fat.at(index), data) for index in range(fat.size))
    except (ValueError, TypeError, AttributeError, OverflowError, struct.error) as error:
        # LIEF hands out None or values outside of its enums where load commands are broken.
        raise BadBinaryError(f"a Mach-O file with broken load commands ({error})") from error


def _slice(binary: Any, data: bytes) -> MachO:
    image = data[binary.fat_offset : binary.fat_offset + binary.original_size]
    _check_whole(binary, image)
    libraries, identity = _libraries(binary)
    platform, minimum, sdk = _versions(binary)
    subtype, filetype = struct.unpack_from(">II" if image[0] == _BIG_ENDIAN else "<II", image, 8)
    (arch,) = kind_of(image).machines
    signature = None
    if binary.has_code_signature:
        command = binary.code_signature
        signature = check_signature(image, command.data_offset, command.data_size)
    return MachO(
        arch="arm64e" if (arch, subtype & 0xFF) == ("arm64", _ARM64E) else arch,
        filetype=_FILETYPES.get(filetype, f"type {filetype}"),
        platform=platform,
        minimum=minimum,
        sdk=sdk,
        install_name=identity.path if identity else "",
        compatibility_version=identity.compatibility if identity else (0, 0, 0),
        current_version=identity.current if identity else (0, 0, 0),
        uuid=bytes(binary.uuid.uuid).hex() if binary.has_uuid else "",
        libraries=libraries,
        rpaths=tuple(readable(command.path) for command in binary.rpaths),
        exports=frozenset(_exports(binary)),
        imports=_imports(binary, libraries),
        signature=signature,
    )


def _check_whole(binary: Any, image: bytes) -> None:
    """LIEF reads what is there of a truncated file; the loader would not."""
    if binary.header.nb_cmds != len(binary.commands):
        raise BadBinaryError("a Mach-O file with broken load commands")
    if any(item.file_offset + item.file_size > len(image) for item in binary.segments):
        raise BadBinaryError("a Mach-O file that is cut off")


def _word(value: Any) -> str:
    """The lower-case name of a LIEF enum's value."""
    return str(value).rsplit(".", 1)[-1].lower()


def _version(value: Any) -> tuple[int, int, int]:
    major, minor, patch = (*value, 0, 0, 0)[:3]
    return major, minor, patch


def _libraries(binary: Any) -> tuple[tuple[Library, ...], Library | None]:
    """Everything linked, in ordinal order, and LC_ID_DYLIB."""
    kinds: dict[str, Literal["load", "weak", "reexport", "upward", "lazy"]] = {
        "load_dylib": "load",
        "load_weak_dylib": "weak",
        "reexport_dylib": "reexport",
        "load_upward_dylib": "upward",
        "lazy_load_dylib": "lazy",
    }
    linked: list[Library] = []
    identity = None
    for command in binary.libraries:
        name = _word(command.command)
        library = Library(
            path=readable(command.name),
            kind=kinds.get(name, "load"),
            compatibility=_version(command.compatibility_version),
            current=_version(command.current_version),
        )
        if name == "id_dylib":
            identity = library
        else:
            linked.append(library)
    return tuple(linked), identity


def _versions(binary: Any) -> tuple[str, tuple[int, int] | None, tuple[int, int] | None]:
    """Platform, oldest OS version and SDK version."""
    if binary.has_build_version:
        build = binary.build_version
        number = int.from_bytes(bytes(build.data)[8:12], "little")
        platform = _PLATFORMS.get(number, f"platform {number}")
        return platform, _version(build.minos)[:2], _version(build.sdk)[:2]
    if binary.has_version_min:
        command = binary.version_min
        platform = _word(command.command).removeprefix("version_min_")
        platform = _PLATFORM_MACOS if platform == "macosx" else platform
        return platform, _version(command.version)[:2], _version(command.sdk)[:2]
    return "", None, None


def _exports(binary: Any) -> Iterator[str]:
    """What the exports trie lists, as dlsym sees it; the symbol table only if there is none."""
    if binary.has_dyld_exports_trie or binary.has_dyld_info:
        for symbol in binary.symbols:
            if symbol.has_export_info:
                yield readable(symbol.name)
        return
    for symbol in binary.symbols:
        kind = symbol.raw_type
        if kind & _N_EXT and not kind & _N_STAB and kind & _N_TYPE != _N_UNDF:
            yield readable(symbol.name)


def _imports(binary: Any, libraries: tuple[Library, ...]) -> tuple[Import, ...]:
    """Undefined symbols of the symbol table, and those that only the bindings name.

    Bindings are what dyld follows. zig's symbol tables give ordinal 0 where its bindings say
    "flat lookup", so the table's ordinal counts only for symbols that are bound nowhere.
    """
    two_level = bool(binary.header.flags & _TWO_LEVEL)
    tabled = _undefined(binary)
    bound = _bound(binary)
    found = {
        name: _import(name, bound.get(name, reference), libraries, two_level=two_level)
        for name, reference in tabled.items()
        if reference
    }
    for name, reference in bound.items():
        if name not in tabled:
            found[name] = _import(name, reference, libraries, two_level=two_level)
    return tuple(found[name] for name in sorted(found))


def _undefined(binary: Any) -> dict[str, _Reference | None]:
    """Names of the symbol table with library ordinal and weakness, None for definitions."""
    import lief  # noqa: PLC0415

    in_table = lief.MachO.Symbol.ORIGIN.SYMTAB
    found: dict[str, _Reference | None] = {}
    for symbol in binary.symbols:
        kind = symbol.raw_type
        if symbol.origin != in_table or kind & _N_STAB:
            continue
        # An undefined symbol with a value is a common symbol: a definition.
        defined = kind & _N_TYPE != _N_UNDF or not kind & _N_EXT or symbol.value
        ordinal = (symbol.description >> 8) & 0xFF
        weak = bool(symbol.description & _N_WEAK_REF)
        found[readable(symbol.name)] = None if defined else (ordinal, weak)
    return found


def _bound(binary: Any) -> dict[str, _Reference]:
    """Names in the binding opcodes or chained fixups, with library ordinal and weakness."""
    import lief  # noqa: PLC0415

    opcodes = lief.MachO.DyldBindingInfo
    found: dict[str, _Reference] = {}
    for binding in binary.bindings:
        # Weak binding joins C++ definitions of several files; it names no library.
        joins = isinstance(binding, opcodes) and binding.binding_class == opcodes.CLASS.WEAK
        if binding.has_symbol and not joins:
            name = readable(binding.symbol.name)
            found[name] = (binding.library_ordinal & 0xFF, bool(binding.weak_import))
    return found


def _import(
    name: str, reference: _Reference, libraries: tuple[Library, ...], *, two_level: bool
) -> Import:
    ordinal, weak = reference
    if not two_level or ordinal == _WEAK_LOOKUP:
        return Import(name=name, lookup="flat", weak=weak)
    if special := _SPECIAL_ORDINALS.get(ordinal):
        return Import(name=name, lookup=special, weak=weak)
    if ordinal > len(libraries):
        raise BadBinaryError(f"{name} is bound to library {ordinal} of {len(libraries)}")
    return Import(name=name, lookup="library", library=libraries[ordinal - 1].path, weak=weak)
