"""The text of a workflow of GitHub Actions that builds a plan's jobs."""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING, Any

import yaml

from orchestrator.emit.github.asked import asked_as
from orchestrator.model import PlanStep, Target, Unbuildable, Value
from orchestrator.targets.tags import DEFAULT_PLATFORM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.emit.github.jobs import Job

WHEELHOUSE = "wheelhouse"
# What orchestrate itself runs with; behind the targets' Pythons, because the last one is `python`.
_OWN_PYTHON = "3.12"
_MINUTES = (60, 360)
_ALWAYS = "${{ !cancelled() }}"
_BUILD = "Build"
_AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
# What a job must know to use a store, from the repository's secrets and variables.
STORES = {
    "s3": {name: f"${{{{ secrets.{name} }}}}" for name in _AWS}
    | {"AWS_REGION": "${{ vars.AWS_REGION || 'us-east-1' }}"},
    "az": {"AZURE_STORAGE_ACCOUNT_KEY": "${{ secrets.AZURE_STORAGE_ACCOUNT_KEY }}"},
}


class Design(Value):
    """What the workflow is made for.

    Attributes:
        title: Its name.
        install: Requirement of orchestrate itself, as pip takes it.
        root: Folder of the repository, absolute; sources and recipes in it are named by their path.
        recipes: Folders of recipes, relative to the root.
        bucket: Wheelhouse in an object store, ``s3://…`` or ``az://…``; empty: wheels are artifacts
            of the workflow.
        explicit: Whether the user named the platforms by their tags; else recipes may raise them.
    """

    title: str
    install: str
    root: str
    recipes: tuple[str, ...] = ()
    bucket: str = ""
    explicit: bool = True


def workflow(design: Design, jobs: tuple[Job, ...], lost: tuple[Unbuildable, ...] = ()) -> str:
    """The whole file.

    Args:
        design: What for.
        jobs: Each behind those it needs.
        lost: Packages that no job builds, for the comment at the top.

    Raises:
        NotInRepositoryError: A source is on this machine only.
    """
    tables: dict[str, Any] = {
        "name": design.title,
        "on": {"workflow_dispatch": None},
        "permissions": {"contents": "read"},
        "jobs": {job.name: _job(job, design, alone=len(jobs) == 1) for job in jobs},
    }
    if len(jobs) > 1 and not design.bucket:
        tables["jobs"][WHEELHOUSE] = _collection(jobs)
    comment = [
        "# Written by `orchestrate emit github-actions`: wheels that lack, in independent parts.",
        *(f"# Not built: {item.name}=={item.version} for {item.target}." for item in lost),
    ]
    return "\n".join(comment) + "\n\n" + _text(tables)


def build_commands(job: Job, design: Design) -> tuple[str, ...]:
    """The calls of orchestrate that build a job's steps, in order.

    Raises:
        NotInRepositoryError: A source is on this machine only.
    """
    return tuple(_command(group, design) for group in _groups(job.steps))


def _groups(steps: Iterable[PlanStep]) -> Iterator[list[PlanStep]]:
    """Steps for the same target, none of which needs another one of them."""
    by_target: dict[Target, list[PlanStep]] = {}  # steps for different ones need nothing of another
    for item in steps:
        by_target.setdefault(item.step.target, []).append(item)
    for same in by_target.values():
        group: list[PlanStep] = []
        for item in same:
            if {other.step.label for other in group}.intersection(item.needs):
                yield group
                group = []
            group.append(item)
        yield group


def _command(group: list[PlanStep], design: Design) -> str:
    target = group[0].step.target
    words = ["orchestrate", "build", *(asked_as(item.step, design.root) for item in group)]
    tag = target.platform.tag
    words += ["--no-deps", "--platform"]
    words.append("macos" if tag == DEFAULT_PLATFORM and not design.explicit else tag)
    words += ["--python", target.interpreter.version]
    words += [word for folder in design.recipes for word in ("--recipes", folder)]
    return shlex.join(words)


def _job(job: Job, design: Design, *, alone: bool) -> dict[str, Any]:
    shortest, longest = _MINUTES
    minutes = math.ceil(job.seconds / 60)
    names = dict.fromkeys(item.step.source.name for item in job.steps)
    table: dict[str, Any] = {
        "name": f"{_some(list(names))} ({job.runner}, about {minutes} min)",
        "runs-on": job.runner,
        "timeout-minutes": min(longest, max(shortest, 4 * minutes)),
    }
    if job.needs:
        table["needs"] = list(job.needs)
    store = STORES[design.bucket.partition(":")[0]] if design.bucket else {}
    table["env"] = {"ORCHESTRATE_WHEELHOUSE": design.bucket or WHEELHOUSE, **store}
    table["steps"] = [
        {"uses": "actions/checkout@v4"},
        {"uses": "actions/setup-python@v5", "with": {"python-version": _pythons(job)}},
        {"run": shlex.join(("python", "-m", "pip", "install", design.install))},
        *(() if design.bucket else _fetching(job)),
        {"name": _BUILD, "run": _script(build_commands(job, design))},
        *(() if design.bucket else _keeping(WHEELHOUSE if alone else f"{WHEELHOUSE}-{job.name}")),
    ]
    return table


def _some(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _pythons(job: Job) -> str:
    wanted = sorted(
        {item.step.target.interpreter for item in job.steps},
        key=lambda item: (item.minor, item.free_threaded),
    )
    versions = [item.version for item in wanted if item.version != _OWN_PYTHON]
    return "\n".join((*versions, _OWN_PYTHON))


def _script(commands: tuple[str, ...]) -> str:
    """All of them, whichever fails: what one builds may have nothing to do with the other."""
    if len(commands) == 1:
        return commands[0]
    return "\n".join(("status=0", *(f"{line} || status=$?" for line in commands), "exit $status"))


def _fetching(job: Job) -> Iterator[dict[str, Any]]:
    """What brings the wheels of the jobs before this one."""
    for need in job.needs:
        yield {
            "uses": "actions/download-artifact@v4",
            "with": {"name": f"{WHEELHOUSE}-{need}", "path": WHEELHOUSE},
        }


def _keeping(name: str) -> Iterator[dict[str, Any]]:
    """What keeps the wheels of this job, those of a build that failed half-way too."""
    yield {
        "if": _ALWAYS,
        "uses": "actions/upload-artifact@v4",
        "with": {"name": name, "path": WHEELHOUSE, "include-hidden-files": True},  # the records
    }


def _collection(jobs: tuple[Job, ...]) -> dict[str, Any]:
    """The job that makes one artifact of all."""
    return {
        "name": "All wheels",
        "if": _ALWAYS,
        "runs-on": "ubuntu-24.04",
        "needs": [job.name for job in jobs],
        "steps": [
            {
                "uses": "actions/upload-artifact/merge@v4",
                "with": {
                    "name": WHEELHOUSE,
                    "pattern": f"{WHEELHOUSE}-*",
                    "include-hidden-files": True,
                },
            }
        ],
    }


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such, and lists deeper than what they are in."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 (PyYAML's signature)
        super().increase_indent(flow, indentless=False)

    def represent_lines(self, text: str) -> yaml.ScalarNode:
        style = "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def represent_nothing(self, _: None) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:null", "")


_Dumper.add_representer(str, _Dumper.represent_lines)
_Dumper.add_representer(type(None), _Dumper.represent_nothing)


def _text(tables: dict[str, Any]) -> str:
    text: str = yaml.dump(
        tables, Dumper=_Dumper, sort_keys=False, width=1000, default_flow_style=False
    )
    return text
