import contextlib
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orchestrator.errors import UnparsableInputError
from orchestrator.resolve.inputs import IndexOptions
from orchestrator.resolve.requirements_text import logical_lines, parse_requirements

try:
    from pip._internal.req import req_file
except ImportError:
    req_file = None

CWD = Path("/work/project")


def parse(text: str, **environ: str):
    return parse_requirements(text, "r.txt", CWD, environ)


def test_requirements_keep_what_was_written_and_where():
    found = parse(
        "# a comment\n"
        "\n"
        "Django >= 4 ; python_version > '3.8'  # why\n"
        "foo==1.0 \\\n"
        "    --hash=sha256:aa \\\n"
        "    # a comment inside\n"
        "bar\n"
        "baz==2 --hash=sha256:bb --hash sha256:cc\n"
    ).inputs.roots
    assert [(root.text, root.where, root.name, root.hashes) for root in found] == [
        ("Django >= 4 ; python_version > '3.8'", "r.txt:3", "django", ()),
        ("foo==1.0", "r.txt:4", "foo", ("sha256:aa",)),
        ("bar", "r.txt:7", "bar", ()),
        ("baz==2", "r.txt:8", "baz", ("sha256:bb", "sha256:cc")),
    ]


@pytest.mark.parametrize(
    ("line", "requirement", "name"),
    [
        ("./a/b.tar.gz", "/work/project/a/b.tar.gz", ""),
        ("-e ../other", "/work/other", ""),
        ("--editable=./x[cli]", "/work/project/x[cli]", ""),
        ("file:///opt/x.zip ; sys_platform == 'linux'", None, ""),
        ("git+https://example.org/x.git@v1#egg=My_X", None, "my-x"),
        ("foo[a,b] @ https://example.org/foo.zip", None, "foo"),
        ("Foo @ ./foo", "Foo @ /work/project/foo", "foo"),
    ],
)
def test_sources_that_no_index_has(line: str, requirement: str | None, name: str):
    (root,) = parse(line).inputs.roots
    assert root.name == name
    assert root.location
    if requirement:
        assert root.requirement == requirement
    elif not name:
        assert root.requirement == line


def test_options():
    found = parse(
        "--index-url https://user:secret@example.org/simple\n"
        "--extra-index-url=https://b.example.org\n"
        "-f ./links --pre\n"
        "--no-binary a,b --only-binary :all:\n"
        "--trusted-host example.org\n"
    )
    assert found.inputs.options == IndexOptions(
        index_url="https://user:secret@example.org/simple",
        extra_index_urls=("https://b.example.org",),
        find_links=("./links",),
        prereleases=True,
        no_binary=("a", "b"),
        only_binary=(":all:",),
    )


def test_files_that_it_names():
    found = parse("-r more.txt\n-cbounds.txt\n--requirement=even/more.txt\n").includes
    assert [(item.path, item.where, item.constraints) for item in found] == [
        ("more.txt", "r.txt:1", False),
        ("bounds.txt", "r.txt:2", True),
        ("even/more.txt", "r.txt:3", False),
    ]


def test_variables_of_the_environment():
    assert parse("${NAME}==1\n", NAME="six").inputs.roots[0].requirement == "six==1"
    assert (
        parse("-i https://${HOST}/simple\n", HOST="h").inputs.options.index_url
        == "https://h/simple"
    )


def test_every_line_that_can_not_be_understood_is_named():
    with pytest.raises(UnparsableInputError) as caught:
        parse("six\nfoo=1\n--bogus\n$NAME==1\n")
    assert caught.value.message.startswith("r.txt:2: 'foo=1' is not a requirement")
    assert [line.split(":")[1] for line in caught.value.details] == ["3", "4"]


def test_credentials_are_not_shown():
    (root,) = parse("x @ https://user:secret@example.org/x.zip").inputs.roots
    assert "secret" not in root.text
    assert "secret" in root.requirement
    with pytest.raises(UnparsableInputError) as caught:
        parse("x @ https://user:secret@example.org/x.zip ; nonsense")
    assert "secret" not in caught.value.message


LINE = st.text(
    st.characters(blacklist_characters="\n\r\\#", blacklist_categories=("Cc", "Cs", "Zl", "Zp"))
)


@given(st.lists(LINE.map(str.strip).filter(bool), max_size=6), st.data())
def test_breaking_lines_changes_nothing_but_their_numbers(lines: list[str], data: st.DataObject):
    broken, numbers = "", []
    for line in lines:
        numbers.append(broken.count("\n") + 1)
        at = data.draw(st.integers(0, len(line)))
        broken += f"{line[:at]}\\\n{line[at:]}  # comment\n# another\n\n"
    assert list(logical_lines(broken)) == list(zip(numbers, lines, strict=True))


@given(st.text(max_size=200))
def test_whatever_the_text_the_only_error_is_a_clear_one(text: str):
    with contextlib.suppress(UnparsableInputError):
        parse(text)


@pytest.mark.skipif(req_file is None, reason="pip is not in this environment")
@given(st.text(st.sampled_from("ab#\\ \t\n-=${}"), max_size=40))
def test_lines_are_those_that_pip_sees(text: str):
    # pip also strips backslashes that begin a continued line, which nobody means.
    assume("\n\\" not in text and not text.startswith("\\"))
    assume("\\\\" not in text)
    theirs = [(number, line.strip()) for number, line in req_file.preprocess(text)]
    assert list(logical_lines(text)) == [(number, line) for number, line in theirs if line]
