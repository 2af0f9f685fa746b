"""Routes for the status of a referral by its reference, which is posted because addresses are logged."""

import azure.functions as func

from functions.forms.body import EmptyBodyError, Submission, read_body
from functions.forms.negotiation import wants_json
from functions.forms.validation import FieldError, FormError
from functions.web.error_handling import handle_errors
from functions.web.render import render
from functions.web.responses import json_body, page
from shared.bootstrap import Services, services
from shared.referrals.days import in_words
from shared.referrals.errors import ReferralUnknownError
from shared.referrals.model import SEALED, Referral, ReferralState
from shared.referrals.retention.retention_rules import STATUS_DELETED_AFTER, earliest_erasure
from shared.referrals.retention.uncollected_rules import announced_day
from shared.wording.sentences import sentence

bp = func.Blueprint()

_EMPTY = FieldError("reference", sentence("messages.referral.reference"))
_UNKNOWN = FieldError("reference", sentence("messages.referral.reference-unknown"))


@bp.route(route="one-to-one/status", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def referral_status_form(req: func.HttpRequest) -> func.HttpResponse:
    del req
    return _form(services())


@bp.route(route="one-to-one/status", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def referral_status(req: func.HttpRequest) -> func.HttpResponse:
    built, submission = services(), _read(req)
    typed = submission.text("reference")
    if not typed.strip():
        if not submission.is_form:
            raise FormError((_EMPTY,), {})
        return _form(built, _EMPTY)
    try:
        referral = built.referrals.status_lookup.find(typed)
    except ReferralUnknownError:
        if not submission.is_form:
            raise
        return _form(built, _UNKNOWN, typed=typed)
    if not submission.is_form:
        return json_body({"reference": referral.reference, "status": referral.progress})
    return page(render("referrals/status.html", built.content, **_facts(referral, built)))


def _facts(referral: Referral, built: Services) -> dict[str, object]:
    """The template variables of one referral's progress.

    `is_kept`: its answers are still here. `deleted_on`: the day, in words, on which they were deleted, or are if nobody
    collects them; "" if there is none. `deleted_from`: the first day on which they may be deleted although the
    provider, whose mailbox has them, has not confirmed that; "" if there is none. `sealed`: no one here can know if its
    answers open, so that the page says no more than that they were sent.
    """
    is_kept = referral.state is not ReferralState.ERASED
    dates = built.content.dates
    deleted_on, earliest = announced_day(referral), earliest_erasure(referral)
    return {
        "reference": referral.reference,
        "progress": referral.progress,
        "deleted_on": (dates.day(deleted_on) if deleted_on else "") if is_kept else in_words(referral.erased_on, dates),
        "is_kept": is_kept,
        "sealed": referral.delivery == SEALED,
        "deleted_from": dates.day(earliest) if earliest else "",
        "grace_weekdays": built.referrals.grace_weekdays,
    }


def _read(req: func.HttpRequest) -> Submission:
    try:
        return read_body(req)
    except EmptyBodyError:
        return Submission({}, is_form=not wants_json(req))


def _form(built: Services, *errors: FieldError, typed: str = "") -> func.HttpResponse:
    status = {_EMPTY: 422, _UNKNOWN: 404}[errors[0]] if errors else 200
    facts = {"errors": errors, "typed": typed, "status_days": STATUS_DELETED_AFTER}
    return page(render("referrals/status.html", built.content, **facts), status)
