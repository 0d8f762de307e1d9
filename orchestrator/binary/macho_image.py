"""A Mach-O file as its loader sees it: segments, what is to be written into them, what begins it.

LIEF reads classic dyld information and chained fixups alike. What it says is checked here against
the segments, so that whoever maps the image need not mistrust it. Names are those of
``<mach-o/loader.h>`` and ``<mach-o/fixup-chains.h>``.
"""

from __future__ import annotations

import struct
import warnings
from typing import TYPE_CHECKING, Any, Literal

from orchestrator.binary.kind import BadBinaryError, kind_of
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

POINTER = 8
_PAGEZERO, _LINKEDIT, _TEXT = "__PAGEZERO", "__LINKEDIT", "__TEXT"
_WRITE, _EXECUTE = 2, 4  # VM_PROT_*
_LARGEST = 1 << 31  # bytes of an image; the largest wheels hold a tenth of that
_N_TYPE, _N_EXT, _N_SECT, _N_STAB = 0x0E, 0x01, 0x0E, 0xE0
_TLV = 24  # sizeof(struct tlv_descriptor)
_WEAK_CLASS = "WEAK"
_ID = "ID_DYLIB"
_FILETYPES: dict[str, Literal["bundle", "dylib"]] = {"BUNDLE": "bundle", "DYLIB": "dylib"}
# Apple's C++ marks names of types that are not unique in the top bit of the pointer to them.
_ADDRESS = (1 << 56) - 1


class Segment(Value):
    """A part of the image.

    Attributes:
        name: ``__TEXT``, ``__DATA`` …
        address: Where it begins.
        size: Bytes; what ``content`` lacks is zero.
    """

    name: str
    address: int
    size: int
    content: bytes
    writable: bool
    executable: bool


class Rebase(Value):
    """A pointer into the image itself; what its top byte said is gone."""

    address: int
    target: int


class Bind(Value):
    """A pointer to a symbol.

    Attributes:
        symbol: With C's leading underscore.
        library: Path of the load command where the symbol is looked for; empty: anywhere.
        weak: Whether the symbol may be missing, and the pointer null.
    """

    address: int
    symbol: str
    addend: int
    library: str
    weak: bool


class ThreadLocals(Value):
    """Thread-local variables.

    Attributes:
        descriptors: Addresses of their ``struct tlv_descriptor``, with their offsets.
        template: Address and size of what each thread begins with, zeros included.
        alignment: Bytes.
    """

    descriptors: tuple[tuple[int, int], ...] = ()
    template: tuple[int, int] = (0, 0)
    alignment: int = 16


class Image(Value):
    """One slice of a Mach-O file.

    Attributes:
        filetype: ``bundle`` or ``dylib``.
        libraries: Paths of the load commands, in their order.
        install_name: Empty where there is none.
        rebases: By address.
        binds: By address, none at an address of the others.
        exports: Addresses by name.
        initialisers: Addresses of functions, in their order.
        thread_locals: Its thread-local variables.
        sections: Address and size by ``SEGMENT,section``.
    """

    filetype: Literal["bundle", "dylib"]
    libraries: tuple[str, ...]
    install_name: str
    segments: tuple[Segment, ...]
    rebases: tuple[Rebase, ...]
    binds: tuple[Bind, ...]
    exports: dict[str, int]
    initialisers: tuple[int, ...]
    thread_locals: ThreadLocals
    sections: dict[str, tuple[int, int]]

    @property
    def start(self) -> int:
        """Its lowest address."""
        return self.segments[0].address

    @property
    def end(self) -> int:
        """The address behind its last byte."""
        return self.segments[-1].address + self.segments[-1].size

    def read(self, address: int, size: int) -> bytes:
        """Bytes of the image, as the file has them.

        Raises:
            BadBinaryError: They are not in one segment.
        """
        for segment in self.segments:
            offset = address - segment.address
            if offset >= 0 and offset + size <= segment.size:
                return segment.content[offset : offset + size].ljust(size, b"\0")
        raise BadBinaryError(f"{address:#x} is in no segment")


def read_image(data: bytes, arch: str = "ARM64") -> Image:
    """Reads one slice of a Mach-O file.

    Args:
        data: The file.
        arch: Name of its ``CPU_TYPE``.

    Raises:
        BadBinaryError: It is none, it has no such slice, or what it says of itself contradicts
            itself: segments that overlap or are absurdly large, pointers outside of them.
    """
    if not kind_of(data).is_macho:
        raise BadBinaryError("not a Mach-O file")
    import lief  # noqa: PLC0415 - half a second, for commands that never look at binaries

    lief.logging.disable()
    fat = lief.MachO.parse(data)
    slices = fat or ()
    binary = next((one for one in slices if _word(one.header.cpu_type) == arch), None)
    if binary is None:
        raise BadBinaryError(f"a Mach-O file without {arch.lower()} code that can be read")
    if binary.header.nb_cmds != len(binary.commands):
        raise BadBinaryError("a Mach-O file with broken load commands")
    try:
        return _Reader(binary).read()
    except (UnicodeDecodeError, OverflowError, struct.error) as error:
        raise BadBinaryError(f"a Mach-O file that can't be read: {error}") from error


def _word(value: Any) -> str:
    """The name of a LIEF enum's value; of one that LIEF does not know, its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return str(value).rpartition(".")[2]


class _Reader:
    """LIEF's view of a slice, turned into values."""

    def __init__(self, binary: Any) -> None:
        self._binary = binary
        self._segments = tuple(self._mapped())
        self._exports = self._exported()

    def read(self) -> Image:
        filetype = _FILETYPES.get(_word(self._binary.header.file_type))
        if filetype is None:
            raise BadBinaryError("neither a bundle nor a dylib")
        locals_ = self._thread_locals()
        ours = {address + part for address, _ in locals_.descriptors for part in (0, 8, 16)}
        rebases = {one.address: one for one in self._rebased() if one.address not in ours}
        binds = {bind.address: bind for bind in self._bound(rebases) if bind.address not in ours}
        rebases = {address: one for address, one in rebases.items() if address not in binds}
        loaded = [(entry.name, _word(entry.command)) for entry in self._binary.libraries]
        own = next((str(name) for name, command in loaded if command == _ID), "")
        return Image(
            filetype=filetype,
            libraries=tuple(str(name) for name, command in loaded if command != _ID),
            install_name=own,
            segments=self._segments,
            rebases=tuple(rebases[address] for address in sorted(rebases)),
            binds=tuple(binds[address] for address in sorted(binds)),
            exports=self._exports,
            initialisers=tuple(self._initialisers({r.address: r.target for r in rebases.values()})),
            thread_locals=locals_,
            sections={
                f"{segment.name},{section.name}": (section.virtual_address, section.size)
                for segment in self._binary.segments
                for section in segment.sections
            },
        )

    def _mapped(self) -> Iterator[Segment]:
        """The segments that are mapped and have a size, by address."""
        end = -1
        for segment in sorted(self._binary.segments, key=lambda one: one.virtual_address):
            size = segment.virtual_size
            if segment.name in {_PAGEZERO, _LINKEDIT} or not size:
                continue
            content = bytes(segment.content)
            if size > _LARGEST or segment.virtual_address > _LARGEST or len(content) > size:
                raise BadBinaryError(f"segment {segment.name} is {size} bytes large")
            if segment.virtual_address < end:
                raise BadBinaryError(f"segment {segment.name} overlaps the one before it")
            end = segment.virtual_address + size
            protection = segment.init_protection
            yield Segment(
                name=segment.name,
                address=segment.virtual_address,
                size=size,
                content=content,
                writable=bool(protection & _WRITE),
                executable=bool(protection & _EXECUTE),
            )
        if end < 0:
            raise BadBinaryError("a Mach-O file without segments")

    def _exported(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for symbol in self._binary.symbols:
            kind = symbol.raw_type
            if kind & _N_STAB or kind & _N_TYPE != _N_SECT or not kind & _N_EXT:
                continue
            self._check(symbol.value, 1, f"symbol {symbol.name}")
            found.setdefault(str(symbol.name), symbol.value)
        for export in self._listed():
            if export.symbol and export.address:
                self._check(export.address, 1, f"symbol {export.symbol.name}")
                found.setdefault(str(export.symbol.name), export.address)
        return found

    def _listed(self) -> Iterator[Any]:
        """What the export trie says: it stays where the table of symbols was stripped."""
        if self._binary.has_dyld_info:
            yield from self._binary.dyld_info.exports
        if self._binary.has_dyld_exports_trie:
            yield from self._binary.dyld_exports_trie.exports

    def _bound(self, rebased: Mapping[int, object]) -> Iterator[Bind]:
        """Binds, those that say where to look behind those that only ask for one definition.

        The latter leave alone what is a pointer to a definition of the image's own.
        """
        found = list(self._binary.bindings)
        found.sort(key=lambda one: self._class_of(one) != _WEAK_CLASS)
        for one in found:
            if self._class_of(one) == _WEAK_CLASS and one.address in rebased:
                continue
            name = str(one.symbol.name) if one.symbol else ""
            if not name:
                raise BadBinaryError(f"a pointer at {one.address:#x} to a symbol without a name")
            self._check(one.address, POINTER, f"the pointer to {name}")
            yield Bind(
                address=one.address,
                symbol=name,
                addend=one.addend,
                library=str(one.library.name) if one.has_library else "",
                weak=bool(one.weak_import),
            )

    def _rebased(self) -> Iterator[Rebase]:
        for one in self._binary.relocations:
            self._check(one.address, POINTER, "a pointer")
            target = getattr(one, "target", None)
            if target is None:
                target = self._pointer(one.address)
            target &= _ADDRESS
            self._check(target, 0, f"what the pointer at {one.address:#x} points to")
            yield Rebase(address=one.address, target=target)

    def _initialisers(self, rebased: dict[int, int]) -> Iterator[int]:
        for section in self._sections("MOD_INIT_FUNC_POINTERS", POINTER):
            for place in range(0, section.size, POINTER):
                address = section.virtual_address + place
                yield self._code(rebased.get(address, self._pointer(address)))
        for section in self._sections("INIT_FUNC_OFFSETS", 4):
            for place in range(0, section.size, 4):
                offset = self._bytes(section.virtual_address + place, 4)
                yield self._code(self._segments[0].address + struct.unpack("<I", offset)[0])

    def _thread_locals(self) -> ThreadLocals:
        parts = [
            *self._sections("THREAD_LOCAL_REGULAR", 1),
            *self._sections("THREAD_LOCAL_ZEROFILL", 1),
        ]
        descriptors = tuple(
            (address, struct.unpack("<Q", self._bytes(address + 16, POINTER))[0])
            for section in self._sections("THREAD_LOCAL_VARIABLES", _TLV)
            for address in range(
                section.virtual_address, section.virtual_address + section.size, _TLV
            )
        )
        if not descriptors:
            return ThreadLocals()
        start = min((part.virtual_address for part in parts), default=0)
        end = max((part.virtual_address + part.size for part in parts), default=0)
        if any(offset >= max(end - start, 1) for _, offset in descriptors):
            raise BadBinaryError("a thread-local variable outside of what a thread has")
        alignment = max((1 << part.alignment for part in parts), default=POINTER)
        return ThreadLocals(
            descriptors=descriptors, template=(start, end - start), alignment=alignment
        )

    def _sections(self, kind: str, unit: int) -> Iterator[Any]:
        """Sections of a type, each checked to lie in a segment."""
        for segment in self._binary.segments:
            for section in segment.sections:
                if _word(section.type) == kind:
                    self._check(section.virtual_address, section.size, f"section {section.name}")
                    if section.size % unit:
                        raise BadBinaryError(f"section {section.name} ends amid an entry")
                    yield section

    def _code(self, address: int) -> int:
        if not any(
            segment.executable and segment.address <= address < segment.address + segment.size
            for segment in self._segments
        ):
            raise BadBinaryError(f"an initialiser at {address:#x}, where no code is")
        return address

    def _pointer(self, address: int) -> int:
        return int(struct.unpack("<Q", self._bytes(address, POINTER))[0])

    def _bytes(self, address: int, size: int) -> bytes:
        segment = self._check(address, size, "what is read")
        offset = address - segment.address
        return segment.content[offset : offset + size].ljust(size, b"\0")

    def _check(self, address: int, size: int, what: str) -> Segment:
        for segment in self._segments:
            if segment.address <= address and address + size <= segment.address + segment.size:
                return segment
        raise BadBinaryError(f"{what} is at {address:#x}, in no segment")

    @staticmethod
    def _class_of(binding: Any) -> str:
        return _word(getattr(binding, "binding_class", ""))
