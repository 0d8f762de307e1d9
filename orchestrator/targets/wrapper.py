"""Compiler wrappers: what stands between a package's build and the compiler.

The rules of ``targets/flags.py``, turned into one POSIX shell script: a shell starts in a
millisecond, a Python in thirty, and a build calls its compiler hundreds of times. Pure: text in,
text out.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Literal

from orchestrator.model import Flags, Value
from orchestrator.targets.flags import Rule, drop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class WrapperSpec(Value, kw_only=True):
    """Everything a compiler wrapper needs to know.

    Attributes:
        programs: Command of each role: ``cc``, ``c++``; ``ar`` and ``ranlib`` where the host's
            won't do.
        env: Environment of every call.
        rules: In order; the first that matches wins.
        include_from: Folder of the host's Python headers.
        include_to: The folder that stands for it; empty: they are the target's.
        compile_flags: Put behind the package's own when something is compiled.
        cxx_flags: For every call of the C++ driver.
        link_flags: Put behind the package's own when something is linked.
        cxx_link_flags: Likewise, where C++ is linked.
        shared_link_flags: Likewise, where a shared library is linked.
        cxx_exports: Likewise, where C++ is linked into a shared library that does not say itself
            what it exports.
        flags: Of the recipe.
        log: File to which changes worth knowing are appended.
        linker: Which one it is, to those who ask: Apple's, LLVM's; empty: it answers itself.
    """

    programs: dict[str, tuple[str, ...]]
    env: dict[str, str]
    rules: tuple[Rule, ...]
    include_from: str = ""
    include_to: str = ""
    compile_flags: tuple[str, ...] = ()
    cxx_flags: tuple[str, ...] = ()
    link_flags: tuple[str, ...] = ()
    cxx_link_flags: tuple[str, ...] = ()
    shared_link_flags: tuple[str, ...] = ()
    cxx_exports: tuple[str, ...] = ()
    flags: Flags = Flags()
    log: str
    linker: Literal["ld64", "lld", ""]


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
# answer, and every one knows Apple's ld by the word xtools, and LLVM's.
_IDENTITIES = {
    "ld64": ("xtools-3.3.0 zig", "Based on Apple Inc. ld64-609.8"),
    "lld": ("LLD 22.1.8 (compatible with GNU linkers)",),
}
_LINKER_IDENTITY = """\
  *" -o "*) ;;  # a link, which only wants to be told about (CMake's): the words are dropped below
  *" -Wl,--version "*|*" -Wl,-v "*)
    {answers}; exit 0 ;;
"""

_SCRIPT = """\
#!/bin/sh
# Written by orchestrator (targets/wrapper.py): the target's {role}.
log={log}
# clang reads these too, but the target and the SDK are settled here.
unset SDKROOT MACOSX_DEPLOYMENT_TARGET
{env}
underscored() {{ printf %s "$1" | tr - _; }}
note() {{ printf '%s: %s\\n' "$1" "$2" >>"$log"; }}
three_numbers() {{ set -- $(printf %s "$1" | tr . ' ') 0 0; printf %s "$1.$2.$3"; }}
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
    # The driver's own spelling, which zig's driver overlooks.
    -compatibility_version|-current_version) joined=-Wl,$arg,; continue ;;
    -Wl,-*)
      [ -n "$held" ] && set -- "$@" "$held"
      arg=${{arg#-Wl,}}
      while case $arg in *,-*) ;; *) false ;; esac; do
        set -- "$@" "-Wl,${{arg%%,-*}}"; arg=-${{arg#*,-}}
      done
      held=-Wl,$arg; continue ;;
    -Wl,@loader_path*|-Wl,@rpath*|-Wl,@executable_path*|-Wl,[!@]*)
      [ -n "$held" ] && held=$held,${{arg#-Wl,}} && continue ;;
  esac
  [ -n "$held" ] && set -- "$@" "$held" && held=
  set -- "$@" "$arg"
done
[ -n "$held" ] && set -- "$@" "$held"
case " $* " in
{identity}  *) ;;
esac
driver={driver} links=1 shared= named= output= skip= previous= sources= cxx= exports=
for arg do
  shift
  if [ -n "$skip" ]; then skip=; continue; fi
  case $previous in
    -o) output=$arg ;;
    -x) case $arg in c++*) driver=c++ ;; esac ;;
  esac
  # zig hands standard input (Meson's probes) to clang as it is: the host's headers, and a target
  # that clang can't read.
  [ "$previous $arg" != "-o -" ] && [ "$arg" = - ] && arg=${{log%/*}}/stdin-$$.c && cat >"$arg"
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
  [ -n "$shared" ] && set -- "$@" {shared_link_flags}
  [ -n "$shared" ] && [ -n "$cxx" ] && [ -z "$exports" ] && set -- "$@" {cxx_exports}
fi
{load_commands}[ $driver = c++ ] && exec {cxx} "$@"
exec {cc} "$@"
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
    own_headers = (headers, bare) if spec.include_to else ()
    rules = (*recipe, *own_headers, *spec.rules)
    macho = spec.linker == "ld64"
    return _SCRIPT.format(
        role=role,
        log=shlex.quote(spec.log),
        env="\n".join(f"export {name}={shlex.quote(value)}" for name, value in spec.env.items()),
        driver=role,
        identity=_identity(spec.linker),
        arms="\n".join(_arm(rule) for rule in rules),
        install_name=_INSTALL_NAME if macho else "",
        load_commands=_ONE_LOAD_COMMAND.format() if macho else "",
        compile_flags=_words((*spec.compile_flags, *spec.flags.compile_add)),
        cxx_flags=_words(spec.cxx_flags),
        link_flags=_words((*spec.link_flags, *spec.flags.link_add)),
        cxx_link_flags=_words(spec.cxx_link_flags),
        shared_link_flags=_words(spec.shared_link_flags),
        cxx_exports=_words(spec.cxx_exports),
        cc=_words(spec.programs["cc"]),
        cxx=_words(spec.programs["c++"]),
    )


def _identity(linker: str) -> str:
    if linker not in _IDENTITIES:
        return ""
    answers = "; ".join(f"echo {shlex.quote(line)}" for line in _IDENTITIES[linker])
    return _LINKER_IDENTITY.format(answers=answers)


def tool_script(command: Iterable[str]) -> str:
    """A wrapper for a program that takes its arguments as they come: ``ar``, ``ranlib``."""
    return f'#!/bin/sh\nexec {_words(command)} "$@"\n'


def answer_script(answers: Sequence[tuple[str, str]], otherwise: str) -> str:
    """A program that answers questions: ``(pattern over all arguments, shell commands)``."""
    arms = "".join(f"  {pattern}) {commands} ;;\n" for pattern, commands in answers)
    return f'#!/bin/sh\ncase " $* " in\n{arms}  *) {otherwise} ;;\nesac\n'
