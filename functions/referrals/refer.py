"""Routes of a one-to-one referral: the pages of the form, and accepting it.

The answers travel from page to page in the form itself. They are stored once, encrypted, when the person sends them.
"""

import secrets
from datetime import date

import azure.functions as func

from functions.forms.availability import OneToOneNotReadyError, check_open
from functions.forms.body import Submission, UnsupportedBodyError, read_body
from functions.forms.browser_marks import has_browser_marks
from functions.forms.negotiation import wants_json
from functions.forms.tokens import TOKEN, FormTokenError, check_form_token, check_honeypot, is_ripe, without_token
from functions.forms.validation import FormError, validate
from functions.problems.error_table import problem_of
from functions.queues import REFERRALS, REFERRALS_STORAGE, referral_message
from functions.referrals.form_fields import CONSENT as CONSENT_BOX
from functions.referrals.form_json import referral_form_json
from functions.referrals.pages import FORM, FormIdentity, current_step, show, wizard_of
from functions.referrals.reference_page import SENT, fresh_facts
from functions.referrals.wizard import BUSY, CONSENT, SKIP, START, Step, Wizard
from functions.web import error_log
from functions.web.error_handling import handle_errors
from functions.web.render import render
from functions.web.responses import json_body, page, see_other
from shared.bootstrap import Services, services
from shared.config.settings import Support
from shared.content.question_catalogue import CATALOGUE
from shared.fields.answer_fields import TODAY, missing
from shared.local_time import local_day, zone
from shared.referrals.errors import ReferralReusedError, ReferralsBusyError, ReferralWithdrawnError
from shared.referrals.intake.request import ReferralRequest, referral_model
from shared.referrals.reply_by import reply_by
from shared.tables.table import StorageError
from shared.wording.sentences import sentence

bp = func.Blueprint()

_ID = "submission_id"


@bp.route(route="one-to-one", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def one_to_one_form(req: func.HttpRequest) -> func.HttpResponse:
    """The start of the form: its purpose, its readers, and other facts to know before beginning. In JSON its fields."""
    built, nothing = _services_if_open(), Submission({}, is_form=True)
    if not built.referrals.key_readiness.is_ready(built.now()):
        raise OneToOneNotReadyError
    if wants_json(req):
        return json_body(referral_form_json(built))
    return page(show(_wizard(nothing, built), Step(START), FormIdentity.of(nothing, built), built))


@bp.route(route="one-to-one/questions", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def questions_from_the_start(req: func.HttpRequest) -> func.HttpResponse:
    """An address that was typed or bookmarked: it holds no answers, so the form starts again."""
    del req
    return see_other("/one-to-one")


@bp.route(route="one-to-one/questions", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def questions(req: func.HttpRequest) -> func.HttpResponse:
    """The next page, by the button pressed. Nothing is stored."""
    submission = read_body(req)
    if not submission.is_form:
        raise UnsupportedBodyError
    built = _services_if_open()
    wizard, current, go = _wizard(submission, built), current_step(submission), submission.text("go")
    wizard = wizard.skipping(current.at) if go == SKIP else wizard
    step = wizard.next_step(current.at, go, current)
    return page(show(wizard, step, FormIdentity.of(submission, built), built), status=422 if step.errors else 200)


@bp.route(route="one-to-one", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=REFERRALS, connection=REFERRALS_STORAGE)
@handle_errors
def refer(req: func.HttpRequest, nudge: func.Out[str]) -> func.HttpResponse:
    """Accepts a whole referral: as one JSON document, or from the last page of the form.

    JSON without a token of the form that is 3 seconds old is taken like a form without a browser's marks.
    """
    submission = read_body(req)
    built = _services_if_open()
    if submission.is_form:
        return _refer_from_form(submission, built, nudge, slow=not has_browser_marks(req))
    request = _validated_request(without_token(submission), built)
    slow = not is_ripe(built.signer, FORM, submission.text("submission_id"), submission.text(TOKEN), built.now())
    taken, location = _accept(request, built, nudge, slow=slow)
    return json_body(taken, status=201, headers={"Location": location})


def _refer_from_form(submission: Submission, built: Services, nudge: func.Out[str], *, slow: bool) -> func.HttpResponse:
    wizard, current = _wizard(submission, built), current_step(submission)
    blocking = wizard.first_blocking_step(current)
    if blocking is not None:
        return page(show(wizard, blocking, FormIdentity.of(submission, built), built), status=422)
    try:
        request = _request_from_form(submission, wizard, built)
    except FormError as error:
        step = Step(CONSENT, warned=current.warned, errors=error.errors)
        return page(show(wizard, step, _identity_after_error(submission, error, built), built), status=422)
    try:
        return see_other(_accept(request, built, nudge, slow=slow)[1])
    except ReferralReusedError as error:
        return _already_sent_page(built, error, request.submission_id or "")
    except (ReferralsBusyError, StorageError) as error:
        return _busy_page(wizard, current, FormIdentity.of(submission, built), built, error)


def _already_sent_page(built: Services, error: ReferralReusedError, submission_id: str) -> func.HttpResponse:
    """Shows the reference and the words of the first answers: after an error page the person may never have seen it."""
    found = problem_of(error)
    error_log.log(error, found)
    facts = fresh_facts(built, error.reference, "", built.referrals.intake.words_of(submission_id))
    return page(render("referrals/already-sent.html", built.content, problem=found, **facts), found.status)


def _busy_page(
    wizard: Wizard, current: Step, identity: FormIdentity, built: Services, error: Exception
) -> func.HttpResponse:
    """Offers to send the form again: the page holds the answers, since a browser's Back may have lost them."""
    found = problem_of(error)
    code = error_log.log(error, found)
    html = show(wizard, Step(BUSY, warned=current.warned), identity, built, code)
    return page(html, found.status, {"Retry-After": str(found.retry_after)})


def _identity_after_error(submission: Submission, error: FormError, built: Services) -> FormIdentity:
    if isinstance(error, FormTokenError):
        return FormIdentity.fresh(error.submission_id, built)
    return FormIdentity.of(submission, built)


def _request_from_form(submission: Submission, wizard: Wizard, built: Services) -> ReferralRequest:
    request = _validated_request(_kept_answers(submission, wizard), built)
    check_form_token(ReferralRequest, submission, built.signer, FORM, built.now())
    check_honeypot(ReferralRequest, submission)
    return request


def _kept_answers(submission: Submission, wizard: Wizard) -> Submission:
    """The answers that a referral consists of, without those that only decided which pages to show."""
    answers = {name: answer for name, answer in wizard.typed.answers(wizard.form).items() if CATALOGUE[name].kept}
    own = {name: submission.values[name] for name in (CONSENT_BOX, _ID) if name in submission.values}
    return Submission(answers | own, is_form=True)


def _validated_request(submission: Submission, built: Services) -> ReferralRequest:
    form, provider = built.content.one_to_one, built.content.provider.short_name
    own = {
        CONSENT_BOX: sentence("messages.referral.consent", provider=provider),
        _ID: sentence("messages.referral.start-again"),
    }
    return validate(referral_model(form), submission, missing(form.questions) | own, {TODAY: _today(built)})


def _accept(
    request: ReferralRequest, built: Services, nudge: func.Out[str], *, slow: bool
) -> tuple[dict[str, str], str]:
    """The reference and the three words, and the address of the page that shows them."""
    now, intake = built.now(), built.referrals.intake
    submission_id = request.submission_id or secrets.token_urlsafe(24)
    try:
        reference = intake.accept(request.model_copy(update={"submission_id": submission_id}), now, slow=slow)
    except ReferralWithdrawnError as error:
        nudge.set(referral_message(error.reference))  # the worker deletes what was just stored
        raise
    nudge.set(referral_message(reference))
    by = reply_by(local_day(now), built.content.one_to_one.reply_weekdays, built.content.working_days)
    words = intake.words_of(submission_id)
    return {"reference": reference, "words": words}, SENT.issue(built.signer, now, reference, by, words)


def _services_if_open() -> Services:
    """The services, if referrals are taken. Raises `OneToOneClosedError`."""
    built = services()
    check_open(built.closed, Support.ONE_TO_ONE)
    return built


def _wizard(submission: Submission, built: Services) -> Wizard:
    return wizard_of(submission, built, _today(built))


def _today(built: Services) -> date:
    return built.now().astimezone(zone()).date()
