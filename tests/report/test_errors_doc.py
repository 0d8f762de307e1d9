import inspect
import re
import subprocess
import sys
from pathlib import Path

from orchestrator import errors

ROOT = Path(__file__).parents[2]
KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.OrchestratorError) and kind is not errors.OrchestratorError
]


def test_the_page_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "errors-doc", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_error_has_one_code_and_its_place_on_the_page() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[A-Z]{3}\d{3}", code) for code in codes)
    headings = re.findall(r"^### (\w+)$", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE)
    assert sorted(headings) == sorted(codes)


def test_every_error_says_what_went_wrong_and_ends_the_run() -> None:
    for kind in KINDS:
        assert (kind.__doc__ or "").split("\n")[0].endswith("."), kind
        assert kind.exit_status in {1, 2, 3, 4, 130}, kind
