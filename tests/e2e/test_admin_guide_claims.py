"""The sentences of the guide about the organiser, booking and other addresses: each is true of nothing else."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.builders import MORNING
from tests.e2e.admin_guide.claims.expected import expected_of
from tests.e2e.admin_guide.service import ORGANISER, Mail
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.http_client import Answer

STEPS = [MORNING, MORNING + timedelta(minutes=5)]


@dataclass
class SeenStage(Stage):
    """A session `p1` of which certain emails were sent, and booking which is answered so."""

    emails: list[Mail] = field(default_factory=list)
    answer: Answer = field(default_factory=lambda: Answer(201, {}, "{}"))
    gone: bool = False
    id: str = "p1"

    def __post_init__(self) -> None:
        self.service = cast("Any", SimpleNamespace(mails=lambda: self.emails))

    def book(self, name: str, **changes: Any) -> Answer:
        assert (name, changes) == ("eve", {})
        return self.answer

    def is_gone(self) -> bool:
        return self.gone


def told(at: datetime, text: str = "session p1") -> Mail:
    return Mail(ORGANISER, "s, for the organiser", at, text)


@pytest.mark.parametrize(
    ("minutes", "text", "is_so"),
    [
        (0, "session p1", True),
        (70, "session p1", True),
        (-10, "session p1", False),
        (90, "session p1", False),
        (10, "session p11", False),
    ],
)
def test_organiser_is_emailed_within_the_hour_after_the_step_about_this_session(
    *, minutes: int, text: str, is_so: bool
) -> None:
    stage = SeenStage(emails=[told(MORNING + timedelta(minutes=minutes), text)])

    assert (expected_of("The organiser is emailed").seen_late(stage, STEPS) == []) is is_so


def test_later_email_to_the_organiser_does_not_stand_for_one_before_the_step() -> None:
    stage = SeenStage(emails=[told(MORNING + timedelta(minutes=each)) for each in (-10, 10)])

    assert expected_of("The organiser is emailed").seen_late(stage, STEPS)


@pytest.mark.parametrize(
    ("status", "name", "gone", "is_so"),
    [
        (409, "session-full", False, True),
        (409, "session-closed", False, True),
        (409, "session-suspended", False, True),
        (404, "session-unknown", True, True),
        (404, "session-unknown", False, False),
        (404, "page-unknown", True, False),
        (409, "session-full", True, False),
        (409, "not-for-outsiders", False, False),
        (503, "bookings-busy", False, False),
        (201, "", False, False),
    ],
)
def test_nobody_can_book_only_where_the_session_itself_refuses(
    *, status: int, name: str, gone: bool, is_so: bool
) -> None:
    answer = Answer(status, {}, f'{{"type": "https://support.example/problems/{name}"}}')
    stage = SeenStage(answer=answer, gone=gone)

    assert (expected_of("Nobody can book").seen_now(stage) == []) is is_so


@pytest.mark.parametrize("cell", ["Nobody is emailed", "Nobody is emailed. Ann is `confirmed`", "Ann is `confirmed`"])
@pytest.mark.parametrize("to", ["ann@p1.nhs.net", "new@new.p1.nhs.net", "dee@p1.example", "fay@p1.nhs.net"])
def test_email_to_any_address_of_the_session_is_one_too_many(cell: str, to: str) -> None:
    stage = SeenStage(emails=[Mail(to, "changed", MORNING, "")])

    assert expected_of(cell).mails(stage, STEPS)


@pytest.mark.parametrize("to", ["ann@p11.nhs.net", "ann@p2.nhs.net", "eve@p1.nhs.net", ORGANISER])
def test_email_of_another_session_is_not_this_ones(to: str) -> None:
    stage = SeenStage(emails=[Mail(to, "changed", MORNING, "")])

    assert expected_of("Nobody is emailed").mails(stage, STEPS) == []
