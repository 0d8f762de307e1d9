"""SDKROOT. This machine has no macOS SDK: the folders here hold what identifies one."""

from __future__ import annotations

import json
import plistlib
from typing import TYPE_CHECKING

import pytest

from orchestrator.errors import ToolchainBrokenError
from orchestrator.targets.sdk.realsdk import RealSDK, real_sdk

if TYPE_CHECKING:
    from pathlib import Path

# As in Xcode 15.3's MacOSX.sdk.
SETTINGS = {"CanonicalName": "macosx14.4", "Version": "14.4", "MinimalDisplayName": "14.4"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    sdk = tmp_path / "MacOSX.sdk"
    (sdk / "usr/lib").mkdir(parents=True)
    (sdk / "usr/lib/libSystem.tbd").touch()
    monkeypatch.setenv("SDKROOT", str(sdk))
    return sdk


@pytest.mark.parametrize("value", [None, ""])
def test_no_sdkroot_is_no_sdk(value: str | None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SDKROOT", raising=False)
    if value is not None:
        monkeypatch.setenv("SDKROOT", value)
    assert real_sdk() is None


def test_json_settings(folder: Path):
    (folder / "SDKSettings.json").write_text(json.dumps(SETTINGS))
    assert real_sdk() == RealSDK(path=folder, version="14.4")


def test_property_list_of_older_sdks(folder: Path):
    (folder / "SDKSettings.plist").write_bytes(plistlib.dumps(SETTINGS))
    assert real_sdk() == RealSDK(path=folder, version="14.4")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (json.dumps({**SETTINGS, "CanonicalName": "iphoneos17.4"}), "iphoneos17.4"),
        (json.dumps({"CanonicalName": "macosx"}), "macosx"),
        ("{", "can't be read"),
        ("[]", "neither"),
        (None, "neither"),
    ],
)
def test_wrong_settings_are_said(folder: Path, content: str | None, word: str):
    if content is not None:
        (folder / "SDKSettings.json").write_text(content)
    with pytest.raises(ToolchainBrokenError, match=word):
        real_sdk()


def test_folder_that_is_no_sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SDKROOT", str(tmp_path))
    with pytest.raises(ToolchainBrokenError, match=r"libSystem\.tbd"):
        real_sdk()
    monkeypatch.setenv("SDKROOT", str(tmp_path / "missing"))
    with pytest.raises(ToolchainBrokenError, match="not a folder"):
        real_sdk()
