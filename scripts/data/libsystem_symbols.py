#!/usr/bin/env python3
"""Writes libSystem.txt, libz.txt and libiconv.txt: which macOS came with which symbol.

    scripts/data/libsystem_symbols.py FOLDER

FOLDER keeps the versions of ziglang that are compared (ten of them, 4 GB). Their ``libSystem.tbd``
are those of the SDKs named below, recognised by the kernel's version inside. Between two SDKs, the
availability that the newest headers state decides; zlib and iconv have headers only.
"""

import re
import subprocess
import sys
from pathlib import Path

from symbol_tables import Version, first_seen, write_table, ziglang

from orchestrator.binary.tbd import Stub, parse_stubs

OLDEST: Version = (11, 0)
# SDK -> (version of ziglang, stub). The kernel's current-version tells the SDK: 7195.101 is 11.3,
# 8019.30 is 12.0, 8020.101 is 12.3, 8792.41 is 13.0, 8796.101 is 13.3, 10002.1 is 14.0,
# 11215.41 is 15.1, 11417.121 is 15.5, 12377.101 is 26.4; later ones say it in SDKSettings.json.
SDKS: dict[Version, tuple[str, str]] = {
    (11, 3): ("0.10.1.post1", "libSystem.11.tbd"),
    (12, 0): ("0.10.1.post1", "libSystem.12.tbd"),
    (12, 3): ("0.11.0", "libSystem.12.tbd"),
    (13, 0): ("0.10.1.post1", "libSystem.13.tbd"),
    (13, 3): ("0.11.0", "libSystem.13.tbd"),
    (14, 0): ("0.12.1", "libSystem.tbd"),
    (15, 1): ("0.14.1", "libSystem.tbd"),
    (15, 5): ("0.15.2", "libSystem.tbd"),
    (26, 4): ("0.16.0", "libSystem.tbd"),
    (27, 0): ("0.17.0", "libSystem.tbd"),
}
# ld64's directives and x86 patches are spelled as symbols, but are none.
_NO_SYMBOL = ("$ld$", "R8289209$")
_AVAILABLE = re.compile(r"availability\(macosx?,introduced=(\d+)(?:\.(\d+))?")
_ATTRIBUTE = re.compile(r"__attribute__\(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)")
_LABEL = re.compile(r'__asm(?:__)?\s*\(((?:\s*"[^"]*")+)\s*\)')
_FUNCTION = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
_VARIABLE = re.compile(r"\bextern\b.*?\b([A-Za-z_]\w*)\s*(?:\[[^]]*\]\s*)*$", re.DOTALL)


def exported(text: str) -> set[str]:
    """Everything that libSystem and what it re-exports export on Apple's own chips."""
    stubs = {stub.install_name: stub for stub in parse_stubs(text)}
    found: set[str] = set()
    waiting, seen = ["/usr/lib/libSystem.B.dylib"], set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in stubs:
            continue
        seen.add(name)
        stub = stubs[name]
        # The newest SDK lists arm64e alone; what runs there as arm64 finds the same names.
        arch = next(arch for arch in ("arm64", "arm64e") if has_arch(stub, arch))
        found |= stub.exports(arch)
        waiting += stub.reexports.get(f"{arch}-macos", ())
    return {name for name in found if not name.startswith(_NO_SYMBOL)}


def has_arch(stub: Stub, arch: str) -> bool:
    return f"{arch}-macos" in stub.targets


def preprocessed(zig: Path, headers: Path, names: list[str]) -> str:
    """What a compiler sees of these headers."""
    source = "".join(f'#if __has_include("{name}")\n#include "{name}"\n#endif\n' for name in names)
    command = (str(zig), "cc", "-target", "aarch64-macos.11.0", f"-I{headers}", "-E", "-P", "-")
    return subprocess.run(command, input=source, capture_output=True, text=True, check=False).stdout


def declarations(text: str) -> dict[str, Version | None]:
    """Symbols that headers declare, and the macOS they name as the first that has them."""
    found: dict[str, Version | None] = {}
    text = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    for chunk in re.split(r"[;{}]", text):
        since = _AVAILABLE.search(chunk)
        label = _LABEL.search(chunk)
        bare = _ATTRIBUTE.sub(" ", _LABEL.sub(" ", chunk))
        name = _FUNCTION.search(bare) or _VARIABLE.search(bare)
        if label:
            symbol = "".join(re.findall(r'"([^"]*)"', label[1]))
        elif name:
            symbol = f"_{name[1]}"
        else:
            continue
        version = (int(since[1]), int(since[2] or 0)) if since else None
        found.setdefault(symbol, version)
    return found


def refined(introduced: dict[str, Version], stated: dict[str, Version | None]) -> None:
    """Takes the headers' word between the first SDK that has a symbol and the one before."""
    order = [OLDEST, *SDKS]
    for symbol, version in introduced.items():
        before = order[order.index(version) - 1]
        said = stated.get(symbol)
        if said and before < said < version:
            introduced[symbol] = said
        elif version == next(iter(SDKS)):
            introduced[symbol] = OLDEST


def libsystem(folder: Path) -> None:
    newest = ziglang(SDKS[27, 0][0], folder)
    headers = newest / "lib/libc/include/any-darwin-any"
    names = sorted(path.relative_to(headers).as_posix() for path in headers.rglob("*.h"))
    stated: dict[str, Version | None] = {}
    for name in names:
        stated |= {
            k: v
            for k, v in declarations(preprocessed(newest / "zig", headers, [name])).items()
            if v
        }
    tables = []
    for version, (zig, stub) in SDKS.items():
        path = ziglang(zig, folder) / "lib/libc/darwin" / stub
        tables.append((version, exported(path.read_text(encoding="utf-8"))))
    introduced = first_seen(tables)
    refined(introduced, stated)
    write_table(
        "libSystem",
        introduced,
        "Symbols of /usr/lib/libSystem.B.dylib and all it re-exports, on arm64.\n"
        "Made by scripts/data/libsystem_symbols.py from the stubs that ziglang ships.",
    )


def small_library(
    folder: Path, name: str, header: str, versions: dict[Version, str], pattern: str
) -> None:
    """A library whose functions are those its header declares, SDK by SDK."""
    tables = []
    for version, zig in versions.items():
        root = ziglang(zig, folder)
        (headers,) = (
            path.parent
            for path in (root / "lib/libc/include").glob(f"any-*-any/{header}")
            if path.parent.name in {"any-macos-any", "any-darwin-any"}
        )
        text = preprocessed(ziglang("0.17.0", folder) / "zig", headers, [str(headers / header)])
        tables.append((version, [s for s in declarations(text) if re.fullmatch(pattern, s)]))
    write_table(
        name,
        first_seen(tables),
        f"Functions of {name} that {header} declares, macOS by macOS.\n"
        "Made by scripts/data/libsystem_symbols.py from the headers that ziglang ships.",
    )


def main() -> None:
    folder = Path(sys.argv[1])
    libsystem(folder)
    # zlib.h came to ziglang with the SDK of 13.3, as zlib 1.2.11, which macOS has had since 10.13.
    zlib = {OLDEST: "0.11.0", (14, 0): "0.12.1", (27, 0): "0.17.0"}
    small_library(
        folder,
        "libz",
        "zlib.h",
        zlib,
        r"_(?:adler|compress|crc|deflate|get_crc|gz|inflate|uncompress|zError|zlib)\w*",
    )
    iconv = {OLDEST: "0.10.1.post1", (14, 0): "0.12.1"}
    small_library(folder, "libiconv", "iconv.h", iconv, r"_\w*iconv\w*")


if __name__ == "__main__":
    main()
