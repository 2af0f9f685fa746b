"""Problems with sending a referral, or with asking for its status."""

from collections.abc import Mapping
from typing import Any

from functions.forms.availability import OneToOneClosedError, OneToOneNotReadyError
from functions.problems.http_errors import ReferralOutcomeExpiredError
from functions.problems.problem_details import Problem, busy, closed, not_ready, wording
from shared.referrals.errors import (
    KeyNotProvenError,
    OwnWordsError,
    ReferralReusedError,
    ReferralsBusyError,
    ReferralUnknownError,
    ReferralWithdrawnError,
    TooManyGuessesError,
)


def _asking(status: int, name: str, **more: Any) -> Problem:
    return Problem(status, name, wording("referrals", name), next_link="/one-to-one/status", **more)


REFERRAL_PROBLEMS: Mapping[type[Exception], Problem] = {
    ReferralReusedError: Problem(409, "already-sent", wording("referrals", "already-sent"), next_link="/one-to-one"),
    ReferralWithdrawnError: Problem(409, "withdrawn", wording("referrals", "withdrawn"), next_link="/one-to-one"),
    OwnWordsError: _asking(404, "referral-unknown"),
    ReferralUnknownError: _asking(404, "referral-unknown"),
    ReferralOutcomeExpiredError: _asking(410, "referral-outcome-expired", template="referrals/closed.html"),
    TooManyGuessesError: _asking(429, "too-many-guesses", retry_after=60),
    ReferralsBusyError: busy("referrals-busy"),
    KeyNotProvenError: not_ready("key-not-proven", 300),
    OneToOneClosedError: closed("referrals", "one-to-one-closed"),
    OneToOneNotReadyError: Problem(
        503,
        "one-to-one-not-ready",
        wording("referrals", "one-to-one-not-ready"),
        retry_after=300,
        template="info/closed.html",
    ),
}
