from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model import (
    Backend,
    BuildRequires,
    BuildSettings,
    Flags,
    Interpreter,
    LibraryBuild,
    Needs,
    Patch,
    Platform,
    Source,
    SourceOverride,
    Step,
    Substitute,
    Target,
    TestPlan,
    ToolchainIdentity,
)
from orchestrator.plan.fingerprint import fingerprint_of, parts_of, settled, with_needs

SOURCE = Source(
    name="tiny",
    version="1.0",
    kind="index",
    location="https://index.example/tiny-1.0.tar.gz",
    filename="tiny-1.0.tar.gz",
    digest="sha256:00",
)
SETTINGS = BuildSettings(
    recipes=("tiny.toml[0]",),
    digest="11",
    source=SourceOverride(url="https://example.org/a.tar.gz", sha256="22"),
    patches=(Patch(name="a.patch", path=Path("/one/a.patch"), sha256="33"),),
    env={"A": "1", "B": "2"},
    flags=Flags(compile_add=("-O2",)),
    build_requires=BuildRequires(add=("cython",)),
    target_build_requires=("numpy",),
    config_settings={"key": ("a", "b")},
    backend=Backend(build_backend="setuptools.build_meta"),
    blas="accelerate",
    needs=Needs(languages=("c",), minimum_macos=(13, 3)),
    libraries=("zlib",),
    library=LibraryBuild(system="cmake", programs={"tiny-config": {"--libs": "-ltiny"}}),
    test=TestPlan(imports=("tiny",), source=SourceOverride(git="g", rev="1")),
    substitute=Substitute(kind="redirect", name="other", extras={"more": ("third",)}),
    why=("because",),
)
TARGET = Target(
    platform=Platform(os="macos", arch="arm64", minimum=(11, 0)),
    interpreter=Interpreter(major=3, minor=11),
)
TOOLCHAIN = ToolchainIdentity(name="zig", versions={"ziglang": "0.17.0", "kit": "1"})
STEP: dict[str, Any] = {
    "source": SOURCE,
    "settings": SETTINGS,
    "target": TARGET,
    "toolchain": TOOLCHAIN,
    "python": "3.11.7",
}


def fingerprint(**step: Any) -> str:
    return fingerprint_of(parts_of(**step))


# Where things lie, and what is only told to readers.
WITHOUT_EFFECT = {
    ("source", "kind"),
    ("source", "location"),
    ("source", "filename"),
    ("source", "requires_python"),
    ("settings", "recipes"),
    ("settings", "digest"),
    ("settings", "why"),
    ("settings", "test"),
    ("settings", "substitute"),
    ("settings", "patches", 0, "name"),
    ("settings", "patches", 0, "path"),
}

OTHER_WORDS = {
    "source.kind": "file",
    "substitute.kind": "advice",
    "os": "linux",
    "libc": "glibc",
    "blas": "openblas",
    "extensions": "required",
    "route": "hybrid",
    "system": "meson",
    "linking": "static",
}


def plain_step() -> dict[str, Any]:
    """The step as plain lists, tables, texts and numbers."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(STEP, enc_hook=str))
    return plain


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of everything inside plain data that is no container with content."""
    if isinstance(value, dict) and value:
        return [leaf for key in value for leaf in leaves(value[key], (*path, key))]
    if isinstance(value, list) and value:
        return [leaf for i, item in enumerate(value) for leaf in leaves(item, (*path, i))]
    return [path]


def changed(value: Any, path: tuple[Any, ...]) -> Any:
    """Another value of the same kind."""
    for key in (path[-1], ".".join(map(str, path[-2:]))):
        if key in OTHER_WORDS:
            return OTHER_WORDS[key]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return value + "x"
    return {"x": "x"} if value == {} else ["x"]


def altered(path: tuple[Any, ...]) -> dict[str, Any]:
    """The step with one leaf changed, as values again."""
    plain = plain_step()
    place = plain
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = changed(place[path[-1]], path)
    return {
        key: msgspec.convert(plain[key], type(STEP[key]), dec_hook=lambda kind, text: kind(text))
        for key in STEP
    }


@pytest.mark.parametrize(
    "path",
    leaves(plain_step()),
    ids=lambda path: ".".join(map(str, path)),
)
def test_each_part_counts_unless_it_only_says_where_or_why(path: tuple[Any, ...]) -> None:
    step = altered(path)
    assert step != STEP
    same = fingerprint(**step) == fingerprint(**STEP)
    excepted = any(path[: len(without)] == without for without in WITHOUT_EFFECT)
    assert same == excepted


def test_removing_a_whole_part_counts() -> None:
    for field in ("source", "patches", "backend", "blas", "env", "config_settings"):
        empty = msgspec.structs.replace(SETTINGS, **{field: getattr(BuildSettings(), field)})
        assert fingerprint(**{**STEP, "settings": empty}) != fingerprint(**STEP)


words = st.text(max_size=6)
tables = st.dictionaries(words, words, max_size=4)


@given(tables, tables, st.lists(words, max_size=3), st.lists(words, max_size=3))
def test_equal_exactly_when_the_content_is_equal(
    env: dict[str, str], other: dict[str, str], add: list[str], drop: list[str]
) -> None:
    def of(env: dict[str, str], add: list[str], drop: list[str]) -> str:
        flags = Flags(compile_add=tuple(add), compile_drop=tuple(drop))
        settings = BuildSettings(env=env, flags=flags)
        return fingerprint(**{**STEP, "settings": settings})

    assert (of(env, add, drop) == of(other, add, drop)) == (env == other)
    assert (of(env, add, drop) == of(env, drop, add)) == (add == drop)
    assert of(dict(reversed(env.items())), add, drop) == of(env, add, drop)


def test_is_the_same_on_every_machine() -> None:
    # Changes only together with FORMAT: wheelhouses of before are then built anew.
    assert fingerprint(**STEP) == (
        "1a8044399cda82b41df072449081bb562a2454bf430aaad1422c524a1b615f3b"
    )


def test_build_requirements_and_needs_count() -> None:
    plain = fingerprint(**STEP)
    locked = fingerprint(**STEP, build_requires=("setuptools==75.0",))
    newer = fingerprint(**STEP, build_requires=("setuptools==76.0",))
    assert len({plain, locked, newer}) == 3
    step = step_of(parts_of(**STEP))
    needing = with_needs(step, {"zlib==1.3": "aa"})
    changed = with_needs(needing, {"zlib==1.3": "bb"})
    assert len({step.fingerprint, needing.fingerprint, changed.fingerprint}) == 3
    assert with_needs(changed, {}) == step


def test_a_recipe_setting_left_alone_is_no_part() -> None:
    """So that a new one leaves all fingerprints what they are."""
    parts = parts_of(**{**STEP, "settings": BuildSettings()})
    assert not [name for name in parts if name.startswith("recipe")]


def step_of(parts: dict[str, str]) -> Step:
    identity = {key: STEP[key] for key in ("source", "settings", "target", "toolchain")}
    return Step(**identity, python="3.11.7", parts=parts, fingerprint=fingerprint_of(parts))


LABELS = st.lists(words, min_size=1, max_size=4, unique=True)


@given(LABELS, st.data())
def test_settled_follows_the_interface_of_what_is_needed_and_nothing_else_of_it(
    labels: list[str], data: st.DataObject
) -> None:
    def step(digests: dict[str, str]) -> Step:
        return with_needs(step_of(parts_of(**STEP)), digests)

    digests = st.fixed_dictionaries(dict.fromkeys(labels, words))
    before, after = step(data.draw(digests)), step(data.draw(digests))
    interfaces, others = data.draw(digests), data.draw(digests)
    assert settled(before, interfaces) == settled(after, interfaces)
    same = settled(before, interfaces) == settled(before, others)
    assert same == (interfaces == others)


def test_a_source_without_digest_is_refused() -> None:
    source = msgspec.structs.replace(SOURCE, digest="")
    with pytest.raises(ValueError, match=r"tiny==1\.0"):
        fingerprint(**{**STEP, "source": source})
