"""What tells a person at a form from a programme that posts at it, without asking the person anything.

A form carries the moment when it was handed out, signed together with its name and its submission id, and a field that
people do not see and therefore leave empty. Nothing here is personal, and nothing is stored.
"""

import logging
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel

from functions.forms.body import Submission
from functions.forms.validation import FieldError, FormError, as_typed
from shared.references import reference

logger = logging.getLogger(__name__)

TOKEN = "form_token"
HONEYPOT = "website"

MIN_AGE = timedelta(seconds=3)  # nobody fills in a form in less
MAX_AGE = timedelta(hours=24)

_PURPOSE = "form"
_SHAPE = re.compile(r"([0-9]{1,14})\.([A-Za-z0-9_-]{22})")
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AGAIN = FieldError("", "Check your answers and send again")


class FormTokenError(FormError):
    """A form without a token of its own: missing, too young, too old, another form's, or tampered with.

    The person loses nothing: `values` is what they answered, to be shown on the same page with a fresh token.
    """


def issue_token(sign: Callable[..., str], form: str, submission_id: str, now: datetime) -> str:
    """The token of a form that is handed out at `now` (aware); `sign` is `Services.proof`."""
    issued = str((now - _EPOCH) // _MILLISECOND)
    return f"{issued}.{sign(_PURPOSE, form, submission_id, issued)}"


def check_form_token(
    model: type[BaseModel], submission: Submission, is_proof: Callable[..., bool], form: str, now: datetime
) -> None:
    """Returns if a page handed out this form lately; JSON, which comes from no page, needs no token.

    Call it when the answers have no mistakes: a page that comes back with some has a fresh token anyway. A token can be
    sent again; that the same form came before is known by its submission id. `is_proof` is `Services.is_proof`.

    Raises:
        FormTokenError: the token was not given out for this form and submission, or less than 3 seconds or more than
            24 hours ago.
    """
    if not submission.is_form:
        return
    issued = _issued_at(_text(submission, TOKEN), is_proof, form, _text(submission, "submission_id"))
    if issued is None or not MIN_AGE <= now - issued < MAX_AGE:
        raise FormTokenError((_AGAIN,), as_typed(model, submission))


def is_unexpired(is_proof: Callable[..., bool], form: str, submission_id: str, token: str, now: datetime) -> bool:
    """Whether a token was given out for this form and submission in the last 24 hours, however lately."""
    issued = _issued_at(token, is_proof, form, submission_id)
    return issued is not None and timedelta(0) <= now - issued < MAX_AGE


def is_bot(submission: Submission) -> bool:
    """Whether the field that people do not see was filled in."""
    return submission.is_form and HONEYPOT in submission.values


def check_honeypot(model: type[BaseModel], submission: Submission) -> None:
    """Has a form sent again whose hidden field was filled in: for one of which none may be dropped.

    A browser may fill in what people do not see, and nobody may read "received" of what was not.

    Raises:
        FormTokenError: it was.
    """
    if is_bot(submission):
        raise FormTokenError((_AGAIN,), as_typed(model, submission))


def decoy_reference(form: str) -> str:
    """A reference like any other that leads nowhere, for the answer to a programme; the log counts one."""
    logger.info("dropped automated submission, form %s", form)
    return reference(secrets.token_bytes(32), "decoy")


def _issued_at(token: str, is_proof: Callable[..., bool], form: str, submission_id: str) -> datetime | None:
    given = _SHAPE.fullmatch(token)
    if given is None or not is_proof(given[2], _PURPOSE, form, submission_id, given[1]):
        return None
    return _EPOCH + int(given[1]) * _MILLISECOND


def _text(submission: Submission, name: str) -> str:
    value = submission.values.get(name)
    return value if isinstance(value, str) else ""
