"""The provider is told the day that the person was promised, in every email."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.local_time import WorkingDays, iso_day_in_words, local_day
from shared.referrals.follow_up.provider_reminder import ProviderReminder
from shared.referrals.reply_by import reply_by
from tests.builders import MORNING, content
from tests.unit.shared.referrals.referral_system import OPERATORS, ReferralHarness

WEEKDAYS = WorkingDays()
PROMISED = iso_day_in_words(reply_by("2023-09-01", content().one_to_one.reply_weekdays, WEEKDAYS))
SENTENCE = f"Please contact this person by {PROMISED}."


@pytest.mark.parametrize("received_on", ["", "soon", "2023-02-30", "1 September"])
def test_no_day_is_promised_for_what_is_no_day(received_on: str) -> None:
    assert reply_by(received_on, 5, WEEKDAYS) == ""


@pytest.mark.parametrize("start", [datetime(2023, 3, 24, tzinfo=UTC), datetime(2023, 10, 27, tzinfo=UTC)])
def test_it_is_the_day_counted_from_any_moment_of_the_day_of_receipt(start: datetime) -> None:
    for hour in range(24 * 5):
        now = start + timedelta(hours=hour)
        assert reply_by(local_day(now), 10, WEEKDAYS) == local_day(WEEKDAYS.after(now, 10))


@pytest.mark.parametrize("delivery", ["inline", "link"])
def test_every_email_says_by_when_to_contact_the_person_and_when_they_wrote(delivery: str) -> None:
    harness = ReferralHarness(delivery)
    harness.forwarded()
    harness.pass_days(MORNING, 6)
    writer, referral = harness.writer(), harness.referral()

    mails = [*harness.sender.messages, writer.new_link(referral, MORNING)]
    provider = [mail for mail in mails if mail.to == writer.recipient]

    assert len(provider) == 3
    for mail in provider:
        assert SENTENCE in mail.text
        assert SENTENCE in mail.html
    assert "on Friday 1 September 2023" in provider[0].text


def test_no_email_promises_a_day_that_cannot_be_read() -> None:
    harness = ReferralHarness("link")
    harness.forwarded()
    harness.type(ReceivedOn="soon")

    assert "Please contact this person." in harness.writer().reminder(harness.referral(), None, MORNING).text


def test_the_reminder_of_a_link_does_not_speak_of_an_email_with_answers() -> None:
    harness = ReferralHarness("link")
    harness.forwarded()
    told = harness.writer().reminder(harness.referral(), None, MORNING).text

    assert "We emailed you a link to it on Friday 1 September 2023" in told
    assert "junk folder" not in told
    assert "We can send it again" not in told
    assert f"If you cannot open it, email {OPERATORS}" in told


def test_the_reminder_of_a_link_that_was_opened_says_so() -> None:
    harness = ReferralHarness("link")
    harness.forwarded()
    harness.type(OpenedOn="2023-09-04")
    told = harness.writer().reminder(harness.referral(), None, MORNING).text

    assert "It was opened on Monday 4 September 2023" in told


def test_the_reminder_of_a_link_names_the_day_of_deletion_that_was_announced() -> None:
    harness = ReferralHarness("link")
    harness.forwarded()
    harness.type(DeletionOn="2023-11-30")
    rows, late = harness.repository(), MORNING + timedelta(days=70)  # no timer ran for weeks
    ProviderReminder(rows=rows, notices=harness.notices(), writer=harness.writer()).remind([harness.referral()], late)
    told = harness.sender.messages[-1].text

    assert "If no one opens it, we delete our copy on Thursday 30 November 2023" in told


def test_the_reminder_of_answers_in_an_email_asks_to_look_for_the_email() -> None:
    harness = ReferralHarness("inline")
    harness.forwarded()
    told = harness.writer().reminder(harness.referral(), None, MORNING).text

    assert "junk folder" in told
    assert "We can send it again" in told


def test_emails_about_several_say_it_of_each() -> None:
    harness = ReferralHarness("link")
    harness.forwarded()
    two = [harness.referral()] * 2

    for message in (
        harness.writer().batch(two, MORNING),
        harness.writer().reminders([(each, None) for each in two], MORNING),
    ):
        assert message.text.count("Please contact this person by") == 2
        assert "send it again" not in message.text
