"""The text that a new recipe starts from."""

from __future__ import annotations

_SKELETON = """\
# What {name} needs beyond its sdist. docs/recipes.md explains every key; remove what you don't use,
# then run `orchestrate recipe lint`.

why = ""  # why {name} needs a recipe at all
# upstream = "https://…"  # the issue or change that would make it unneeded

[[release]]
{versions}  # PEP 440; without it: every version
# platforms = ["macosx_*_arm64"]  # patterns over platform tags; without it: every platform
# pythons = ">=3.12"  # without it: every Python
# why = "…"
# patches = ["{name}/0001-what-it-does.patch"]  # in the folder patches beside this one
# blas = "accelerate"  # or openblas, none
# env = {{ KEY = "value" }}
# config-settings = {{ setup-args = ["-Doption=value"] }}
# target-build-requires = ["numpy"]
# flags = {{ add-compile = ["-DNAME=1"], drop-compile = [], add-link = [], drop-link = [] }}
# build-requires = {{ add = [], constrain = ["setuptools<81"], remove = [] }}
# needs = {{ languages = ["c"], minimum-macos = "11.0", frameworks = [], tools = [] }}
# route = "cross"  # or native, hybrid, emulated; without it: what works first
# test = {{ command = "python -m pytest tests", files = ["tests"], requires = ["pytest"] }}
"""


def skeleton(name: str, version: str = "") -> str:
    """A recipe that says nothing yet, with every common key as a comment.

    Args:
        name: Normalized name of the project.
        version: The only version it is for; empty for a range to fill in.
    """
    versions = f'versions = "=={version}"' if version else '# versions = ">=1.0,<2"'
    return _SKELETON.format(name=name, versions=versions)
