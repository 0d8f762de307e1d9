from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from orchestrator.registry.library_schema import LibraryFile
from orchestrator.registry.schema import json_schema

ROOT = Path(__file__).parents[2]


def test_the_schemas_for_editors_are_up_to_date():
    script = [sys.executable, ROOT / "scripts" / "schema", "--check"]
    subprocess.run(script, check=True, timeout=60)


def test_the_schema_refuses_unknown_keys_and_describes_each_key_of_a_release():
    tables = json_schema()["$defs"]
    assert all(table["additionalProperties"] is False for table in tables.values())
    release = tables["Release"]["properties"]
    described = {key for key, value in release.items() if value.keys() & {"description", "$ref"}}
    assert described >= release.keys() - {"source", "backend", "blas"}
    assert release["blas"]["enum"] == ["accelerate", "none", "openblas"]


def test_the_guide_explains_every_key():
    guide = (ROOT / "docs" / "recipes.md").read_text()
    tables = json_schema()["$defs"] | json_schema(LibraryFile)["$defs"]
    missing = [key for table in tables.values() for key in table["properties"] if key not in guide]
    assert missing == []
