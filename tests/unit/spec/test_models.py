"""The models of spec/: two checkers agree on every one, and each deliberate mistake breaks a promise."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.unit.spec import mail_ledger_mistakes, referral_mistakes, roster_guard_mistakes
from tests.unit.spec.mail_ledger import MailLedgerModel
from tests.unit.spec.referral import ReferralModel
from tests.unit.spec.roster_guard import RosterGuardModel
from tests.unit.spec.state_graph import explore
from tests.unit.spec.tla_checker import Verdict, check, read_model

TWO, THREE = ("a", "b"), ("a", "b", "c")


@dataclass(frozen=True, slots=True)
class Case:
    """A module of spec/ with its constants, and the same model in Python, whose states are counted by us."""

    name: str
    model: Any
    constants: dict[str, object]


CASES = [
    Case("mail_ledger", MailLedgerModel(), {}),
    Case("mail_ledger", MailLedgerModel(workers=3, max_faults=1), {"Workers": THREE, "MaxFaults": 1}),
    Case("mail_ledger", MailLedgerModel(dedupes=True, can_be_asked=False), {"Dedupes": True, "CanBeAsked": False}),
    Case("mail_ledger", MailLedgerModel(can_be_asked=False), {"CanBeAsked": False}),
    Case("referral", ReferralModel(), {}),
    Case(
        "referral",
        ReferralModel(reports=("delivered",), max_redrives=0, max_faults=1),
        {"Reports": ("delivered",), "MaxRedrives": 0, "MaxFaults": 1},
    ),
    Case("roster_guard", RosterGuardModel(), {}),
    Case("roster_guard", RosterGuardModel(people=2, max_edits=1), {"People": TWO, "MaxEdits": 1}),
]
NIGHTLY = [
    Case("mail_ledger", MailLedgerModel(workers=3, max_faults=3), {"Workers": THREE, "MaxFaults": 3}),
    Case("mail_ledger", MailLedgerModel(max_faults=4), {"MaxFaults": 4}),
    Case("referral", ReferralModel(workers=2), {"Workers": TWO}),
    Case(
        "referral",
        ReferralModel(reports=("delivered", "bounced"), max_redrives=0, max_faults=1),
        {"Reports": ("delivered", "bounced"), "MaxRedrives": 0, "MaxFaults": 1},
    ),
    Case("roster_guard", RosterGuardModel(max_edits=1), {"MaxEdits": 1}),
]
MISTAKES = {
    "mail_ledger": mail_ledger_mistakes.MISTAKES,
    "referral": referral_mistakes.MISTAKES,
    "roster_guard": roster_guard_mistakes.MISTAKES,
}
CONSTANTS: dict[str, dict[str, dict[str, object]]] = {
    "referral": referral_mistakes.CONSTANTS,
    "roster_guard": roster_guard_mistakes.CONSTANTS,
}
"""Those of the configuration do not do for every mistake."""


def number_of_states(model: Any) -> int:
    beginnings = model.beginnings() if isinstance(model, RosterGuardModel) else (model,)
    return len(set[object]().union(*(explore(each).edges for each in beginnings)))


def disagreements(cases: list[Case]) -> list[object]:
    """Models of which the checker finds a promise broken, or other states than we do."""
    verdicts = check([read_model(case.name).with_constants(**case.constants) for case in cases])
    counted = [Verdict(number_of_states(case.model)) for case in cases]
    return [each for each in zip(cases, verdicts, counted, strict=True) if each[1] != each[2]]


@pytest.mark.parametrize(
    "cases", [CASES, pytest.param(NIGHTLY, marks=pytest.mark.nightly)], ids=["small", "more workers and faults"]
)
def test_every_promise_holds_in_every_state_and_two_checkers_count_the_same_states(cases: list[Case]) -> None:
    assert disagreements(cases) == []


@pytest.mark.parametrize("name", MISTAKES)
def test_each_deliberate_mistake_breaks_a_promise(name: str) -> None:
    mistakes, constants = MISTAKES[name], CONSTANTS.get(name, {})
    model = read_model(name)
    wrong = [model.with_constants(**constants.get(each, {})).with_mistake(*text) for each, text in mistakes.items()]
    verdicts = check(wrong)

    assert [mistake for mistake, verdict in zip(mistakes, verdicts, strict=True) if not verdict.broken] == []
