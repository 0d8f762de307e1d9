"""``index.toml`` of a wheelhouse: which names are merged with an upstream, and what of it is kept.

::

    [upstream]
    url = "https://pypi.example/simple/"   # "default": the one that pip and uv ask
    mirror = true                          # serve upstream's files from here, kept on this disk

    [merge]
    names = ["annoy", "crcmod"]            # or "built": all that was built for want of a wheel
    private = ["acme-*"]                   # upstream is never asked about these
    unlisted = "redirect"                  # or "proxy", "404": names that we have nothing of
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Literal

import msgspec
from packaging.utils import canonicalize_name

from orchestrator.errors import BadIndexSettingsError
from orchestrator.index.merge import MergeRules, Unlisted
from orchestrator.index.state import FOLDER
from orchestrator.model import Value

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "index.toml"


class _Upstream(msgspec.Struct, forbid_unknown_fields=True):
    url: str = ""
    mirror: bool = False


class _Merge(msgspec.Struct, forbid_unknown_fields=True):
    names: tuple[str, ...] | Literal["built"] = ()
    private: tuple[str, ...] = ()
    unlisted: Unlisted = "redirect"


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    upstream: _Upstream = msgspec.field(default_factory=_Upstream)
    merge: _Merge = msgspec.field(default_factory=_Merge)


class Settings(Value):
    """How an index is merged with another.

    Attributes:
        upstream: URL of its simple pages; ``default``; empty where there is none.
        mirror: Whether upstream's files are served from here.
        rules: About names.
    """

    upstream: str = ""
    mirror: bool = False
    rules: MergeRules = MergeRules()


def settings_path(wheelhouse: Path) -> Path:
    """Where a wheelhouse keeps them."""
    return wheelhouse / FOLDER / _NAME


def read_settings(path: Path, upstream: str = "") -> Settings:
    """The settings of a file; those of an index without upstream where there is none.

    Args:
        path: Of the file.
        upstream: Outdoes the file's, where it is not empty.

    Raises:
        BadIndexSettingsError: It can't be read or understood.
    """
    try:
        document = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), type=_Document)
    except FileNotFoundError:
        return Settings(upstream=upstream)
    except OSError as error:
        raise BadIndexSettingsError(f"{path} can't be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadIndexSettingsError(f"{path}: {error}.") from error
    merge = document.merge
    built = merge.names == "built"
    names = () if isinstance(merge.names, str) else merge.names
    rules = MergeRules(
        names=tuple(map(_pattern, names)),
        built=built,
        private=tuple(map(_pattern, merge.private)),
        unlisted=merge.unlisted,
    )
    url = upstream or document.upstream.url
    if not url and (rules.names or built or document.upstream.mirror):
        raise BadIndexSettingsError(
            f"{path}: names are to be merged, and no upstream.url says with whose.",
            hint='url = "default" is the index that pip and uv ask on this machine.',
        )
    return Settings(upstream=url, mirror=document.upstream.mirror, rules=rules)


def _pattern(text: str) -> str:
    """A pattern of normalized names."""
    return "*".join(canonicalize_name(part) for part in text.split("*"))
