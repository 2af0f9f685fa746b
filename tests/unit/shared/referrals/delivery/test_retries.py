"""A referral is tried until it has gone, by its row alone, under one reference, and nothing is lost on the way."""

import json
import logging
from datetime import datetime, timedelta

import pytest

from shared.mail.message import EmailMessage, MailNotAcceptedError, MailUnclearError
from shared.referrals.errors import KeyUnavailableError
from shared.referrals.sealing import LocalKey, Sealer
from tests.builders import MORNING, referral, referral_request
from tests.generated_keys import generated_keys
from tests.unit.shared.referrals.referral_system import KEYS, PRIVATE, ReferralHarness

DAY = timedelta(days=1)


class NoVault:
    """A vault that does not answer."""

    def __init__(self) -> None:
        self.asked = 0

    def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
        self.asked += 1
        raise KeyUnavailableError("HTTP 503")


class Down:
    """An email service that is down until it is up again: its answers are lost, or there are none."""

    def __init__(self, harness: ReferralHarness, error: Exception) -> None:
        self.harness, self.error, self.is_up, self.tried = harness, error, False, 0
        self.send_on = harness.sender.send
        harness.sender.send = self.send  # type: ignore[method-assign]  # the service stands in between

    def send(self, message: EmailMessage, **operation: object) -> None:
        self.tried += 1
        if not self.is_up:
            raise self.error
        self.send_on(message, **operation)  # type: ignore[arg-type]  # passed on as it came


def attempts(harness: ReferralHarness, start: datetime, hours: float) -> list[int]:
    """After how many minutes each attempt was made, the schedule looking every minute."""
    found, last = [], harness.referral().attempts
    for minute in range(int(hours * 60) + 1):
        now = start + timedelta(minutes=minute)
        for reference in harness.due(now):
            harness.forwarder().forward(reference, now)
        if harness.referral().attempts > last:
            last = harness.referral().attempts
            found.append(minute)
    return found


def test_it_is_tried_quickly_at_first_and_then_less_and_less() -> None:
    harness, vault = ReferralHarness(), NoVault()
    harness.key = vault
    harness.accepted()

    minutes = attempts(harness, MORNING, 6)

    assert harness.slept == [1, 2, 4], "the first attempts, seconds apart"
    assert minutes == [0, 1, 3, 8, 18, 38, 68, 128, 188, 248, 308]
    assert vault.asked == len(minutes) + 3


def test_a_vault_that_comes_back_within_seconds_costs_no_wait() -> None:
    harness = ReferralHarness()

    class Hiccup(NoVault):
        def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
            if self.asked == 2:
                return PRIVATE.unwrap(key_id, wrapped_key)
            return super().unwrap(key_id, wrapped_key)

    harness.key = Hiccup()
    harness.forwarded()

    assert harness.state == ("sent", "")
    assert harness.slept == [1, 2]


def test_no_trouble_of_vault_or_mail_service_raises() -> None:
    """An error that is raised uses up one of the five deliveries of a queue message."""
    for error in (MailNotAcceptedError("HTTP 429", timedelta(minutes=5)), MailUnclearError("HTTP 503")):
        harness = ReferralHarness()
        Down(harness, error)
        harness.forwarded()
        assert harness.state[0] == "sending"


def test_throttling_mail_service_is_not_retried_at_once() -> None:
    for error in (MailNotAcceptedError("HTTP 429", timedelta(minutes=5)), MailNotAcceptedError("HTTP 429")):
        harness = ReferralHarness()
        down = Down(harness, error)
        harness.forwarded()

        assert (down.tried, harness.slept) == (1, [])


def test_rows_alone_drive_forwarding_when_all_queue_messages_are_lost() -> None:
    harness = ReferralHarness()
    for _ in range(20):
        harness.service().accept(referral_request(), MORNING)

    harness.pass_time(MORNING, 5 / 60)

    assert len(harness.sender.sent) == 20
    assert {row.text("State") for row in harness.rows} == {"sent"}


@pytest.mark.parametrize("number", [15, pytest.param(50, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("error", [MailNotAcceptedError("ServiceRequestError"), MailUnclearError("HTTP 503")])
def test_after_four_hours_without_a_mail_service_each_is_sent_once(error: Exception, number: int) -> None:
    harness = ReferralHarness()
    down = Down(harness, error)
    for _ in range(number):
        harness.service().accept(referral_request(), MORNING)
    harness.pass_time(MORNING, 4)
    assert harness.sender.sent == []

    down.is_up = True
    harness.pass_time(MORNING + timedelta(hours=4), 1.25)

    subjects = [message.subject for message in harness.sender.messages]
    assert len(subjects) == len(set(subjects)) == number


def test_after_five_days_a_person_has_to_look_and_everything_is_kept() -> None:
    harness = ReferralHarness()
    harness.key = NoVault()
    harness.accepted()
    harness.pass_time(MORNING, 4 * 24 + 12)
    assert harness.state == ("sending", "key-unavailable")

    harness.pass_time(MORNING + timedelta(days=4, hours=12), 13)

    assert harness.state == ("attention", "not-sent-key-unavailable")
    assert len(harness.sealed.rows) == 1
    assert harness.referral().waiting_since is None


def test_referral_delayed_a_week_in_the_queue_is_still_tried() -> None:
    harness = ReferralHarness()
    harness.accepted()

    harness.pass_time(MORNING + 7 * DAY, 5 / 60)

    assert harness.state == ("sent", "")


def test_a_mail_that_the_service_took_and_says_failed_is_sent_again_as_another() -> None:
    harness = ReferralHarness()
    harness.sender.trouble = {0: "lost-answer"}
    harness.forwarded()
    harness.sender.failed = set(harness.sender.operations)

    harness.pass_time(MORNING, 1)

    assert len(set(harness.sender.operations)) == len(harness.sender.sent) == 2
    assert harness.state == ("sent", "")


def test_typing_received_sends_a_new_email_and_restarts_the_clock() -> None:
    harness = ReferralHarness()
    harness.forwarded()
    harness.report("bounced")

    harness.type(State="received")
    harness.pass_time(MORNING + 9 * DAY, 5 / 60)

    assert len(set(harness.sender.operations)) == 2
    referral = harness.referral()
    assert (harness.state, referral.epoch, referral.attempts) == (("sent", ""), 1, 1)
    assert (referral.due_on, referral.sent_on, referral.attention_on) == ("2023-09-10", "2023-09-10", "")


def test_typing_received_on_an_untried_referral_sends_its_first_email() -> None:
    harness = ReferralHarness()
    harness.accepted()
    harness.type(State="?")
    harness.type(State="Received ")

    harness.recover()

    assert (len(harness.sender.sent), harness.referral().epoch) == (1, 0)


def test_received_typed_over_what_was_erased_sends_nothing_and_stays_erased() -> None:
    harness = ReferralHarness()
    harness.forwarded()
    harness.sealed.rows.clear()
    harness.type(State="erased", ErasedOn="2023-09-04")

    harness.type(State="received")
    harness.recover()

    assert len(harness.sender.sent) == 1
    assert harness.state == ("erased", "nothing-left")
    assert harness.referral().erased_on == "2023-09-04"


def test_saving_a_stale_copy_of_the_row_sends_no_second_email() -> None:
    """The portal writes every cell as it was when its dialog was opened: before the email was sent."""
    harness = ReferralHarness()
    harness.accepted()
    [before] = harness.rows
    harness.recover()

    harness.type(**{name: value for name, value in before.cells.items() if name not in ("PartitionKey", "RowKey")})
    harness.recover()

    assert len(harness.sender.sent) == 1
    assert harness.state == ("sent", "")


@pytest.mark.parametrize("word", ["done", "accepted", "", 7, True, 2.5])
def test_unknown_state_stops_that_referral_and_no_other(word: object) -> None:
    harness = ReferralHarness()
    harness.accepted()
    harness.type(State=word, Attempts="many", NotBefore="soon", Epoch="x")  # type: ignore[arg-type]  # as an editor may
    harness.service().accept(referral_request(), MORNING)

    harness.recover()

    assert len(harness.sender.sent) == (2 if word == "" else 1), "an empty cell is one that was never tried"
    assert len(harness.sealed.rows) == 2


def test_link_mode_email_holds_reference_and_link_and_answers_stay_sealed() -> None:
    harness = ReferralHarness("link")
    harness.key = NoVault()
    reference = harness.forwarded()

    [message] = harness.sender.messages
    assert message.subject == f"New self-referral {reference}"
    assert "https://collect.example/collect/" in message.text
    assert "acknowledge" not in message.text
    for answer in ("Zoë", "zoe@home.example", "A difficult year", "English"):
        assert answer not in message.text + message.html
    assert harness.referral().delivery == "link"


def test_in_inline_mode_the_mail_has_the_answers_and_the_way_to_say_that_they_arrived() -> None:
    harness = ReferralHarness()
    harness.forwarded()

    [message] = harness.sender.messages
    assert "A difficult year" in message.text
    [link] = [word for word in message.text.split() if word.startswith("https://collect.example/acknowledge/")]
    assert not link.endswith(".")
    assert "/collect/" not in message.text


def test_what_was_sealed_with_the_key_before_still_opens_and_new_ones_use_the_new_one() -> None:
    harness, new = ReferralHarness(), generated_keys("another")
    harness.accepted()
    harness.key = LocalKey(new["REFERRAL_PRIVATE_KEY"])
    harness.pass_time(MORNING, 1)
    assert harness.state == ("sending", "key-unavailable"), "waited for, and not taken for tampering"

    harness.key = LocalKey(new["REFERRAL_PRIVATE_KEY"], KEYS["REFERRAL_PRIVATE_KEY"])
    harness.pass_time(MORNING + timedelta(hours=1), 2)
    assert harness.state == ("sent", "")

    sealer = Sealer(json.loads(new["REFERRAL_PUBLIC_KEY"]))
    assert sealer.seal(referral(), b"x").key_id == json.loads(new["REFERRAL_PUBLIC_KEY"])["kid"]
    assert LocalKey(new["REFERRAL_PRIVATE_KEY"]).unwrap(
        sealer.seal(referral(), b"x").key_id, sealer.seal(referral(), b"x").wrapped_key
    )


@pytest.mark.parametrize("change", ["flipped", "cut short", "moved"])
def test_what_was_tampered_with_is_never_sent_and_waits_for_a_person(
    change: str, caplog: pytest.LogCaptureFixture
) -> None:
    harness = ReferralHarness()
    reference = harness.accepted()
    [(key, row)] = harness.sealed.rows.items()
    sealed = row.cells["Sealed"]
    if change == "moved":
        other = ReferralHarness()
        other.service().accept(referral_request(submission_id="submission-9876543210"), MORNING)
        [moved] = other.sealed.rows.values()
        names = ("Version", "KeyId", "WrappedKey", "Nonce", "Sealed", "MacKey", "Mac")
        cells = {name: moved.cells[name] for name in names}
    else:
        cells = {"Sealed": bytes([sealed[0] ^ 1]) + sealed[1:] if change == "flipped" else sealed[:-1]}
    harness.sealed.merge({"PartitionKey": key[0], "RowKey": key[1]} | cells, row.etag)

    harness.recover()

    assert harness.sender.sent == []
    assert harness.state == ("attention", "unseal-mac")
    assert [record.levelno for record in caplog.records if reference in record.getMessage()] == [logging.ERROR]
