"""What packages pass to compilers, and what becomes of it on its way to ``zig cc``. Pure: tables.

Packages were written for Apple's clang and linker, or for GCC and GNU ld; zig takes most of what
those take. The rules here translate the rest; the wrapper script (``targets/wrapper.py``) is made
of them. Patterns are those of ``case`` in ``sh``; the first rule that matches wins.
"""

from __future__ import annotations

from orchestrator.model import Platform, Value


class Rule(Value, kw_only=True):
    """How one kind of argument is translated.

    Attributes:
        pattern: Shell pattern the argument must match.
        becomes: Words that replace it; none drops it. ``${arg#-Wl,}`` and the like are allowed.
        remembers: A shell variable that is set to 1, for the end of the script.
        refused: The compiler fails with ``why``, as Apple's would: a probe for a feature must fail.
        takes_value: The word behind belongs to it and is dropped with it.
        why: The reason, shown to readers and in the log.
        logged: Whether the build's record should say that the flag was changed.
    """

    pattern: str
    becomes: tuple[str, ...] = ()
    remembers: str = ""
    refused: bool = False
    takes_value: bool = False
    why: str
    logged: bool = False


def drop(pattern: str, why: str, *, takes_value: bool = False, logged: bool = False) -> Rule:
    """A rule that drops what matches."""
    return Rule(pattern=pattern, takes_value=takes_value, why=why, logged=logged)


HOST_PATHS_AT_RUN_TIME = (
    drop(
        "-Wl,-rpath,/*|-Wl,-rpath=/*|-Wl,--rpath,/*|-Wl,--rpath=/*|-Wl,-R/*|-Wl,-R,/*"
        "|-Wl,-rpath-link,*|-Wl,-rpath-link=*|-Wl,--rpath-link*",
        "a path of the build machine means nothing where the wheel is installed",
    ),
)

HOST_PATHS = (
    drop(
        "-I/usr/include|-I/usr/include/*|-I/usr/local/include|-I/usr/local/include/*|-L/lib|-L/lib/*"
        "|-L/usr/lib|-L/usr/lib/*|-L/usr/local/lib|-L/usr/local/lib/*|-I/opt/homebrew/*|-L/opt/homebrew/*"
        "|-I/opt/local/*|-L/opt/local/*",
        "headers and libraries of the host are of another platform",
    ),
    *HOST_PATHS_AT_RUN_TIME,
)

NATIVE = (
    drop("-march=native|-mtune=native|-mcpu=native", "native is the host, not the target"),
    drop("-g|-g[1-3]|-ggdb*|-gdwarf*|-gz*", "debug information never reaches the linked file"),
    drop("-fdebug-prefix-map=*|-ffile-prefix-map=*", "the host distribution's own"),
)

COMMON = (
    *NATIVE,
    Rule(
        pattern="-ffast-math|-Ofast",
        becomes=("${arg}", "-fno-finite-math-only"),
        why="clang's code breaks on infinities then, where GCC's copes",
        logged=True,
    ),
    drop("-flto|-flto=*|-fno-lto|-ffat-lto-objects|-fuse-linker-plugin", "zig has no LTO here"),
    drop("-fuse-ld=*", "there is one linker"),
    drop("-fno-semantic-interposition|-fstack-clash-protection|-fcf-protection*", "GCC only"),
    drop("-specs=*", "the host distribution's own"),
    drop("-fopenmp-simd", "zig's clang takes -fopenmp only"),
    drop("-lpython3*|-lpython", "an extension finds Python's symbols in the process that loads it"),
    drop("--sysroot=*|--target=*", "the target says it"),
    drop("-target|-isysroot", "the target says it", takes_value=True),
)

ARM = (
    drop(
        "-march=x86*|-m64|-m32|-msse*|-mavx*|-mfma|-mssse3|-mpopcnt|-maes|-mpclmul",
        "x86 instructions on an arm64 target",
        logged=True,
    ),
    # The suffixes are read from the word itself: +fp16 is fullfp16 to LLVM, simd is in the base.
    Rule(
        pattern="-march=armv[89]*",
        becomes=("$(march $arg)",),
        why="zig knows CPUs by features, not -march",
    ),
    Rule(
        pattern="-mcpu=*-*",
        becomes=("-mcpu=$(underscored ${arg#-mcpu=})",),
        why="zig spells cortex-a72 with an underscore",
    ),
    drop("-mtune=*", "zig tunes for the CPU that it compiles for, and knows no other"),
)

X86 = (
    Rule(
        pattern="-march=*",
        becomes=("-march=$(underscored ${arg#-march=})",),
        why="zig spells x86-64-v3 with underscores",
    ),
    drop("-mtune=*", "zig tunes for the CPU that it compiles for, and knows no other"),
)

MACOS = (
    Rule(
        pattern="-march=*+sve*",
        refused=True,
        why="no Mac has the scalable vector extension",
    ),
    Rule(
        pattern="-bundle",
        becomes=("-shared",),
        why="zig's linker has no bundles; dlopen loads a dylib just as well",
    ),
    Rule(
        pattern="-Wl,@*|-Wl,-U,*|-Wl,-undefined,suppress|-Wl,-undefined,warning",
        becomes=("-undefined", "dynamic_lookup"),
        why="zig can't leave single symbols (nanobind's list of Python's) to the loader: all are",
    ),
    Rule(
        pattern="-Wl,-undefined,*",
        becomes=("-undefined", "${arg#-Wl,-undefined,}"),
        why="zig takes this one as a driver option",
    ),
    Rule(
        pattern="-Wl,-exported_symbol,*|-Wl,-unexported_symbols_list,*|-Wl,-unexported_symbol,*",
        why="zig's linker can't hide single symbols: the module exports more names than asked",
        logged=True,
    ),
    Rule(
        pattern="-Wl,-compatibility_version,*|-Wl,-current_version,*",
        becomes=("${arg%,*},$(three_numbers ${arg##*,})",),
        why="zig parses versions of three numbers, no more and no less",
    ),
    drop(
        "-Wl,-v|-Wl,--version|-Wl,-no_weak_imports|-Wl,-bind_at_load|-Wl,-reproducible"
        "|-Wl,-no_uuid|-Wl,-ld_classic|-ld_classic|-Wl,-no_compact_unwind|-Wl,-multiply_defined,*"
        "|-Wl,-single_module|-Wl,-no_warn_duplicate_libraries|-Wl,-no_fixup_chains|-Wl,-fixup_chains"
        "|-Wl,-platform_version,*|-Wl,-no-undefined|-Wl,-pie|-Wl,-export_dynamic|-Wl,-w|-Wl,-fatal_warnings"
        "|-Wl,-no_pie|-Wl,-flat_namespace|-Wl,-twolevel_namespace|-Wl,-dynamic|-Wl,-dylib|-Wl,-ObjC"
        "|-Wl,-application_extension|-Wl,-mark_dead_strippable_dylib|-Wl,-prebind|-Wl,-multi_module"
        "|-Wl,-no_implicit_dylibs|-Wl,-no_function_starts|-Wl,-no_data_in_code_info|-Wl,-X|-Wl,-Z|-Wl,-t"
        "|-Wl,-no_dead_strip_inits_and_terms|-Wl,-no_deduplicate|-Wl,-debug_variant|-Wl,-why_load"
        "|-Wl,-adhoc_codesign|-Wl,-no_adhoc_codesign|-Wl,-oso_prefix,*|-Wl,-dependency_info,*"
        "|-Wl,-lto_library,*|-Wl,-object_path_lto,*|-Wl,-cache_path_lto,*|-Wl,-commons,*|-Wl,-map,*"
        "|-Wl,-seg1addr,*|-Wl,-order_file,*|-Wl,-warn_weak_exports|-Wl,-keep_private_externs"
        "|-Wl,-unaligned_pointers,*|-Wl,-noall_load|-Wl,-encryptable|-Wl,-O?"
        "|-Wl,-no_objc_category_merging|-Wl,-objc_abi_version,*|-Wl,-bundle_loader,*",
        "an ld64 option that zig's linker has not and correct output does not need",
    ),
    drop(
        "-Wl,-arch,*|-Wl,-syslibroot,*|-Wl,-sdk_version,*|-Wl,-macos*_version_min,*",
        "the target says it",
    ),
    Rule(pattern="-Wl,-all_load", becomes=("-all_load",), why="zig takes it as a driver option"),
    drop("-bundle_loader", "the target says it", takes_value=True),
    drop("-Wl,-Bsymbolic*|-Wl,--exclude-libs,*", "an ELF option; Mach-O binds by library"),
    Rule(
        pattern="-Wl,-needed-l*|-Wl,-reexport-l*|-Wl,-upward-l*|-needed-l*|-reexport-l*|-upward-l*",
        becomes=("-l${arg#*-l}",),
        why="zig's linker just links it",
    ),
    drop("-arch|-iframework", "the target says it", takes_value=True),
    drop("-multiply_defined|-read_only_relocs", "obsolete ld64 option", takes_value=True),
    drop("-mmacosx-version-min=*|-mmacos-version-min=*", "the target says it"),
    drop("-stdlib=*|-static-libgcc|-static-libstdc++", "macOS has one C++ library, libc++"),
    Rule(
        pattern="-lc++|-lstdc++|-lstdc++.6|-lc++abi",
        remembers="cxx",
        why="zig would link a static libc++ of its own; the system's is named once, at the end",
    ),
    drop("-lgcc_s|-lgcc|-lgcc_s.1|-lunwind|-lutil", "libSystem has it on macOS"),
    drop("-mno-red-zone|-mdynamic-no-pic|-faltivec", "not on arm64"),
)

LINUX = (
    Rule(
        pattern="-Wl,--version-script,*|-Wl,--version-script=*|-Wl,-version-script,*",
        becomes=("${arg}",),
        remembers="exports",
        why="the package says itself what its library exports",
    ),
    Rule(
        pattern="-lstdc++|-lc++|-lc++abi|-lsupc++|-l:libstdc++.a",
        becomes=("-lc++",),
        remembers="cxx",
        why="zig links its own C++ library, whichever name it is asked for by",
    ),
    Rule(
        pattern="-Wl,-h,*",
        becomes=("-Wl,-soname,${arg#-Wl,-h,}",),
        why="zig knows only the long name",
    ),
    Rule(
        pattern="-Wl,-R[!/,]*",
        becomes=("-Wl,-rpath,${arg#-Wl,-R}",),
        why="zig wants the value in a word of its own",
    ),
    Rule(
        pattern="-Wl,-l*",
        becomes=("${arg#-Wl,}",),
        why="zig takes libraries as the compiler's options only",
    ),
    Rule(
        pattern="-Wl,--undefined=*",
        becomes=("-Wl,-u,${arg#-Wl,--undefined=}",),
        why="zig knows only the short name",
    ),
    Rule(pattern="-symbolic", becomes=("-Wl,-Bsymbolic",), why="zig knows only the linker's name"),
    drop(
        "-Wl,-z,execstack",
        "no wheel needs an executable stack, and glibc 2.41 refuses to load a library with one",
        logged=True,
    ),
    drop(
        "-Wl,-z,max-page-size=*|-Wl,-z,common-page-size=*",
        "the architecture's largest page size is the default, and loads on every kernel",
    ),
    drop(
        "-Wl,--exclude-libs,*|-Wl,--exclude-libs=*|-Wl,--dynamic-list,*|-Wl,--dynamic-list=*"
        "|-Wl,--retain-symbols-file*",
        "zig's linker can't hide these symbols: the module exports more names than asked",
        logged=True,
    ),
    drop("-Wl,--build-id*", "an identity of the file is one more thing that differs"),
    drop(
        "-Wl,-z,nodlopen|-Wl,-z,separate-code|-Wl,-z,noseparate-code|-Wl,-z,text|-Wl,-z,muldefs"
        "|-Wl,-z,combreloc|-Wl,-z,initfirst|-Wl,-z,interpose|-Wl,-z,ibt|-Wl,-z,shstk"
        "|-Wl,-z,force-bti|-Wl,-z,pack-relative-relocs|-Wl,--pack-dyn-relocs=*"
        "|-Wl,-Bsymbolic-functions|-Wl,-Bsymbolic-non-weak*|-Wl,--push-state|-Wl,--pop-state"
        "|-Wl,-O|-Wl,-O?|-Wl,-O,?|-Wl,-Map,*|-Wl,-Map=*|-Wl,--Map*|-Wl,--cref|-Wl,--icf=*"
        "|-Wl,--warn-*|-Wl,--no-warn*|-Wl,--no-keep-memory|-Wl,--unresolved-symbols=*"
        "|-Wl,--copy-dt-needed-entries|-Wl,--no-copy-dt-needed-entries|-Wl,--add-needed"
        "|-Wl,--no-add-needed|-Wl,-X|-Wl,--discard-locals|-Wl,--relax|-Wl,--no-relax"
        "|-Wl,--threads|-Wl,--threads=*|-Wl,--no-threads|-Wl,-t|-Wl,--trace|-Wl,--verbose"
        "|-Wl,--stats|-Wl,--no-rosegment|-Wl,--no-ld-generated-unwind-info"
        "|-Wl,--reduce-memory-overheads|-Wl,--no-map-whole-files|-Wl,-plugin-opt*"
        "|-Wl,--plugin-opt*|-Wl,--demangle|-Wl,--no-demangle|-Wl,--package-metadata*"
        "|-Wl,--error-limit=*|-Wl,--fix-cortex-a53-*|-Wl,-G0|-Wl,-V|-Wl,-v|-Wl,--version"
        "|-Wl,-shared|-Wl,-m,*|-Wl,-melf*|-Wl,-maarch64*",
        "an option of GNU ld that zig's linker has not and correct output does not need",
    ),
    drop("-pie|-Wl,-pie|-Wl,--no-pie", "zig decides it for programs, and a library has no choice"),
    drop("-static-libgcc|-static-libstdc++", "zig's C++ library always is static"),
    drop("-mabi=lp64", "the only one there is"),
)

GLIBC = (
    drop("-lgcc_s|-lgcc|-lgcc_eh|-l:libgcc_s.so.1", "what is used of it is linked in any case"),
)

MUSL = (
    Rule(
        pattern="-lgcc_s|-lgcc_eh|-l:libgcc_s.so.1",
        becomes=("-lunwind",),
        why="musl systems need not have GCC's library; zig links its own, statically",
    ),
    drop("-lgcc", "what is used of it is linked in any case"),
)


def rules_for(platform: Platform) -> tuple[Rule, ...]:
    """The rules of a platform, in the order in which they are tried."""
    if platform.os == "macos":
        return (*HOST_PATHS, *MACOS, *COMMON, *ARM)
    libc = MUSL if platform.libc == "musl" else GLIBC
    return (*HOST_PATHS, *LINUX, *libc, *COMMON, *(X86 if platform.arch == "x86_64" else ARM))
