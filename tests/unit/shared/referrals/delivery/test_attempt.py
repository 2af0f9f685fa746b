"""The cause of an attempt decides what follows; the code is only what the row keeps."""

from datetime import timedelta

import pytest

from shared.mail.delivery import STALLED, TAKEN_OVER_AFTER, Outcome, Postponed, Refused, Sent
from shared.mail.share import OVER_QUOTA
from shared.referrals.delivery import attempt
from shared.referrals.delivery.attempt import Cause, NotSent

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("outcome", "cause", "at_once"),
    [
        (Refused("HTTP 400"), Cause.EMAIL_REFUSED, False),
        (Refused("provider-failed"), Cause.FAILED_AFTER_ACCEPTANCE, False),
        (Postponed(MINUTE, pause_all=False, code="HTTP 429"), Cause.THROTTLED, False),
        (Postponed(MINUTE, pause_all=True, code="HTTP 429"), Cause.THROTTLED, False),
        (Postponed(MINUTE, pause_all=False, code=OVER_QUOTA), Cause.THROTTLED, False),
        (Postponed(MINUTE, pause_all=False, code=STALLED), Cause.STALLED, False),
        (Postponed(MINUTE, pause_all=False, code="ServiceRequestError"), Cause.POSTPONED, True),
        (Postponed(TAKEN_OVER_AFTER, pause_all=False, code="ServiceResponseError"), Cause.POSTPONED, False),
    ],
)
def test_each_outcome_of_the_email_service_has_a_cause_and_keeps_its_code(
    outcome: Refused | Postponed, cause: Cause, *, at_once: bool
) -> None:
    found = attempt.from_mail(outcome)

    assert isinstance(found, NotSent)
    assert (found.cause, found.code, found.may_retry_at_once) == (cause, outcome.code, at_once)
    assert found.is_permanent == isinstance(outcome, Refused)
    if isinstance(outcome, Postponed):
        assert (found.wait, found.pause_all) == (outcome.wait, outcome.pause_all)


@pytest.mark.parametrize("outcome", [Sent(), Sent(by_earlier_attempt=True)])
def test_an_email_that_was_sent_stays_sent(outcome: Outcome) -> None:
    assert attempt.from_mail(outcome) == outcome


@pytest.mark.parametrize(
    ("found", "code", "permanent", "at_once"),
    [
        (attempt.answers_missing(), "unseal-missing", True, False),
        (attempt.answers_damaged("key id"), "unseal-key id", True, False),
        (attempt.key_unavailable(1), "key-unavailable", False, True),
        (attempt.composing_failed(1), "handling-failed", False, True),
    ],
)
def test_an_attempt_that_ends_before_the_email_service_keeps_its_code(
    found: NotSent, code: str, *, permanent: bool, at_once: bool
) -> None:
    assert (found.code, found.is_permanent, found.may_retry_at_once) == (code, permanent, at_once)
    assert found.wait == (timedelta(0) if permanent else MINUTE)
