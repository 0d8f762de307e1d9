"""The pip part of a conda ``environment.yml``. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from orchestrator.errors import UnparsableInputError
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterator


class EnvironmentText(Value):
    """What an environment file lists.

    Attributes:
        pip: Lines as of a requirements file, each with its line's number.
        conda: Packages of conda, as written.
    """

    pip: tuple[tuple[int, str], ...]
    conda: tuple[str, ...]


def parse_environment(text: str, where: str) -> EnvironmentText:
    """Parses the text of an environment file.

    Raises:
        UnparsableInputError: It is not YAML, or not of this form.
    """
    try:
        document = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise UnparsableInputError(f"{where}: {said}.", hint="Mend the file named.") from error
    listed = _value(document, "dependencies")
    if not isinstance(listed, yaml.SequenceNode):
        raise UnparsableInputError(
            f"{where}: there is no list of dependencies.", hint="Is it a conda environment?"
        )
    pip, conda = [], []
    for item in listed.value:
        if isinstance(item, yaml.ScalarNode):
            conda.append(item.value)
        elif isinstance(inner := _value(item, "pip"), yaml.SequenceNode):
            pip += list(_lines(inner, where))
        else:
            line = item.start_mark.line + 1
            raise UnparsableInputError(f"{where}:{line}: neither a package nor a list of pip's.")
    return EnvironmentText(pip=tuple(pip), conda=tuple(conda))


def _lines(node: yaml.SequenceNode, where: str) -> Iterator[tuple[int, str]]:
    for item in node.value:
        line = item.start_mark.line + 1
        if not isinstance(item, yaml.ScalarNode):
            raise UnparsableInputError(f"{where}:{line}: not a requirement, but a table or list.")
        yield line, item.value


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        values: dict[str, yaml.Node] = {name.value: value for name, value in node.value}
        return values.get(key)
    return None
