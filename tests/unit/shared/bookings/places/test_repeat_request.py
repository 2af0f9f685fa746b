"""Asking again with an address that has a booking: an email tells the mailbox, and nothing new is dropped unsaid."""

import pytest

from tests.builders import booking_request, london
from tests.unit.shared.bookings.booking_system import BookingHarness

ANOTHER_NAME = "and with a different name"
ADDRESS = "ann@example.nhs.uk"


def texts(harness: BookingHarness) -> list[str]:
    """The emails that say that someone asked again."""
    return [mail.text for mail in harness.mails("ann") if "already" in mail.subject]


def test_a_second_colleague_on_a_shared_mailbox_is_told_what_to_do_and_nothing_of_the_first() -> None:
    harness = BookingHarness()
    harness.book("ann", adjustments="Captions")
    harness.pass_time(minutes=1)
    harness.book("bartholomew", email=ADDRESS, adjustments="A break")

    [text] = texts(harness)
    assert ANOTHER_NAME in text
    assert "If you share this mailbox and a colleague would like to come too" in text
    assert "book with their own email address" in text
    assert "Captions" not in text
    assert "break" not in text
    assert "artholomew" not in text
    assert harness.states() == {"ann": "confirmed"}


@pytest.mark.parametrize("name", ["ann", "ANN", " Ann ", "\uff21nn"])
def test_the_same_name_in_another_spelling_is_no_other_name(name: str) -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.pass_time(minutes=1)
    harness.booking().book(booking_request(full_name=name, email=ADDRESS), harness.now)
    harness.tick()

    [text] = texts(harness)
    assert ANOTHER_NAME not in text
    assert "We received another booking with this email address. Your booking has not changed." in text


def test_needs_that_are_sent_later_are_not_dropped_without_a_word() -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.pass_time(minutes=1)
    harness.book("ann", adjustments="Captions")

    [text] = texts(harness)
    assert "We did not keep the answers that were given this time" in text
    assert "change the name on your booking, what you need to take part, or your reminders" in text
    assert "/manage/" in text
    assert "Captions" not in text


def test_another_name_within_the_hour_is_told_when_the_hour_is_over() -> None:
    harness = BookingHarness()
    harness.book("ann")
    for minutes, name in ((1, "ann"), (9, "ben"), (10, "cem"), (10, "ann")):
        harness.pass_time(minutes=minutes)
        harness.book(name, email=ADDRESS)
    assert len(texts(harness)) == 1
    harness.live(until=london("2023-09-01 10:00"))
    assert len(texts(harness)) == 1, "one an hour at most"
    harness.live(until=london("2023-09-01 12:00"))

    assert [ANOTHER_NAME in text for text in texts(harness)] == [False, True]


def test_a_name_that_an_administrator_left_empty_is_no_other_name() -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.edit("ann", Name="")
    harness.book("ann")

    [text] = texts(harness)
    assert ANOTHER_NAME not in text


def test_who_asks_again_by_another_name_is_answered_as_a_stranger_is() -> None:
    known, fresh = BookingHarness(), BookingHarness()
    known.book("ann")
    answers = [harness.book("ben", email=ADDRESS) for harness in (known, fresh)]

    assert (answers[0].reference, answers[0].state) == (answers[1].reference, answers[1].state)
