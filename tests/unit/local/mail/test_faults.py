from typing import Any

import pytest
from pydantic import ValidationError

from local.mail.faults import FAULT_RULES, Faults


def faults(*rules: dict[str, Any]) -> Faults:
    waiting = Faults()
    waiting.add(FAULT_RULES.validate_python(list(rules)))
    return waiting


def statuses(waiting: Faults, times: int, to: str = "ada@staff.test", subject: str = "Booked") -> list[int | None]:
    taken = [waiting.take("send", "answer", [to], subject) for _ in range(times)]
    return [rule.status if rule else None for rule in taken]


def test_rules_are_met_in_order_each_as_often_as_it_says() -> None:
    waiting = faults({"kind": "status", "status": 503}, {"kind": "status", "status": 429, "count": 2})
    assert statuses(waiting, 4) == [503, 429, 429, None]


def test_a_rule_without_a_count_stays_until_it_is_deleted() -> None:
    waiting = faults({"kind": "status", "status": 503, "count": None})
    assert statuses(waiting, 5) == [503] * 5
    waiting.clear()
    assert statuses(waiting, 1) == [None]


def test_a_rule_for_one_recipient_leaves_the_others_alone() -> None:
    waiting = faults({"kind": "status", "status": 503, "recipient": "ADA@"})
    assert statuses(waiting, 1, to="bob@staff.test") == [None]
    assert statuses(waiting, 1) == [503]


def test_a_rule_for_one_subject_leaves_the_others_alone() -> None:
    waiting = faults({"kind": "status", "status": 503, "subject": "reminder"})
    assert statuses(waiting, 1) == [None]
    assert statuses(waiting, 1, subject="Reminder: Friday") == [503]


def test_a_delay_and_an_answer_meet_the_same_request() -> None:
    waiting = faults({"kind": "status", "status": 503}, {"kind": "delay", "seconds": 1})
    assert waiting.take("send", "delay", [], "") is not None
    assert waiting.take("send", "answer", [], "") is not None
    assert waiting.waiting == []


def test_a_rule_for_status_requests_leaves_sending_alone() -> None:
    waiting = faults({"on": "status", "kind": "drop_before"})
    assert waiting.take("send", "answer", [], "") is None
    assert waiting.take("status", "answer", [], "") is not None


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "status"},
        {"kind": "status", "status": 200},
        {"kind": "delay"},
        {"kind": "final"},
        {"kind": "report"},
        {"kind": "report", "report": "Lost"},
        {"kind": "final", "final": "Failed", "on": "status"},
        {"kind": "drop_before", "count": 0},
        {"kind": "drop_before", "recipients": "typo"},
        {"kind": "explode"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        faults(rule)
