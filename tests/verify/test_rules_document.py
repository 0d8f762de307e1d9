import re
from pathlib import Path

from orchestrator.verify.document import findings_document
from orchestrator.verify.rules import RULES

ROOT = Path(__file__).parents[2]


def test_every_rule_has_its_own_code_and_says_why():
    codes = [code for rule in RULES for code in rule.codes]
    assert len(set(codes)) == len(codes)
    for rule in RULES:
        assert all(re.fullmatch(r"(MAC|LNX|WHL)\d{3}", code) for code in rule.codes)
        # What both systems look at has one number.
        assert len({code[3:] for code in rule.codes}) == 1
        assert len(rule.why) > 40
        assert not rule.title.endswith(".")


def test_the_page_is_up_to_date():
    page = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
    assert page == findings_document(), "run scripts/findings-doc"


def test_every_rule_is_tested_with_a_wheel_that_breaks_it():
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*_rules.py"))
    assert [code for rule in RULES for code in rule.codes if code not in tests] == []
