"""Answers that the provider does not have stay, whatever was typed, switched, reported late or sent again."""

from datetime import timedelta

import pytest

from shared.mail.pause import MailPause
from shared.mail.services.acs.sender import retry_after
from shared.referrals.collection.acknowledgement import Acknowledgement
from shared.referrals.errors import KeyUnavailableError
from shared.referrals.model import Progress
from tests.builders import MORNING, referral_request
from tests.unit.shared.referrals.referral_system import PRIVATE, RECIPIENT, SUBMISSION, ReferralHarness

DAY = timedelta(days=1)
OTHER = "Something else altogether"


class VaultDown:
    def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
        raise KeyUnavailableError("HTTP 503")


def sent_once_more(harness: ReferralHarness, **answers: str) -> str:
    """The same form again, with these answers changed."""
    return harness.service().accept(referral_request(submission_id=SUBMISSION, **answers), MORNING)


def first(harness: ReferralHarness) -> str:
    reference = sent_once_more(harness)
    harness.forwarder().forward(reference, MORNING)
    return reference


def acknowledged_and_erased(harness: ReferralHarness) -> str:
    reference = first(harness)
    harness.report("delivered")
    harness.acknowledging().acknowledge(reference, MORNING)
    harness.pass_days(MORNING, 5)
    assert harness.state == ("erased", "")
    return reference


def other_answers_were_mailed(harness: ReferralHarness) -> bool:
    return any(OTHER in message.text for message in harness.mails_to(RECIPIENT))


def test_typing_erased_by_hand_does_not_erase_the_answers() -> None:
    harness = ReferralHarness()
    harness.accepted()
    harness.type(State="erased")

    harness.orphan_recovery().run()
    harness.reconcile(MORNING)

    assert harness.state == ("attention", "state-typed")
    assert len(harness.sealed.rows) == 1


def test_email_first_sent_as_a_link_never_counts_as_delivered_answers() -> None:
    harness = ReferralHarness("link")
    harness.sender.trouble = {0: "lost-answer"}
    harness.forwarded()
    harness.delivery = "inline"

    later = MORNING + timedelta(minutes=15)
    harness.forwarder().forward(harness.referral().reference, later)
    harness.report("delivered", later)
    harness.pass_days(later, 45)

    assert harness.referral().delivery == "link"
    assert len(harness.sealed.rows) == 1


def test_new_answers_survive_an_interrupted_erasure_of_the_old_ones() -> None:
    harness = ReferralHarness()
    reference = first(harness)
    harness.report("delivered")
    harness.acknowledging().acknowledge(reference, MORNING)
    now = harness.pass_days(MORNING, 4) + DAY
    harness.type(ErasedOn="2023-09-06")
    harness.sealed.rows.clear()  # and then the process died

    assert sent_once_more(harness, what_brings_you=OTHER) == reference
    harness.reconcile(now)
    harness.orphan_recovery().run()
    harness.forwarder().forward(reference, MORNING)

    assert other_answers_were_mailed(harness)


def test_acknowledging_an_old_email_does_not_cover_new_unsent_answers() -> None:
    harness = ReferralHarness()
    reference = acknowledged_and_erased(harness)
    sent_once_more(harness, what_brings_you=OTHER)
    harness.orphan_recovery().run()

    assert harness.acknowledging().acknowledge(reference, MORNING) is Acknowledgement.UNKNOWN

    harness.reconcile(MORNING)
    harness.forwarder().forward(reference, MORNING)
    assert other_answers_were_mailed(harness)


def test_late_report_for_the_first_answers_does_not_apply_to_new_answers() -> None:
    harness = ReferralHarness()
    reference = acknowledged_and_erased(harness)
    sent_once_more(harness, what_brings_you=OTHER)
    harness.orphan_recovery().run()

    harness.report("delivered", epoch=0)
    harness.forwarder().forward(reference, MORNING)

    assert other_answers_were_mailed(harness)


def test_late_delivery_report_does_not_cancel_a_requested_resend() -> None:
    harness = ReferralHarness()
    reference = first(harness)
    harness.report("delivered")
    harness.type(State="received")
    harness.key = VaultDown()
    harness.forwarder().forward(reference, MORNING + DAY)

    harness.report("delivered", MORNING + DAY, epoch=0)
    harness.key = PRIVATE
    harness.forwarder().forward(reference, MORNING + 2 * DAY)

    assert harness.state == ("sent", "")
    assert len(harness.mails_to(RECIPIENT)) == 2


def test_the_same_form_after_an_erasure_that_nobody_acknowledged_is_forwarded_again() -> None:
    harness = ReferralHarness()
    reference = first(harness)
    harness.report("delivered")
    end = harness.pass_days(MORNING, 40)
    assert (harness.state[0], harness.referral().progress) == ("erased", Progress.CONTACT)
    mails = len(harness.mails_to(RECIPIENT))

    sent_once_more(harness)
    harness.orphan_recovery().run()
    harness.forwarder().forward(reference, end)

    assert len(harness.mails_to(RECIPIENT)) == mails + 1


@pytest.mark.parametrize("typed", ["2063-09-01T00:00:00Z", "2024-09-01T00:00:00Z"])
def test_far_future_not_before_does_not_block_forwarding(typed: str) -> None:
    harness = ReferralHarness()
    reference = harness.accepted()
    harness.type(NotBefore=typed)

    harness.forwarder().forward(reference, MORNING)

    assert harness.state == ("sent", "")


def test_mail_pause_started_by_a_wrong_clock_does_not_block_forwarding() -> None:
    harness = ReferralHarness()
    reference = harness.accepted()
    MailPause(harness.service_rows).begin(MORNING + 365 * DAY)

    harness.forwarder().forward(reference, MORNING)

    assert harness.state == ("sent", "")


@pytest.mark.parametrize(
    ("asked", "wait"), [("60", 60), ("604800", 3600), ("99999999999999999999", 3600), ("soon", None)]
)
def test_retry_after_is_capped_at_one_hour(asked: str, wait: int | None) -> None:
    class Answered:
        class response:  # noqa: N801  # as the SDK calls it
            headers = {"Retry-After": asked}  # noqa: RUF012  # never changed

    found = retry_after(Answered)  # type: ignore[arg-type]  # of the error only its response is read
    assert found == (None if wait is None else timedelta(seconds=wait))


def test_email_that_cannot_be_rendered_is_retried_slowly_then_needs_attention(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harness = ReferralHarness()
    harness.accepted()

    def broken(*_: object) -> object:
        raise KeyError("a template")

    monkeypatch.setattr("shared.referrals.delivery.provider_emails.ProviderEmails.referral", broken)
    harness.pass_time(MORNING, 24)
    attempts = harness.referral().attempts
    harness.pass_days(MORNING + DAY, 6)

    assert attempts < 40
    assert harness.state == ("attention", "not-sent-handling-failed")
    assert len(harness.sealed.rows) == 1


@pytest.mark.parametrize("trouble", ["throttled", "lost-request", "lost-answer"])
def test_an_email_that_was_to_hold_the_answers_and_went_out_as_a_link_erases_nothing(trouble: str) -> None:
    harness = ReferralHarness("inline")
    harness.sender.trouble = dict.fromkeys(range(4), trouble)
    reference = harness.accepted()
    harness.forwarder().forward(reference, MORNING)

    harness.delivery = "link"
    later = MORNING + timedelta(hours=1)
    harness.forwarder().forward(reference, later)
    harness.report("delivered", later)
    harness.pass_days(later, 60)

    assert harness.referral().delivery == "link"
    assert (harness.state, len(harness.sealed.rows)) == (("attention", "not-acknowledged"), 1)
