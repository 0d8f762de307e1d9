"""Programs that build scripts ask about the machine, answering as the target's would. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.targets.facts import PlatformFacts

# The linker strips; a second pass by the host's program would only fail, or spoil a signature.
STRIP = "#!/bin/sh\nexit 0\n"


def uname(facts: PlatformFacts) -> str:
    """A script that answers ``uname`` with any of its POSIX options, and GNU's ``-o``, ``-i``."""
    sysname, release, version, machine = facts.uname
    processor = "arm" if facts.macho else machine
    system = "Darwin" if facts.macho else "GNU/Linux"
    return f"""\
#!/bin/sh
[ $# -eq 0 ] && set -- -s
out=
case "$*" in
  *-a*) set -- -s -n -r -v -m ;;
  -[a-z][a-z]*) set -- $(echo "${{1#-}}" | sed 's/./-& /g') ;;
esac
for option do case $option in
  -s) word="{sysname}" ;; -n) word=build ;; -r) word="{release}" ;; -v) word="{version}" ;;
  -p|-i) word="{processor}" ;; -m) word="{machine}" ;; -o) word="{system}" ;; *) exit 1 ;;
esac; out="$out${{out:+ }}$word"; done
echo "$out"
"""


def arch(facts: PlatformFacts) -> str:
    """A script that answers ``arch``."""
    return f"#!/bin/sh\necho {facts.uname[3]}\n"
