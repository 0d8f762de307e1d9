"""Compiler wrappers: what stands between a package's build and ``zig cc``.

Packages were written for Apple's clang and linker; zig takes most of what those take. The rules
here translate the rest. They are data, turned into one POSIX shell script: a shell starts in a
millisecond, a Python in thirty, and a build calls its compiler hundreds of times.

Everything here is pure: text in, text out. Patterns are those of ``case`` in ``sh``.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from orchestrator.model import Flags, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


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


HOST_PATHS = (
    drop(
        "-I/usr/include|-I/usr/include/*|-I/usr/local/include|-I/usr/local/include/*|-L/lib|-L/lib/*"
        "|-L/usr/lib|-L/usr/lib/*|-L/usr/local/lib|-L/usr/local/lib/*|-I/opt/homebrew/*|-L/opt/homebrew/*"
        "|-I/opt/local/*|-L/opt/local/*",
        "headers and libraries of the host are of another platform",
    ),
    drop(
        "-Wl,-rpath,/*|-Wl,-rpath=/*|-Wl,-rpath-link,*|-Wl,-R/*",
        "a path of the build machine means nothing where the wheel is installed",
    ),
)

COMMON = (
    drop("-march=native|-mtune=native|-mcpu=native", "native is the host, not the target"),
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
    drop("-flto|-flto=*|-fno-lto|-ffat-lto-objects|-fuse-linker-plugin", "zig has no LTO here"),
    drop("-fuse-ld=*", "there is one linker"),
    drop("-g|-g[1-3]|-ggdb*|-gdwarf*|-gz*", "debug information never reaches the linked file"),
    drop("-fno-semantic-interposition|-fstack-clash-protection|-fcf-protection*", "GCC only"),
    drop("-specs=*|-fdebug-prefix-map=*|-ffile-prefix-map=*", "the host distribution's own"),
    drop("-fopenmp-simd", "zig's clang takes -fopenmp only"),
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
        pattern="-Wl,@loader_path*|-Wl,@rpath*|-Wl,@executable_path*",
        becomes=("${arg}",),
        why="the value of an option before it, and no response file",
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
        pattern="-Wl,-compatibility_version,*",
        becomes=("-compatibility_version", "${arg#-Wl,-compatibility_version,}"),
        why="zig parses three numbers, and only as a driver option",
    ),
    Rule(
        pattern="-Wl,-current_version,*",
        becomes=("-current_version", "${arg#-Wl,-current_version,}"),
        why="zig parses three numbers, and only as a driver option",
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
        "-Wl,-arch,*|-Wl,-syslibroot,*|-Wl,-sdk_version,*|-Wl,-macos*_version_min,*|--target=*",
        "the target says it",
    ),
    Rule(pattern="-Wl,-all_load", becomes=("-all_load",), why="zig takes it as a driver option"),
    drop("-target|-bundle_loader", "the target says it", takes_value=True),
    drop("-Wl,-Bsymbolic*|-Wl,--exclude-libs,*", "an ELF option; Mach-O binds by library"),
    Rule(
        pattern="-Wl,-needed-l*|-Wl,-reexport-l*|-Wl,-upward-l*|-needed-l*|-reexport-l*|-upward-l*",
        becomes=("-l${arg#*-l}",),
        why="zig's linker just links it",
    ),
    drop("-arch|-isysroot|-iframework", "the target says it", takes_value=True),
    drop("-multiply_defined|-read_only_relocs", "obsolete ld64 option", takes_value=True),
    drop("-mmacosx-version-min=*|-mmacos-version-min=*|--sysroot=*", "the target says it"),
    drop("-stdlib=*|-static-libgcc|-static-libstdc++", "macOS has one C++ library, libc++"),
    Rule(
        pattern="-lc++|-lstdc++|-lstdc++.6|-lc++abi",
        remembers="cxx",
        why="zig would link a static libc++ of its own; the system's is named once, at the end",
    ),
    drop("-lgcc_s|-lgcc|-lgcc_s.1|-lunwind|-lutil", "libSystem has it on macOS"),
    drop("-lpython3*|-lpython", "an extension finds Python's symbols in the process that loads it"),
    drop("-mno-red-zone|-mdynamic-no-pic|-faltivec", "not on arm64"),
)


class WrapperSpec(Value, kw_only=True):
    """Everything a compiler wrapper needs to know.

    Attributes:
        zig: Path of the zig binary.
        target: What zig calls the target, e.g. ``aarch64-macos.11.0``.
        env: Environment of every call of zig.
        rules: In order; the first that matches wins.
        include_from: Folder of the host's Python headers.
        include_to: The folder that stands for it.
        compile_flags: Put behind the package's own when something is compiled.
        cxx_flags: For every call of the C++ driver.
        link_flags: Put behind the package's own when something is linked.
        cxx_link_flags: Likewise, where C++ is linked.
        flags: Of the recipe.
        log: File to which changes worth knowing are appended.
        macho: Whether the linker writes Mach-O (install names, ``ld64`` identity).
    """

    zig: str
    target: str
    env: dict[str, str]
    rules: tuple[Rule, ...]
    include_from: str
    include_to: str
    compile_flags: tuple[str, ...] = ()
    cxx_flags: tuple[str, ...] = ()
    link_flags: tuple[str, ...] = ()
    cxx_link_flags: tuple[str, ...] = ()
    flags: Flags = Flags()
    log: str
    macho: bool


def _words(words: Iterable[str]) -> str:
    return " ".join(shlex.quote(word) for word in words)


def flag_pattern(word: str) -> str:
    """A recipe's flag as a ``case`` pattern: ``*`` and ``?`` stay, the rest is literal."""
    return "".join(c if c.isalnum() or c in "-+=_./*?" else f"\\{c}" for c in word)


def _arm(rule: Rule) -> str:
    actions = []
    if rule.refused:
        actions.append(f'echo "error: $arg: "{shlex.quote(rule.why)} >&2; exit 1')
    if rule.logged:
        actions.append(f'note "$arg" {shlex.quote(rule.why)}')
    if rule.takes_value:
        actions.append("skip=1")
    if rule.remembers:
        actions.append(f"{rule.remembers}=1")
    if rule.becomes:
        actions.append('set -- "$@" ' + " ".join(_becomes(word) for word in rule.becomes))
    return f"    {rule.pattern}) {'; '.join(actions) or ':'} ;;"


def _becomes(word: str) -> str:
    return f'"{word}"' if "${" in word else word


# Meson names a linker by what --version prints; older ones vendored in sdists crash on zig's own
# answer, and every one knows Apple's ld by the word xtools.
_LINKER_IDENTITY = """\
  *" -o "*) ;;  # a link, which only wants to be told about (CMake's): the words are dropped below
  *" -Wl,--version "*|*" -Wl,-v "*)
    echo "xtools-3.3.0 zig"; echo "Based on Apple Inc. ld64-609.8"; exit 0 ;;
"""

_SCRIPT = """\
#!/bin/sh
# Written by orchestrator (targets/wrapper.py): zig in the role of the target's {role}.
log={log}
# clang reads these too, but the target and the SDK are settled here.
unset SDKROOT MACOSX_DEPLOYMENT_TARGET
{env}
note() {{ printf '%s: %s\\n' "$1" "$2" >>"$log"; }}
march() {{
  base=${{1#-march=armv}}; features=${{base#*+}}
  case $base in *+*) ;; *) features= ;; esac
  base=${{base%%+*}}; base=${{base%-a}}
  case $base in *.*) base=${{base%.*}}_${{base#*.}} ;; esac
  printf -- '-mcpu=generic+v%sa' "$base"
  for feature in $(printf %s "$features" | tr + ' '); do
    case $feature in
      fp16) feature=fullfp16 ;;
      crypto) feature=aes+sha2 ;;
      rdma) feature=rdm ;;
      simd|fp) continue ;;
    esac
    printf '+%s' "$feature"
  done
}}
# Response files are read here, so that their words meet the same rules.
expand=
for arg do case $arg in @?*) [ -f "${{arg#@}}" ] && expand=1 ;; esac; done
if [ -n "$expand" ]; then
  for arg do
    shift
    if [ -f "${{arg#@}}" ] && [ "$arg" != "${{arg#@}}" ]; then
      eval "set -- \\"\\$@\\" $(tr '\\n' ' ' <"${{arg#@}}")"
    else
      set -- "$@" "$arg"
    fi
  done
fi
# One option a word, with its value: -Wl,-a,b,-c is -Wl,-a,b -Wl,-c, and so are -Xlinker -a
# -Xlinker b and -Wl,-a -Wl,b; -I a is -Ia.
joined= held=
for arg do
  shift
  arg=$joined$arg joined=
  case $arg in
    -Xlinker) joined=-Wl,; continue ;;
    -I|-L) joined=$arg; continue ;;
    -Wl,-*)
      [ -n "$held" ] && set -- "$@" "$held"
      arg=${{arg#-Wl,}}
      while case $arg in *,-*) ;; *) false ;; esac; do
        set -- "$@" "-Wl,${{arg%%,-*}}"; arg=-${{arg#*,-}}
      done
      held=-Wl,$arg; continue ;;
    -Wl,?*) [ -n "$held" ] && held=$held,${{arg#-Wl,}} && continue ;;
  esac
  [ -n "$held" ] && set -- "$@" "$held" && held=
  set -- "$@" "$arg"
done
[ -n "$held" ] && set -- "$@" "$held"
case " $* " in
{identity}  *) ;;
esac
driver={driver} links=1 shared= named= output= skip= previous= sources= cxx=
for arg do
  shift
  if [ -n "$skip" ]; then skip=; continue; fi
  case $previous in
    -o) output=$arg ;;
    -x) case $arg in c++*) driver=c++ ;; esac ;;
  esac
  previous=$arg
  case $arg in
    -c|-S|-E|-M|-MM|-fsyntax-only) links= ;;
    -shared|-dynamiclib|-bundle) shared=1 ;;
    -install_name|-Wl,-install_name,*|-Wl,-soname,*) named=1 ;;
    -xc++*) driver=c++ ;;
    -*) ;;
    *.cpp|*.cc|*.cxx|*.c++|*.C|*.mm) driver=c++ sources=1 ;;
    *.c|*.s|*.S) sources=1 ;;
  esac
  case $arg in
{arms}
    *) set -- "$@" "$arg" ;;
  esac
done
{install_name}\
[ $driver = c++ ] && cxx=1 && set -- "$@" {cxx_flags}
if [ -z "$links" ] || [ -n "$sources" ]; then
  set -- "$@" {compile_flags}
fi
if [ -n "$links" ] && [ -n "$output$sources" ]; then
  set -- "$@" {link_flags}
  [ -n "$cxx" ] && set -- "$@" {cxx_link_flags}
fi
{load_commands}exec {zig} $driver -target {target} "$@"
"""

# Apple's linker writes an extension as a bundle, which has no name; zig's dylib would carry the
# path it was linked at.
_INSTALL_NAME = """\
if [ -n "$shared" ] && [ -z "$named" ] && [ -n "$output" ]; then
  set -- "$@" "-Wl,-install_name,@rpath/${output##*/}"
fi
"""


# zig's linker writes a load command for each mention of a library, where Apple's writes one for
# each library; dyld refuses repeated ones in new binaries.
_ONE_LOAD_COMMAND = """\
seen=' ' pair=
if [ -n "$links" ]; then
  for arg do
    shift
    word=$arg
    case $arg in
      -framework|-weak_framework|-needed_framework) [ -n "$pair" ] || {{ pair=$arg; continue; }} ;;
    esac
    [ -n "$pair" ] && word="$pair $arg"
    case $word in -l*|-framework*|-weak_framework*|-needed_framework*)
      case $seen in *" $word "*) pair=; continue ;; esac
      seen="$seen$word " ;;
    esac
    if [ -n "$pair" ]; then set -- "$@" "$pair" "$arg"; pair=; else set -- "$@" "$arg"; fi
  done
fi
"""


def compiler_script(spec: WrapperSpec, role: str) -> str:
    """The wrapper for one role: ``cc`` or ``c++``."""
    recipe = tuple(
        drop("|".join(flag_pattern(word) for word in words), "the recipe says so", logged=True)
        for words in (spec.flags.compile_drop + spec.flags.link_drop,)
        if words
    )
    headers = Rule(
        pattern=f"-I{spec.include_from}|-isystem{spec.include_from}",
        becomes=(f"-I{shlex.quote(spec.include_to)}",),
        why="the target's pyconfig.h",
    )
    bare = Rule(
        pattern=spec.include_from,
        becomes=(shlex.quote(spec.include_to),),
        why="the same, behind -I or -isystem as a word of its own",
    )
    rules = (*recipe, headers, bare, *spec.rules)
    return _SCRIPT.format(
        role=role,
        log=shlex.quote(spec.log),
        env="\n".join(f"export {name}={shlex.quote(value)}" for name, value in spec.env.items()),
        driver=role,
        identity=_LINKER_IDENTITY if spec.macho else "",
        arms="\n".join(_arm(rule) for rule in rules),
        install_name=_INSTALL_NAME if spec.macho else "",
        load_commands=_ONE_LOAD_COMMAND.format() if spec.macho else "",
        compile_flags=_words((*spec.compile_flags, *spec.flags.compile_add)),
        cxx_flags=_words(spec.cxx_flags),
        link_flags=_words((*spec.link_flags, *spec.flags.link_add)),
        cxx_link_flags=_words(spec.cxx_link_flags),
        zig=shlex.quote(spec.zig),
        target=spec.target,
    )


def tool_script(zig: str, tool: str) -> str:
    """A wrapper for a binutil that zig carries: ``ar``, ``ranlib``."""
    return f'#!/bin/sh\nexec {shlex.quote(zig)} {tool} "$@"\n'


def answer_script(answers: Sequence[tuple[str, str]], otherwise: str) -> str:
    """A program that answers questions: ``(pattern over all arguments, shell commands)``."""
    arms = "".join(f"  {pattern}) {commands} ;;\n" for pattern, commands in answers)
    return f'#!/bin/sh\ncase " $* " in\n{arms}  *) {otherwise} ;;\nesac\n'
