"""Apple's own SDK, where the user has one and names it with ``SDKROOT``."""

from __future__ import annotations

import json
import os
import plistlib
import re
from pathlib import Path

from orchestrator.errors import ToolchainBrokenError
from orchestrator.model import Value

_HINT = "Set SDKROOT to the folder MacOSX.sdk of Xcode or its Command Line Tools, or unset it."


class RealSDK(Value):
    """A macOS SDK on this machine.

    Attributes:
        path: Absolute path of the folder, usually called ``MacOSX.sdk``.
        version: Such as ``14.5``.
    """

    path: Path
    version: str


def real_sdk() -> RealSDK | None:
    """The SDK that ``$SDKROOT`` names, or None where the variable is not set.

    Raises:
        ToolchainBrokenError: It is set, but there is no macOS SDK.
    """
    value = os.environ.get("SDKROOT")
    if not value:
        return None
    path = Path(value).absolute()
    if not path.is_dir():
        raise ToolchainBrokenError(f"SDKROOT is {value}, which is not a folder.", hint=_HINT)
    if not (path / "usr/lib/libSystem.tbd").is_file():
        raise ToolchainBrokenError(
            f"SDKROOT is {value}, which has no usr/lib/libSystem.tbd: not a macOS SDK.", hint=_HINT
        )
    settings = _settings(path)
    name, version = settings.get("CanonicalName", ""), settings.get("Version", "")
    if not str(name).startswith("macosx") or not re.fullmatch(r"\d+(\.\d+)*", str(version)):
        raise ToolchainBrokenError(
            f"SDKROOT is {value}, an SDK of {name or 'an unknown system'}, not of macOS.",
            hint=_HINT,
        )
    return RealSDK(path=path, version=str(version))


def _settings(path: Path) -> dict[str, object]:
    """SDKSettings, of which older SDKs have the property list only."""
    for name, load in (("SDKSettings.json", json.loads), ("SDKSettings.plist", plistlib.loads)):
        file = path / name
        try:
            settings = load(file.read_bytes())
        except FileNotFoundError:
            continue
        except (OSError, ValueError, plistlib.InvalidFileException) as error:
            raise ToolchainBrokenError(f"{file} can't be read: {error}", hint=_HINT) from error
        if isinstance(settings, dict):
            return settings
    raise ToolchainBrokenError(
        f"SDKROOT is {path}, which has neither SDKSettings.json nor SDKSettings.plist.", hint=_HINT
    )
