"""Folders of recipes with native libraries, made for one test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.registry.load import Registry

if TYPE_CHECKING:
    from pathlib import Path

SHA256 = "ab" * 32


def library(*versions: str, needs: str = "", release: str = "") -> str:
    """The text of a library's recipe."""
    sources = "".join(
        f'[[source]]\nversion = "{version}"\nurl = "https://example.org/{version}.tar.gz"\n'
        f'sha256 = "{SHA256}"\n'
        for version in versions
    )
    needed = f"libraries = [{needs}]\n" if needs else ""
    return f'{sources}[[release]]\nbuild = "cmake"\n{needed}{release}\n'


def registry(folder: Path, libraries: dict[str, str], **recipes: str) -> Registry:
    """The recipes of a folder, with these libraries."""
    for place, files in (("recipes", recipes), ("recipes/libraries", libraries)):
        (folder / place).mkdir(parents=True)
        for name, text in files.items():
            (folder / place / f"{name}.toml").write_text(text)
    return Registry([folder / "recipes"])
