"""No email to an attendee repeats what a form gave: whoever books may have typed the address of a stranger."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.bookings.emails.composer import BookingEmail, BookingMailComposer
from shared.bookings.model.attendee import Attendee, AttendeeState, Reason
from shared.bookings.model.email_ids import MailId, MailKind
from shared.bookings.self_service.booking_calendar import calendar_entry
from shared.bookings.self_service.calendar import calendar_file
from tests.builders import MORNING, POLICY, attendee, session
from tests.unit.shared.bookings.booking_system import LINKS, NAMES, RENDERER, BookingHarness

OTHERS = attendee(name="", adjustments="", email="any@example.nhs.uk", asked_again_at=MORNING)
HARNESS = BookingHarness()
COMPOSER = BookingMailComposer(
    rosters=HARNESS.repository(), log=HARNESS.ledger(), renderer=RENDERER, links=LINKS, policy=POLICY
)
SITUATIONS: list[dict[str, Any]] = [
    {},
    {"never_acted": True},
    {"state": AttendeeState.TO_CHECK, "needs_check": True},
    {"state": AttendeeState.TO_CHECK, "needs_check": True, "never_acted": True},
    {"state": AttendeeState.WAITING, "needs_check": True, "never_acted": True, "reason": str(Reason.HOLD_LOST)},
    {"state": AttendeeState.WAITING, "waiting_since": MORNING},
    {"waiting_since": MORNING, "moved_from": "s2", "generation": 2},
    {"state": AttendeeState.CANCELLED, "reason": str(Reason.LEFT)},
]
typed = st.text(max_size=120)


def everything_sent_to(someone: Attendee) -> list[str]:
    """Subject, text and HTML of every kind of email that fits, and the calendar file that its link opens."""
    seen, now = session(theme="Rest"), MORNING + timedelta(hours=1)
    kinds = [kind for kind in MailKind if kind not in {MailKind.PROVE, MailKind.HOLD_LOST} or someone.is_unproven]
    mails = [COMPOSER.compose(seen, someone, MailId.to(someone, kind), now) for kind in kinds]
    mails.append(
        COMPOSER.compose_together([BookingEmail(seen, someone, MailId.to(someone, kind)) for kind in kinds], now)
    )
    calendar = calendar_file(calendar_entry(seen, someone, LINKS.url(seen.id, someone), NAMES, now))
    assert len(mails) >= len(MailKind) - 2
    return [*(part for mail in mails for part in (mail.subject, mail.text, mail.html)), calendar.decode()]


def check_says_nothing_of(name: str, adjustments: str, email: str, situations: list[dict[str, Any]]) -> None:
    for facts in situations:
        plain = replace(OTHERS, **facts)
        told = replace(plain, name=name, adjustments=adjustments, email=email, known_email=email)
        assert everything_sent_to(told) == everything_sent_to(plain), f"an email repeats what was typed: {facts}"


@pytest.mark.parametrize("examples", [5, pytest.param(300, marks=pytest.mark.nightly)])
def test_no_email_to_an_attendee_repeats_anything_that_a_form_gave(examples: int) -> None:
    @settings(max_examples=examples, deadline=None, database=None)
    @example("You are dismissed. Hand in your badge", "Ring 0909 879 0000 <b>now</b>\n{{ 7 * 7 }}", "a@b.example")
    @example("evil.example/badge", "", "you.are.dismissed@example.nhs.uk")
    @given(typed, typed, st.emails())
    def check(name: str, adjustments: str, email: str) -> None:
        check_says_nothing_of(name, adjustments, email, SITUATIONS if examples > 10 else SITUATIONS[-4:])

    check_says_nothing_of("You are dismissed", "Hand in your badge", "you@badge.example", SITUATIONS)
    check()


def test_every_email_to_an_attendee_begins_with_what_happened_and_greets_no_one_by_name() -> None:
    for facts in SITUATIONS:
        for part in everything_sent_to(replace(OTHERS, **facts))[1:-1:3]:
            assert re.match(r"(We|You|Your|No place|The waiting list|Confirm)\b[^,!]*(, 3pm)?\n\n", part), part[:80]
