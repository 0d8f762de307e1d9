"""pip's configuration: its files and ``PIP_*`` variables, reduced to one mapping."""

from __future__ import annotations

import configparser
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import BadConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECTIONS = ("global", "download", "install")
_VARIABLES = ("index-url", "extra-index-url", "find-links", "no-index", "cert")


def pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Reads the settings of pip that say where packages come from, by their long option's name.

    A variable overrides the files, a command's section overrides ``[global]``, and a file
    overrides those before it: system, user, site, ``PIP_CONFIG_FILE`` (pip's "Configuration").

    Raises:
        BadConfigurationError: A file is not an INI file.
    """
    sections: dict[str, dict[str, str]] = {name: {} for name in _SECTIONS}
    for path in _files(environ):
        for name, settings in _read(path).items():
            sections[name].update(settings)
    merged = {key: value for settings in sections.values() for key, value in settings.items()}
    variables = {key: f"PIP_{key.upper().replace('-', '_')}" for key in _VARIABLES}
    return merged | {key: environ[name] for key, name in variables.items() if environ.get(name)}


def _files(environ: Mapping[str, str]) -> list[Path]:
    own = environ.get("PIP_CONFIG_FILE", "")
    if own == os.devnull:
        return []
    home = Path(environ.get("HOME") or Path.home())
    user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    folders = [Path(name) for name in environ.get("XDG_CONFIG_DIRS", "").split(":") if name]
    system = [folder / "pip" for folder in folders or [Path("/etc/xdg")]] + [Path("/etc")]
    if sys.platform == "darwin":
        system = [Path("/Library/Application Support/pip")]
        library = home / "Library/Application Support/pip"
        user_folder = library if library.is_dir() else user / "pip"
    else:
        user_folder = user / "pip"
    site = Path(environ.get("VIRTUAL_ENV") or sys.prefix)
    found = [folder / "pip.conf" for folder in (*system, home / ".pip", user_folder, site)]
    return found + ([Path(own).expanduser()] if own else [])


def _read(path: Path) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        raise BadConfigurationError(f"pip's configuration {path} can't be read: {error}") from error
    return {
        section: {
            key.replace("_", "-").removeprefix("--"): value for key, value in parser.items(section)
        }
        for section in _SECTIONS
        if parser.has_section(section)
    }
