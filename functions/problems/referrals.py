"""Problems with sending a referral, or with asking for its status."""

from collections.abc import Mapping

from functions.forms.availability import OneToOneClosedError, OneToOneNotReadyError
from functions.problems.http_errors import ReferralOutcomeExpiredError
from functions.problems.problem_details import Problem, busy, closed, not_ready
from shared.referrals.errors import (
    KeyNotProvenError,
    ReferralReusedError,
    ReferralsBusyError,
    ReferralUnknownError,
    TooManyGuessesError,
)

REFERRAL_PROBLEMS: Mapping[type[Exception], Problem] = {
    ReferralReusedError: Problem(
        409,
        "already-sent",
        "You have already sent this form",
        "We kept your first answers. If you want to change something, say so when you are contacted, "
        "or start a new form.",
        next_link="/one-to-one",
        next_link_text="Start a new form",
    ),
    ReferralUnknownError: Problem(
        404,
        "referral-unknown",
        "We cannot find this reference",
        "Check it and try again. We delete references some time after we delete the answers.",
        next_link="/one-to-one/status",
        next_link_text="Try again",
    ),
    ReferralOutcomeExpiredError: Problem(
        410,
        "referral-outcome-expired",
        "This page is no longer shown",
        "We only show your reference for 15 minutes, so that no one else who uses this device can see it. "
        "If you wrote it down, you can use it to check the progress of your form.",
        next_link="/one-to-one/status",
        next_link_text="Check the progress of your form",
        template="referrals/closed.html",
    ),
    TooManyGuessesError: Problem(
        429,
        "too-many-guesses",
        "Please try again in a minute",
        "There have been too many attempts. Try again in a minute.",
        next_link="/one-to-one/status",
        next_link_text="Try again",
        retry_after=60,
    ),
    ReferralsBusyError: busy("referrals-busy"),
    KeyNotProvenError: not_ready("key-not-proven", 300),
    OneToOneClosedError: closed(
        "one-to-one-closed",
        "The form is closed at the moment",
        "We did not keep your answers. Forms already sent are still passed on.",
    ),
    OneToOneNotReadyError: Problem(
        503,
        "one-to-one-not-ready",
        "You cannot use the form at the moment",
        "It will be back soon. Please try again later.",
        retry_after=300,
        template="info/closed.html",
    ),
}
