"""Answers of GOV.UK Notify that are not a success, as errors of the port: only their status and `error` are stable.

Source: the public source of its API, `app/v2/errors.py` and `app/notifications/validators.py`, of August 2026.
"""

import logging
from datetime import timedelta

from requests import Response

from shared.mail.message import (
    MailError,
    MailNotAcceptedError,
    MailRefusedError,
    MailSetUpError,
    MailUnclearError,
)

logger = logging.getLogger(__name__)

AFTER_A_MINUTES_LIMIT = timedelta(minutes=1)
AFTER_A_DAYS_LIMIT = timedelta(hours=1)
"""No answer has a `Retry-After`. A day's limit ends at midnight in UTC; asked each hour it is not overslept."""

_TRIAL = "trial-mode"
_SIGNS = {"trial mode": _TRIAL, "(50)": _TRIAL, " 50)": _TRIAL, "team-only": "team-key"}
"""Words of messages and the code for what they mean. Messages change: without a sign only the hint is missing."""

_REFUSED = {"ValidationError", "InvalidEmailError"}


def error_of(answer: Response) -> MailError:
    """Returns the error for an answer. Its text is a code: status, `error`, and a hint where there is one.

    A 403 that the API did not word comes from a firewall before it, which may have taken one body amiss, so that it
    holds up that email alone; or it refuses this worker altogether. A person is told, because no answer tells which.
    """
    name, message = _first_error(answer)
    hint = next((hint for sign, hint in _SIGNS.items() if sign in message), "")
    code = " ".join(filter(None, (f"HTTP {answer.status_code}", name, hint)))
    match answer.status_code, name:
        case 429, _:
            return _over_a_limit(name, hint, code)
        case 400, _ if name in _REFUSED:
            return MailRefusedError(code)
        case (400, "BadRequestError") | (401, _) | (403, "AuthError") | (404, _):
            return MailSetUpError(code)  # what belongs to one email alone is refused before it is posted
        case 413, _:
            return MailRefusedError(code)
        case status, _ if 400 <= status < 500:
            if status == 403:
                logger.error("the edge of the email service refused a request")  # an alarm goes by this
            return MailNotAcceptedError(code)
    return MailUnclearError(code)


def _over_a_limit(name: str, hint: str, code: str) -> MailError:
    if name != "TooManyRequestsError":
        return MailNotAcceptedError(code, AFTER_A_MINUTES_LIMIT)
    kind = MailSetUpError if hint == _TRIAL else MailNotAcceptedError
    return kind(code, AFTER_A_DAYS_LIMIT)


def _first_error(answer: Response) -> tuple[str, str]:
    """The name and the message of the first error; empty where the answer has none, as one of the edge."""
    try:
        errors = answer.json()["errors"]
        name, message = str(errors[0]["error"]), str(errors[0].get("message", ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        return "", ""
    # It goes into a row and the log: a name, and nothing that quotes the request.
    return (name, message) if name.isascii() and name.isalpha() and len(name) <= 40 else ("", message)
