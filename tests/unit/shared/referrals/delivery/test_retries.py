"""A referral is tried until it has gone, by its row alone, under one reference, and nothing is lost on the way."""

import json
import logging
from datetime import datetime, timedelta

import pytest

from local.setup.keys import new_keys
from shared.mail.message import EmailMessage, MailNotAcceptedError, MailUnclearError
from shared.referrals.errors import KeyUnavailableError
from shared.referrals.sealing import LocalKey, Sealer
from tests.builders import MORNING, referral_request
from tests.unit.shared.referrals.referral_system import KEYS, PRIVATE, Way

DAY = timedelta(days=1)


class NoVault:
    """A vault that does not answer."""

    def __init__(self) -> None:
        self.asked = 0

    def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
        self.asked += 1
        raise KeyUnavailableError("HTTP 503")


class Down:
    """A mail service that is down until it is up again: its answers are lost, or there are none."""

    def __init__(self, way: Way, error: Exception) -> None:
        self.way, self.error, self.is_up, self.tried = way, error, False, 0
        self.send_on = way.sender.send
        way.sender.send = self.send  # type: ignore[method-assign]  # the service stands in between

    def send(self, message: EmailMessage, **operation: object) -> None:
        self.tried += 1
        if not self.is_up:
            raise self.error
        self.send_on(message, **operation)  # type: ignore[arg-type]  # passed on as it came


def attempts(way: Way, start: datetime, hours: float) -> list[int]:
    """After how many minutes each attempt was made, the schedule looking every minute."""
    found, last = [], way.referral().attempts
    for minute in range(int(hours * 60) + 1):
        now = start + timedelta(minutes=minute)
        for reference in way.due(now):
            way.forwarder().forward(reference, now)
        if way.referral().attempts > last:
            last = way.referral().attempts
            found.append(minute)
    return found


def test_it_is_tried_quickly_at_first_and_then_less_and_less() -> None:
    way, vault = Way(), NoVault()
    way.key = vault
    way.accepted()

    minutes = attempts(way, MORNING, 6)

    assert way.slept == [1, 2, 4], "the first attempts, seconds apart"
    assert minutes == [0, 1, 3, 8, 18, 38, 68, 128, 188, 248, 308]
    assert vault.asked == len(minutes) + 3


def test_a_vault_that_comes_back_within_seconds_costs_no_wait() -> None:
    way = Way()

    class Hiccup(NoVault):
        def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
            if self.asked == 2:
                return PRIVATE.unwrap(key_id, wrapped_key)
            return super().unwrap(key_id, wrapped_key)

    way.key = Hiccup()
    way.forwarded()

    assert way.state == ("sent", "")
    assert way.slept == [1, 2]


def test_no_trouble_of_vault_or_mail_service_raises() -> None:
    """What raises burns one of the five times that a message of the queue is handed out."""
    for error in (MailNotAcceptedError("HTTP 429", timedelta(minutes=5)), MailUnclearError("HTTP 503")):
        way = Way()
        Down(way, error)
        way.forwarded()
        assert way.state[0] == "sending"


def test_who_is_asked_for_peace_is_left_alone_at_once() -> None:
    for error in (MailNotAcceptedError("HTTP 429", timedelta(minutes=5)), MailNotAcceptedError("HTTP 429")):
        way = Way()
        down = Down(way, error)
        way.forwarded()

        assert (down.tried, way.slept) == (1, [])


def test_with_every_message_gone_the_rows_alone_drive_it() -> None:
    way = Way()
    for _ in range(20):
        way.service().accept(referral_request(), MORNING)

    way.pass_time(MORNING, 5 / 60)

    assert len(way.sender.sent) == 20
    assert {row.text("State") for row in way.rows} == {"sent"}


@pytest.mark.parametrize("error", [MailNotAcceptedError("ServiceRequestError"), MailUnclearError("HTTP 503")])
def test_after_four_hours_without_a_mail_service_each_is_sent_once(error: Exception) -> None:
    way = Way()
    down = Down(way, error)
    for _ in range(50):
        way.service().accept(referral_request(), MORNING)
    way.pass_time(MORNING, 4)
    assert way.sender.sent == []

    down.is_up = True
    way.pass_time(MORNING + timedelta(hours=4), 1.25)

    subjects = [message.subject for message in way.sender.messages]
    assert len(subjects) == len(set(subjects)) == 50


def test_after_five_days_a_person_has_to_look_and_everything_is_kept() -> None:
    way = Way()
    way.key = NoVault()
    way.accepted()
    way.pass_time(MORNING, 4 * 24 + 12)
    assert way.state == ("sending", "key-unavailable")

    way.pass_time(MORNING + timedelta(days=4, hours=12), 13)

    assert way.state == ("attention", "not-sent-key-unavailable")
    assert len(way.sealed.rows) == 1
    assert way.referral().waiting_since is None


def test_a_queue_that_was_stuck_for_a_week_gives_nothing_up_untried() -> None:
    way = Way()
    way.accepted()

    way.pass_time(MORNING + 7 * DAY, 5 / 60)

    assert way.state == ("sent", "")


def test_a_mail_that_the_service_took_and_says_failed_is_sent_again_as_another() -> None:
    way = Way()
    way.sender.trouble = {0: "lost-answer"}
    way.forwarded()
    way.sender.failed = set(way.sender.operations)

    way.pass_time(MORNING, 1)

    assert len(set(way.sender.operations)) == len(way.sender.sent) == 2
    assert way.state == ("sent", "")


def test_received_typed_by_hand_is_a_mail_of_its_own_and_the_clock_begins_anew() -> None:
    way = Way()
    way.forwarded()
    way.report("bounced")

    way.type(State="received")
    way.pass_time(MORNING + 9 * DAY, 5 / 60)

    assert len(set(way.sender.operations)) == 2
    referral = way.referral()
    assert (way.state, referral.epoch, referral.attempts) == (("sent", ""), 1, 1)
    assert (referral.due_on, referral.sent_on, referral.attention_on) == ("2023-09-10", "2023-09-10", "")


def test_received_typed_over_what_was_never_tried_is_the_first_mail() -> None:
    way = Way()
    way.accepted()
    way.type(State="?")
    way.type(State="Received ")

    way.recover()

    assert (len(way.sender.sent), way.referral().epoch) == (1, 0)


def test_received_typed_over_what_was_erased_sends_nothing_and_stays_erased() -> None:
    way = Way()
    way.forwarded()
    way.sealed.rows.clear()
    way.type(State="erased", ErasedOn="2023-09-04")

    way.type(State="received")
    way.recover()

    assert len(way.sender.sent) == 1
    assert way.state == ("erased", "nothing-left")
    assert way.referral().erased_on == "2023-09-04"


def test_an_old_copy_of_the_row_that_somebody_saves_sends_no_second_mail() -> None:
    """The portal writes every cell as it was when its dialog was opened: before the mail went."""
    way = Way()
    way.accepted()
    [before] = way.rows
    way.recover()

    way.type(**{name: value for name, value in before.cells.items() if name not in ("PartitionKey", "RowKey")})
    way.recover()

    assert len(way.sender.sent) == 1
    assert way.state == ("sent", "")


@pytest.mark.parametrize("word", ["done", "accepted", "", 7, True, 2.5])
def test_a_word_that_is_none_of_ours_stops_that_one_and_no_other(word: object) -> None:
    way = Way()
    way.accepted()
    way.type(State=word, Attempts="many", NotBefore="soon", Epoch="x")  # type: ignore[arg-type]  # as an editor may
    way.service().accept(referral_request(), MORNING)

    way.recover()

    assert len(way.sender.sent) == (2 if word == "" else 1), "an empty cell is one that was never tried"
    assert len(way.sealed.rows) == 2


def test_in_link_mode_the_mail_has_the_reference_and_the_way_and_the_answers_are_not_even_opened() -> None:
    way = Way("link")
    way.key = NoVault()
    reference = way.forwarded()

    [message] = way.sender.messages
    assert message.subject == f"New self-referral {reference}"
    assert "https://collect.example/collect/" in message.text
    assert "acknowledge" not in message.text
    for answer in ("Zoë", "zoe@home.example", "A difficult year", "English"):
        assert answer not in message.text + message.html
    assert way.referral().delivery == "link"


def test_in_inline_mode_the_mail_has_the_answers_and_the_way_to_say_that_they_arrived() -> None:
    way = Way()
    way.forwarded()

    [message] = way.sender.messages
    assert "A difficult year" in message.text
    [link] = [word for word in message.text.split() if word.startswith("https://support.example/acknowledge/")]
    assert not link.endswith(".")
    assert "collect" not in message.text


def test_what_was_sealed_with_the_key_before_still_opens_and_new_ones_use_the_new_one() -> None:
    way, new = Way(), new_keys()
    way.accepted()
    way.key = LocalKey(new["REFERRAL_PRIVATE_KEY"])
    way.pass_time(MORNING, 1)
    assert way.state == ("sending", "key-unavailable"), "waited for, and not taken for tampering"

    way.key = LocalKey(new["REFERRAL_PRIVATE_KEY"], KEYS["REFERRAL_PRIVATE_KEY"])
    way.pass_time(MORNING + timedelta(hours=1), 2)
    assert way.state == ("sent", "")

    sealer = Sealer(json.loads(new["REFERRAL_PUBLIC_KEY"]))
    assert sealer.seal("REF1", b"x").key_id == json.loads(new["REFERRAL_PUBLIC_KEY"])["kid"]
    assert LocalKey(new["REFERRAL_PRIVATE_KEY"]).unwrap(
        sealer.seal("REF1", b"x").key_id, sealer.seal("REF1", b"x").wrapped_key
    )


@pytest.mark.parametrize("change", ["flipped", "cut short", "moved"])
def test_what_was_tampered_with_is_never_sent_and_waits_for_a_person(
    change: str, caplog: pytest.LogCaptureFixture
) -> None:
    way = Way()
    reference = way.accepted()
    [(key, row)] = way.sealed.rows.items()
    sealed = row.cells["Sealed"]
    if change == "moved":
        other = Way()
        other.accepted()
        [moved] = other.sealed.rows.values()
        names = ("Version", "KeyId", "WrappedKey", "Nonce", "Sealed")
        cells = {name: moved.cells[name] for name in names}
    else:
        cells = {"Sealed": bytes([sealed[0] ^ 1]) + sealed[1:] if change == "flipped" else sealed[:-1]}
    way.sealed.merge({"PartitionKey": key[0], "RowKey": key[1]} | cells, row.etag)

    way.recover()

    assert way.sender.sent == []
    assert way.state == ("attention", "unseal-content")
    assert [record.levelno for record in caplog.records if reference in record.getMessage()] == [logging.ERROR]
