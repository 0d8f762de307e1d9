"""What Apple's developer tools print, read: pure functions from their words to facts.

The wordings are those found quoted in public (``tests/data/apple/README.md``); they were not
recorded on a Mac by this project, so every reader has an answer for words it does not know.
"""

from __future__ import annotations

import re

INSTALL_TOOLS = "xcode-select --install"
ACCEPT_LICENSE = "sudo xcodebuild -license accept"
RESET_SELECTION = "sudo xcode-select --reset"
SELECT_XCODE = "sudo xcode-select --switch /Applications/Xcode.app/Contents/Developer"
UPDATE_TOOLS = "softwareupdate --install --all"

# Fragments of the tools' complaints, most specific first, with what they mean and what mends them.
_COMPLAINTS = (
    (r"license", "the Xcode license is not accepted", ACCEPT_LICENSE),
    (
        r"requires Xcode, but active developer directory",
        "this tool needs the whole Xcode",
        SELECT_XCODE,
    ),
    (
        r"active developer path \(.*\) does not exist|invalid developer directory",
        "the selected Xcode is gone",
        RESET_SELECTION,
    ),
    (
        r"invalid active developer path|unable to get active developer directory",
        "the Command Line Tools are not installed",
        INSTALL_TOOLS,
    ),
    (
        r"cannot be located|unable to lookup item",
        "the selected developer folder has no macOS SDK",
        RESET_SELECTION,
    ),
)
_CLANG = re.compile(r"clang version (\d+(?:\.\d+)*)(?: \((clang-[\d.]+)\))?")
_SDK_VERSION = re.compile(r"(\d+)(?:\.(\d+))?(?:\.\d+)?")
_RECEIPT_VERSION = re.compile(r"^version:\s*(\d+(?:\.\d+)*)", re.MULTILINE)


def explain_complaint(text: str) -> tuple[str, str]:
    """What went wrong and the command that mends it.

    Words that are not known give their own first line, and the installation of the tools as the
    likeliest cure.
    """
    for pattern, meaning, fix in _COMPLAINTS:
        if re.search(pattern, text, re.IGNORECASE):
            return meaning, fix
    first = next((line.strip() for line in text.splitlines() if line.strip()), "no answer")
    return first, INSTALL_TOOLS


def parse_clang_version(text: str) -> str:
    """The version and build of ``clang --version``, e.g. ``17.0.0 (clang-1700.0.13.5)``."""
    match = _CLANG.search(text)
    if not match:
        return ""
    return f"{match[1]} ({match[2]})" if match[2] else match[1]


def parse_sdk_version(text: str) -> tuple[int, int] | None:
    """The (major, minor) of an SDK version such as ``15.5``, ``14`` or ``10.15.4``."""
    match = _SDK_VERSION.fullmatch(text.strip())
    return (int(match[1]), int(match[2] or 0)) if match else None


def parse_receipt_version(text: str) -> str:
    """The version in what ``pkgutil --pkg-info`` prints of an installed package, or empty.

    It is Apple's ``16.4.0.0.1.1747106510``: the Xcode release it belongs to, and a build time.
    """
    match = _RECEIPT_VERSION.search(text)
    return match[1] if match else ""
