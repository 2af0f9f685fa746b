"""The problem for every error that a request can end with, merged from the capabilities' tables.

Nothing here names a person, a trust or a subject: these titles show on shared screens and in browser histories.
"""

from collections.abc import Mapping

from functions.problems.bookings import BOOKING_PROBLEMS
from functions.problems.problem_details import UNEXPECTED, Problem, busy, not_ready
from functions.problems.provider import PROVIDER_PROBLEMS
from functions.problems.referrals import REFERRAL_PROBLEMS
from functions.problems.requests import REQUEST_PROBLEMS
from shared.config.settings import SettingsError
from shared.content.content import ContentError
from shared.tables.table import StorageError

PROBLEMS: Mapping[type[Exception], Problem] = {
    **REQUEST_PROBLEMS,
    **BOOKING_PROBLEMS,
    **REFERRAL_PROBLEMS,
    **PROVIDER_PROBLEMS,
    StorageError: busy("storage-busy"),
    SettingsError: not_ready("settings", 300),
    ContentError: not_ready("content", 300),
}


def problem_of(error: Exception) -> Problem:
    """The problem of the error's class, or of its nearest base class that has one; else `UNEXPECTED`."""
    rows = (PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)
    return next(rows, UNEXPECTED)
