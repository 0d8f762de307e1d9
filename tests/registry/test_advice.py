from orchestrator.model import Substitute
from orchestrator.registry.advice import advice_of


def test_each_kind_says_what_to_do():
    redirect = Substitute(kind="redirect", name="flow-macos")
    assert advice_of(redirect, "flow", "2.1") == (
        "flow-macos 2.1 is the same thing: `orchestrate build flow==2.1` makes a wheel that "
        "requires it."
    )
    upgrade = Substitute(kind="upgrade", versions=">=3", advice="Upgrade both.")
    assert advice_of(upgrade, "flow", "2.1") == (
        "Of flow >=3 there are wheels: take one of those. Upgrade both."
    )
    advice = Substitute(kind="advice", name="other", advice="Its module is named other.")
    assert advice_of(advice, "flow", "2.1") == "Take other instead. Its module is named other."
    assert advice_of(Substitute(kind="advice", advice="Wait."), "flow", "2.1") == "Wait."
