from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from sample_plans import TARGET, label, plan_step

from orchestrator.model import PublishedWheel, Record
from orchestrator.plan.changes import changes, why
from orchestrator.plan.fingerprint import NEEDS, fingerprint_of

STEP = plan_step(1).step
tables = st.dictionaries(st.text(max_size=3), st.text(min_size=1, max_size=3), max_size=4)


def record(**different: object) -> Record:
    fields = {
        "format": 1,
        "name": STEP.source.name,
        "version": STEP.source.version,
        "filename": "p001-1.0-cp311-cp311-macosx_11_0_arm64.whl",
        "platform": TARGET.platform.tag,
        "python": "3.11",
        "parts": STEP.parts,
        "fingerprint": STEP.fingerprint,
        "source": STEP.source,
        "toolchain": STEP.toolchain,
        "proof": "structural",
        "size": 1,
        "seconds": 1.0,
        "created": "2026-01-01T00:00:00Z",
    }
    texts = ("sha256", "recipe_digest", "requires_python", "metadata_sha256")
    lists = ("recipes", "patches", "build_requires", "grafted", "findings", "notes")
    empty = dict.fromkeys(texts, "") | dict.fromkeys(lists, ())
    return msgspec.convert(empty | fields | different, Record, from_attributes=True)


@given(tables, tables)
def test_parts_differ_exactly_when_fingerprints_do(
    before: dict[str, str], after: dict[str, str]
) -> None:
    found = changes(before, after)
    assert (not found) == (fingerprint_of(before) == fingerprint_of(after))
    rebuilt = dict(before)
    for change in found:
        rebuilt.pop(change.part, None)
        if change.after:
            rebuilt[change.part] = change.after
    assert rebuilt == after


def test_up_to_date_is_what_the_wheelhouse_has(tmp_path: Path) -> None:
    published = PublishedWheel(record=record(), path=tmp_path)
    found = why(STEP, published, [])
    assert (found.state, found.wheel, found.changes) == ("up to date", record().filename, ())


def test_never_built_is_what_no_record_of_the_target_tells_of() -> None:
    assert why(STEP, None, []).state == "never built"
    assert why(STEP, None, [record(python="3.12")]).state == "never built"


def test_the_newest_wheel_of_the_version_is_compared_with() -> None:
    old = STEP.parts | {"toolchain zig": "0.1"}
    other = record(version="2.0", parts={})
    found = why(STEP, None, [other, record(parts=old), record(parts={})])
    assert [change.words for change in found.changes] == ["toolchain zig: 0.1 → gone"]
    assert why(STEP, None, [other]).state == "changed"


def test_changes_are_told_in_words() -> None:
    need = f"{NEEDS}{label(2)}"
    before = {"source": f"sha256:{'a' * 64}", "patches": "x", need: "1", f"{NEEDS}b": "1"}
    after = {"source": f"sha256:{'b' * 64}", "python": "3.11.7", need: "2", f"{NEEDS}c": "1"}
    assert [change.words for change in changes(before, after)] == [
        "it does not need b any more",
        "it needs c now",
        f"it needs {label(2)}, which is another one now",
        "patches: x → gone",
        "python: now 3.11.7, not there before",
        "source: sha256:aaaaaaaaaaaa… → sha256:bbbbbbbbbbbb…",
    ]
