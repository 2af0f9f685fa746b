"""Bot protection that asks nothing of people: a signed form token and a honeypot field.

The token is the time at which a form was issued, signed together with the form's name and submission id. The honeypot
is a field that people do not see and therefore leave empty. Neither is personal, and nothing is stored.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import BaseModel

from functions.forms.body import Submission
from functions.forms.validation import FieldError, FormError, as_typed
from shared.signing import Signer, TimedProof
from shared.wording.sentences import sentence

TOKEN = "form_token"
HONEYPOT = "left_blank"  # no name, address or website: browsers and password managers fill those in by themselves

MIN_AGE = timedelta(seconds=3)  # no person fills in a form in less
MAX_AGE = timedelta(hours=24)

_PROOF = TimedProof("form", separator=".", unit=timedelta(milliseconds=1))
NOT_YET = FieldError("", sentence("messages.page-not-open-long-enough"))
"""The reason why an act does not count that came without a token that `is_ripe`."""

_AGAIN = FieldError("", sentence("messages.check-and-send-again"))
_FILLED = FieldError("", sentence("messages.filled-by-browser"))


class FormTokenError(FormError):
    """A form without a valid token: missing, too new, expired, another form's, or tampered with.

    The person loses nothing: `values` holds their answers, to be shown on the same page with a fresh token.
    """


def issue_token(signer: Signer, form: str, submission_id: str, now: datetime) -> str:
    """The token of a form that is issued at `now` (aware)."""
    return _PROOF.issue(signer, now, form, submission_id)


def check_form_token(model: type[BaseModel], submission: Submission, signer: Signer, form: str, now: datetime) -> None:
    """Returns if this form was issued in the last 24 hours; JSON, which comes from no page, needs no token.

    Call it once the answers are valid: a page that shows errors has a fresh token anyway. A token can be used again;
    the submission id says that the same form came before.

    Raises:
        FormTokenError: the token was not issued for this form and submission, or less than 3 seconds ago, or 24 hours
            ago or more.
    """
    if not submission.is_form:
        return
    if not is_ripe(signer, form, submission.text("submission_id"), submission.text(TOKEN), now):
        raise FormTokenError((_AGAIN,), as_typed(model, submission))


def is_ripe(signer: Signer, form: str, subject: str, token: str, now: datetime) -> bool:
    """True if the token was issued for this form and `subject` at least 3 seconds and less than 24 hours ago.

    `subject` is the submission id, or whatever else a form is about.
    """
    age = age_of(signer, form, subject, token, now)
    return age is not None and age >= MIN_AGE


def is_unexpired(signer: Signer, form: str, submission_id: str, token: str, now: datetime) -> bool:
    """True if the token was issued for this form and submission in the last 24 hours, even just now."""
    return age_of(signer, form, submission_id, token, now) is not None


def age_of(signer: Signer, form: str, subject: str, token: str, now: datetime) -> timedelta | None:
    """The time since the token was issued for this form and `subject`; None if it was not, or a day ago or more."""
    issued = _PROOF.issued_at(signer, token, form, subject)
    return now - issued if issued is not None and timedelta(0) <= now - issued < MAX_AGE else None


def without_token(submission: Submission) -> Submission:
    """The same answers without their form's token, which is no answer and which a program may leave out.

    Raises:
        FormError: a program sent another value than a text.
    """
    if not submission.is_form and not isinstance(submission.values.get(TOKEN, ""), str):
        raise FormError((FieldError(TOKEN, sentence("messages.form-token")),), {})
    return replace(submission, values={name: each for name, each in submission.values.items() if name != TOKEN})


def is_bot(submission: Submission) -> bool:
    """True if the honeypot field was filled in."""
    return submission.is_form and HONEYPOT in submission.values


def check_honeypot(model: type[BaseModel], submission: Submission) -> None:
    """Has a form with a filled-in honeypot sent again: no submission is dropped behind a page of thanks.

    A browser may fill in a field that people do not see, and a person must not read "booked" or "received" of a form
    that was not.

    Raises:
        FormTokenError: it was.
    """
    if is_bot(submission):
        raise FormTokenError((_FILLED,), as_typed(model, submission))
