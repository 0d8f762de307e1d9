"""The workflow: against its published schema, and what its jobs say."""

from __future__ import annotations

import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from plans import planned, target
from test_github_jobs import plans

from orchestrator.emit.github.jobs import cut
from orchestrator.emit.github.workflow import Design, build_commands, workflow
from orchestrator.errors import NotInRepositoryError
from orchestrator.model import Source, SourceOverride, Unbuildable

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.model import PlanStep

DESIGN = Design(
    title="wheels", install="orchestrator @ git+https://example.org/o.git@abc", root="/repository"
)


def read(text: str) -> dict[str, Any]:
    tables: dict[str, Any] = yaml.safe_load(text)
    return tables


def written(*steps: PlanStep, design: Design = DESIGN, most: int = 4) -> dict[str, Any]:
    return read(workflow(design, cut(steps, most), ()))["jobs"]


def check_schema(path: Path) -> None:
    schema = ("--builtin-schema", "vendor.github-workflows")
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema, path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def example() -> tuple[PlanStep, ...]:
    """Two platforms, a library, a large part that is cut, edges."""
    library = planned("libpq", kind="library")
    base = planned("numpy", seconds=4000)
    linux = target("linux", "3.13t")
    return (
        library,
        planned("psycopg2", library, seconds=300),
        base,
        *(planned(name, base, seconds=3000) for name in ("scipy", "pandas", "h5py")),
        planned("annoy", target=linux),
        planned("hnswlib", target=target("linux", "3.11")),
    )


@pytest.mark.parametrize("bucket", ["", "s3://wheels/arm64"])
def test_it_is_what_the_published_schema_allows(tmp_path: Path, bucket: str):
    design = msgspec.structs.replace(DESIGN, bucket=bucket)
    lost = Unbuildable(
        name="nope", version="1", target=target(), code="SRC003", message="no sdist", hint=""
    )
    text = workflow(design, cut(example(), 3), (lost,))
    assert "# Not built: nope==1 for cp311-macosx_11_0_arm64." in text
    path = tmp_path / "wheels.yml"
    path.write_text(text)
    check_schema(path)


def test_the_schema_tells_right_from_wrong(tmp_path: Path):
    path = tmp_path / "wheels.yml"
    path.write_text(workflow(DESIGN, cut(example(), 3)).replace("runs-on", "runs-at"))
    with pytest.raises(AssertionError):
        check_schema(path)


@given(plans())
@settings(max_examples=30, deadline=None)
def test_jobs_wait_for_jobs_that_are_there(steps: list[PlanStep]):
    if all(item.step.kind == "library" for item in steps):
        return
    jobs = written(*steps)
    for job in jobs.values():
        assert set(job.get("needs", ())) <= set(jobs)
        fetched = [step["with"]["name"] for step in job["steps"] if "download" in str(step)]
        if job["name"] != "All wheels":
            assert fetched == [f"wheelhouse-{need}" for need in job.get("needs", ())]


def test_the_commands_of_a_job():
    base = planned("numpy", seconds=10)
    steps = (base, planned("scipy", base, seconds=10), planned("annoy", seconds=10))
    steps += (planned("annoy", target=target(python="3.13"), seconds=10),)
    (job,) = cut(steps, most=1)
    commands = build_commands(job, msgspec.structs.replace(DESIGN, recipes=("our recipes",)))
    head, tail = "orchestrate build", "--no-deps --platform macosx_11_0_arm64 --python"
    assert commands == (
        f"{head} numpy==1.0 {tail} 3.11 --recipes 'our recipes'",
        f"{head} scipy==1.0 annoy==1.0 {tail} 3.11 --recipes 'our recipes'",
        f"{head} annoy==1.0 {tail} 3.13 --recipes 'our recipes'",
    )


def test_a_recipe_may_raise_a_platform_that_was_not_named():
    (job,) = cut([planned("numpy")], most=1)
    (command,) = build_commands(job, msgspec.structs.replace(DESIGN, explicit=False))
    assert "--platform macos " in command


def test_one_job_is_enough_for_little():
    (job,) = written(planned("annoy", seconds=30, target=target("linux", "3.9"))).values()
    assert job["runs-on"] == "ubuntu-24.04-arm"
    _, setup, install, build, keep = job["steps"]
    assert setup["with"]["python-version"] == "3.9\n3.12"
    assert shlex.split(install["run"])[-1] == DESIGN.install
    assert build["run"].startswith("orchestrate build annoy==1.0 ")
    assert keep["with"]["name"] == "wheelhouse"


def test_a_command_that_fails_does_not_keep_the_others_from_running(tmp_path: Path):
    steps = (planned("a", seconds=9), planned("b", seconds=9, target=target(python="3.12")))
    (job,) = written(*steps).values()
    stand_in = tmp_path / "orchestrate"
    stand_in.write_text('#!/bin/sh\necho "$2"\ntest "$2" != a==1.0\n')
    stand_in.chmod(0o755)
    (script,) = (step["run"] for step in job["steps"] if step.get("name") == "Build")
    ran = subprocess.run(
        ["bash", "-e", "-c", script],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.split() == ["a==1.0", "b==1.0"]
    assert ran.returncode == 1


def test_wheels_go_through_a_bucket():
    design = msgspec.structs.replace(DESIGN, bucket="s3://wheels/arm64")
    jobs = written(*example(), design=design, most=3)
    for job in jobs.values():
        assert job["env"]["ORCHESTRATE_WHEELHOUSE"] == "s3://wheels/arm64"
        assert "secrets.AWS_SECRET_ACCESS_KEY" in job["env"]["AWS_SECRET_ACCESS_KEY"]
    assert not any("artifact" in str(job) for job in jobs.values())


# --- sources ------------------------------------------------------------------------------


def asked(**source: str) -> str:
    own = Source(name="tiny", version="1.0", **source)  # type: ignore[arg-type]
    (job,) = cut([planned("tiny", source=own)], most=1)
    (command,) = build_commands(job, DESIGN)
    return shlex.split(command)[2]


def test_where_a_job_finds_a_source():
    git = {"kind": "git", "location": "https://example.org/t.git", "digest": "git:abc"}
    assert asked(**git) == "git+https://example.org/t.git@abc"
    git["location"] += "#subdirectory=python"
    assert asked(**git) == "git+https://example.org/t.git@abc#subdirectory=python"
    assert asked(kind="url", location="https://example.org/t.zip") == "https://example.org/t.zip"
    assert asked(kind="directory", location="/repository/own/tiny") == "./own/tiny"


def test_what_no_job_can_find():
    with pytest.raises(NotInRepositoryError, match="not below /repository"):
        asked(kind="directory", location="/home/me/tiny")
    with pytest.raises(NotInRepositoryError) as failure:
        asked(kind="url", location="https://me:secret@example.org/t.zip")
    assert "secret" not in failure.value.message


def test_a_recipes_source_is_left_to_the_recipe():
    item = planned("tiny", source=Source(name="tiny", version="1.0", kind="url", location="x"))
    recipe = msgspec.structs.replace(item.step.settings, source=SourceOverride(url="x"))
    step = msgspec.structs.replace(item.step, settings=recipe)
    (job,) = cut([msgspec.structs.replace(item, step=step)], most=1)
    assert "build tiny==1.0 " in build_commands(job, DESIGN)[0]
