"""Programs of a Mac that build scripts call by name, answered off a Mac.

``xcrun`` and ``sw_vers`` are asked questions; ``install_name_tool`` really edits; the others are
steps that zig's linker has done already (signing, debug symbols).
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.targets import unix_tools
from orchestrator.targets.kit import write_script
from orchestrator.targets.wrapper import answer_script

if TYPE_CHECKING:
    from orchestrator.targets.facts import PlatformFacts

_INSTALL_NAME_TOOL = Path(__file__).with_name("install_name_tool.py")


def write_apple_tools(tools: Path, facts: PlatformFacts, *, sdk: str, sdk_version: str) -> None:
    """Writes the programs into the folder of the compiler wrappers.

    Args:
        tools: Folder.
        facts: Of the target.
        sdk: Path that ``xcrun --show-sdk-path`` prints.
        sdk_version: What ``xcrun --show-sdk-version`` prints.
    """
    scripts = {
        "xcrun": _xcrun(tools, sdk, sdk_version),
        "xcode-select": answer_script((('*" -p "*|*" --print-path "*', f"echo {sdk}"),), "exit 0"),
        "sw_vers": answer_script(
            (
                ('*" -productVersion "*|*" --productVersion "*', f"echo {facts.os_version}"),
                ('*" -productName "*|*" --productName "*', "echo macOS"),
                ('*" -buildVersion "*|*" --buildVersion "*', "echo 20A2411"),
            ),
            f'printf "%s:\\t%s\\n" ProductName macOS ProductVersion {facts.os_version} '
            "BuildVersion 20A2411",
        ),
        "uname": unix_tools.uname(facts),
        "install_name_tool": "#!/bin/sh\n"
        "unset PYTHONPATH _PYTHON_SYSCONFIGDATA_NAME _PYTHON_HOST_PLATFORM\n"
        f'exec {shlex.quote(sys.executable)} -P {shlex.quote(str(_INSTALL_NAME_TOOL))} "$@"\n',
        "strip": unix_tools.STRIP,
        "dsymutil": "#!/bin/sh\nexit 0\n",
        "codesign": "#!/bin/sh\nexit 0\n",
        "lipo": answer_script((('*" -archs "*|*" -info "*', "echo arm64"),), "exit 1"),
        "arch": unix_tools.arch(facts),
    }
    for name, text in scripts.items():
        (tools / name).unlink(missing_ok=True)
        write_script(tools / name, text)


def _xcrun(tools: Path, sdk: str, sdk_version: str) -> str:
    return f"""\
#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    -sdk|--sdk|-toolchain|--toolchain) shift 2 ;;
    -show-sdk-path|--show-sdk-path) echo "{sdk}"; exit 0 ;;
    -show-sdk-version|--show-sdk-version) echo {sdk_version}; exit 0 ;;
    -show-sdk-platform-path|--show-sdk-platform-path) echo "{sdk}"; exit 0 ;;
    -f|-find|--find) [ -x "{tools}/$2" ] && echo "{tools}/$2"; exit $? ;;
    -r|-run|--run|-l|-log|--log|-n|--no-cache) shift ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] && exec "$@"
"""
