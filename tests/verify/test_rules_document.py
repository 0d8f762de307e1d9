import re
from pathlib import Path

from orchestrator.verify.document import findings_document
from orchestrator.verify.rules import RULES

ROOT = Path(__file__).parents[2]


def test_every_rule_has_its_own_code_and_says_why():
    assert len({rule.code for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert re.fullmatch(r"(MAC|WHL)\d{3}", rule.code)
        assert len(rule.why) > 40
        assert not rule.title.endswith(".")


def test_the_page_is_up_to_date():
    page = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
    assert page == findings_document(), "run scripts/findings-doc"


def test_every_rule_is_tested_with_a_wheel_that_breaks_it():
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*_rules.py"))
    assert [rule.code for rule in RULES if rule.code not in tests] == []
