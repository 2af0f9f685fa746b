"""One-to-one referrals: the form, accepting one, and the page with its reference."""

from uuid import uuid4

import azure.functions as func

from functions.form_tokens import check, check_empty, issue
from functions.forms import FormError, or_another, read_body, validate, wants_json
from functions.pages import render
from functions.problems import PageUnknownError
from functions.queues import REFERRALS, REFERRALS_STORAGE, referral_message
from functions.responses import answering, json_body, page, see_other
from shared.bootstrap import Services, services
from shared.referrals.answers import ReferralRequest

bp = func.Blueprint()

_FORM = "one-to-one"

_MISSING = {
    "full_name": "Enter your name",
    "contact_by": "Select how you would like to be contacted",
    "email": "Enter your email address",
    "phone": "Enter your phone number",
    "therapy_language": "Select the language you would like to use",
    "what_brings_you": "Enter what brings you here as text",
    "consent_share": "Select to confirm you agree",
    "submission_id": "Reload the form and send it again",
}


@bp.route(route="one-to-one", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answering
def one_to_one_form(req: func.HttpRequest) -> func.HttpResponse:
    del req
    return page(_form(services(), FormError((), {})))


@bp.route(route="one-to-one", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=REFERRALS, connection=REFERRALS_STORAGE)
@answering
def refer(req: func.HttpRequest, nudge: func.Out[str]) -> func.HttpResponse:
    submission = or_another(read_body(req), "therapy_language", "other_language")
    built = services()
    try:
        request = validate(ReferralRequest, submission, _MISSING)
        check(ReferralRequest, submission, built.is_proof, _FORM, built.now())
        check_empty(ReferralRequest, submission)
    except FormError as error:
        if not submission.is_form:
            raise
        return page(_form(built, error), status=422)
    reference = built.referrals.accept(request, built.now())
    nudge.set(referral_message(reference))
    location = _location(built, reference)
    if submission.is_form:
        return see_other(location)
    return json_body({"reference": reference}, status=201, headers={"Location": location})


@bp.route(route="one-to-one/{reference:length(8)}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answering
def referral_outcome(req: func.HttpRequest) -> func.HttpResponse:
    """The reference, as signed when the referral was accepted: the page reads no table."""
    built = services()
    reference = req.route_params.get("reference", "")
    if not built.is_proof(req.params.get("proof", ""), "referred", reference):
        raise PageUnknownError
    if wants_json(req):
        return json_body({"reference": reference})
    return page(render("referrals/received.html", built.content, reference=reference))


def _location(built: Services, reference: str) -> str:
    return f"/one-to-one/{reference}?proof={built.proof('referred', reference)}"


def _form(built: Services, found: FormError) -> str:
    submission_id = found.submission_id or uuid4().hex
    return render(
        "referrals/form.html",
        built.content,
        values=found.values,
        errors=found.errors,
        submission_id=submission_id,
        form_token=issue(built.proof, _FORM, submission_id, built.now()),
    )
