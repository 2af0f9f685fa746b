"""Answers that nobody at the provider has had stay, whatever was typed, switched, reported late or sent again."""

from datetime import timedelta

import pytest

from shared.mail.pause import MailPause
from shared.mail.services.acs.sender import _retry_after
from shared.referrals.collection.acknowledgement import Acknowledgement
from shared.referrals.errors import KeyUnavailableError
from shared.referrals.model import Progress
from tests.builders import MORNING, referral_request
from tests.unit.shared.referrals.referral_system import PRIVATE, RECIPIENT, SUBMISSION, Way

DAY = timedelta(days=1)
OTHER = "Something else altogether"


class VaultDown:
    def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
        raise KeyUnavailableError("HTTP 503")


def sent_once_more(way: Way, **answers: str) -> str:
    """The same form again, with these answers changed."""
    return way.service().accept(referral_request(submission_id=SUBMISSION, **answers), MORNING)


def first(way: Way) -> str:
    reference = sent_once_more(way)
    way.forwarder().forward(reference, MORNING)
    return reference


def acknowledged_and_erased(way: Way) -> str:
    reference = first(way)
    way.acknowledging().acknowledge(reference, MORNING)
    way.tend(MORNING)
    assert way.state == ("erased", "")
    return reference


def other_answers_were_mailed(way: Way) -> bool:
    return any(OTHER in message.text for message in way.mails_to(RECIPIENT))


def test_the_word_erased_alone_erases_nothing_whichever_look_comes_first() -> None:
    way = Way()
    way.accepted()
    way.type(State="erased")

    way.adopting().run()
    way.tend(MORNING)

    assert way.state == ("attention", "state-typed")
    assert len(way.sealed.rows) == 1


def test_what_may_have_gone_as_a_link_never_counts_as_answers_in_the_providers_mailbox() -> None:
    way = Way("link")
    way.sender.trouble = {0: "lost-answer"}
    way.forwarded()
    way.delivery = "inline"

    later = MORNING + timedelta(minutes=15)
    way.forwarder().forward(way.referral().reference, later)
    way.report("delivered", later)
    way.pass_days(later, 45)

    assert way.referral().delivery == "link"
    assert len(way.sealed.rows) == 1


def test_other_answers_outlive_an_erasure_that_was_cut_short() -> None:
    way = Way()
    reference = first(way)
    way.acknowledging().acknowledge(reference, MORNING)
    way.sealed.rows.clear()  # and then the process died

    assert sent_once_more(way, what_brings_you=OTHER) == reference
    way.tend(MORNING)
    way.adopting().run()
    way.forwarder().forward(reference, MORNING)

    assert other_answers_were_mailed(way)


def test_an_old_mails_link_does_not_acknowledge_other_answers_that_were_never_sent() -> None:
    way = Way()
    reference = acknowledged_and_erased(way)
    sent_once_more(way, what_brings_you=OTHER)
    way.adopting().run()

    assert way.acknowledging().acknowledge(reference, MORNING) is Acknowledgement.UNKNOWN

    way.tend(MORNING)
    way.forwarder().forward(reference, MORNING)
    assert other_answers_were_mailed(way)


def test_a_late_report_of_the_first_answers_says_nothing_of_the_others() -> None:
    way = Way()
    reference = acknowledged_and_erased(way)
    sent_once_more(way, what_brings_you=OTHER)
    way.adopting().run()

    way.report("delivered", epoch=0)
    way.forwarder().forward(reference, MORNING)

    assert other_answers_were_mailed(way)


def test_a_late_report_does_not_stop_a_mail_that_a_person_wants_again() -> None:
    way = Way()
    reference = first(way)
    way.report("delivered")
    way.type(State="received")
    way.key = VaultDown()
    way.forwarder().forward(reference, MORNING + DAY)

    way.report("delivered", MORNING + DAY, epoch=0)
    way.key = PRIVATE
    way.forwarder().forward(reference, MORNING + 2 * DAY)

    assert way.state == ("sent", "")
    assert len(way.mails_to(RECIPIENT)) == 2


def test_the_same_form_after_an_erasure_that_nobody_acknowledged_is_forwarded_again() -> None:
    way = Way()
    reference = first(way)
    way.report("delivered")
    end = way.pass_days(MORNING, 40)
    assert (way.state[0], way.referral().progress) == ("erased", Progress.CONTACT)
    mails = len(way.mails_to(RECIPIENT))

    sent_once_more(way)
    way.adopting().run()
    way.forwarder().forward(reference, end)

    assert len(way.mails_to(RECIPIENT)) == mails + 1


@pytest.mark.parametrize("typed", ["2063-09-01T00:00:00Z", "2024-09-01T00:00:00Z"])
def test_a_moment_that_no_wait_reaches_holds_nothing_up(typed: str) -> None:
    way = Way()
    reference = way.accepted()
    way.type(NotBefore=typed)

    way.forwarder().forward(reference, MORNING)

    assert way.state == ("sent", "")


def test_a_pause_that_a_wrong_clock_began_holds_nothing_up() -> None:
    way = Way()
    reference = way.accepted()
    MailPause(way.service_rows).begin(MORNING + 365 * DAY)

    way.forwarder().forward(reference, MORNING)

    assert way.state == ("sent", "")


@pytest.mark.parametrize(
    ("asked", "wait"), [("60", 60), ("604800", 3600), ("99999999999999999999", 3600), ("soon", None)]
)
def test_no_mail_service_is_left_alone_for_longer_than_an_hour(asked: str, wait: int | None) -> None:
    class Answered:
        class response:  # noqa: N801  # as the SDK calls it
            headers = {"Retry-After": asked}  # noqa: RUF012  # never changed

    found = _retry_after(Answered)  # type: ignore[arg-type]  # of the error only its response is read
    assert found == (None if wait is None else timedelta(seconds=wait))


def test_a_mail_that_cannot_be_written_waits_hour_by_hour_and_ends_with_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    way = Way()
    way.accepted()

    def broken(*_: object) -> object:
        raise KeyError("a template")

    monkeypatch.setattr("shared.referrals.delivery.provider_emails.ProviderLetters.referral", broken)
    way.pass_time(MORNING, 24)
    attempts = way.referral().attempts
    way.pass_days(MORNING + DAY, 6)

    assert attempts < 40
    assert way.state == ("attention", "not-sent-handling-failed")
    assert len(way.sealed.rows) == 1
