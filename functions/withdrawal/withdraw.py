"""Routes with which people withdraw the form that they sent. In the worker alone: it deletes, and tells the provider.

The reference and the words travel in bodies, because addresses are logged. Who has entered them right gets a token,
bound to the reference; a form with it withdraws, once it is 3 seconds old.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import azure.functions as func

from functions.forms.body import BodyError, Submission, read_body
from functions.forms.timed_page import TimedPage
from functions.forms.tokens import NOT_YET, TOKEN, age_of, is_ripe, issue_token
from functions.forms.validation import FieldError
from functions.queues import REFERRALS, REFERRALS_STORAGE, referral_message
from functions.web.error_handling import handle_errors
from functions.web.render import render
from functions.web.responses import page
from functions.withdrawal.words_page import missing, too_soon
from shared.bootstrap import Services, services
from shared.referrals.errors import OwnWordsError, PassphraseTooSoonError, ReferralsBusyError
from shared.referrals.model import Referral, ReferralState
from shared.referrals.withdrawal.withdrawal import was_told
from shared.tables.table import StorageError
from shared.wording.sentences import sentence

bp = func.Blueprint()

_ACT = "withdraw"
_WRONG = FieldError("reference", sentence("messages.own-words.wrong"))
_AGAIN = FieldError("reference", sentence("messages.own-words.too-late"))
_BUSY = FieldError("", sentence("messages.own-words.busy"))
_STATUS = {_WRONG: 404, _BUSY: 503}


@bp.route(route="one-to-one/withdraw", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def withdraw_form(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    return _PersonsRequest(built, _posted(req), built.now()).ask()


@bp.route(route="one-to-one/withdraw", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=REFERRALS, connection=REFERRALS_STORAGE)
@handle_errors
def withdraw(req: func.HttpRequest, nudge: func.Out[str]) -> func.HttpResponse:
    built = services()
    request = _PersonsRequest(built, _posted(req), built.now())
    try:
        return request.withdraw(nudge) if request.sent.text("act") == _ACT else request.open()
    except (StorageError, ReferralsBusyError):
        return request.ask(_BUSY)


def _posted(req: func.HttpRequest) -> Submission:
    try:
        return read_body(req)
    except BodyError:
        return Submission({}, is_form=True)


@dataclass(frozen=True, slots=True)
class _PersonsRequest:
    """One request by a person who may have the reference and the words of a form."""

    built: Services
    sent: Submission = field(repr=False)
    now: datetime

    @property
    def entered(self) -> TimedPage:
        return TimedPage("own-words", "withdraw", self.sent.text(TOKEN), self.built.referrals.links.signer, self.now)

    def ask(self, *errors: FieldError, token: str = "") -> func.HttpResponse:
        """The page that asks for the reference and the words; what was typed as words is not shown again."""
        facts = {"typed": self.sent.text("reference"), "form_token": token or self.entered.new_token}
        status = _STATUS.get(errors[0], 422) if errors else 200
        return self.page("withdraw", status, errors=errors, **facts)

    def open(self) -> func.HttpResponse:
        reference, words = self.sent.text("reference"), self.sent.text("words")
        if errors := missing(reference, words):
            return self.ask(*errors, token=self.entered.token_again)
        own = self.built.referrals.taking_back.own_referrals
        try:
            referral = own.find(reference, words, self.now, self.entered.waited, self.entered.name)
        except OwnWordsError:
            return self.ask(_WRONG)
        except PassphraseTooSoonError as error:
            return self.ask(too_soon(error), token=self.entered.token_after(comparison=error.is_page_used))
        return self.own_form(referral)

    def withdraw(self, nudge: func.Out[str]) -> func.HttpResponse:
        """Withdraws the form for the token of its page, and says so as soon as it is decided."""
        reference, token = self.sent.text("reference"), self.sent.text(TOKEN)
        if age_of(self.entered.signer, _ACT, reference, token, self.now) is None:
            return self.ask(_AGAIN)
        withdrawals = self.built.referrals.taking_back.withdrawals
        if not is_ripe(self.entered.signer, _ACT, reference, token, self.now):
            known = withdrawals.rows.status(reference)
            return self.own_form(known, NOT_YET) if known else self.ask(_WRONG)
        referral = withdrawals.withdraw(reference, self.now)
        if referral is None:
            return self.ask(_WRONG)
        try:
            withdrawals.complete(referral, self.now)
        except (StorageError, ReferralsBusyError):
            nudge.set(referral_message(reference))  # it is decided, and the queue's function goes on within seconds
        return self.own_form(referral)

    def own_form(self, referral: Referral, *errors: FieldError) -> func.HttpResponse:
        """The page of the form, with the way to withdraw it; or what became of it, once that is done."""
        facts = {
            "reference": referral.reference,
            "form_token": issue_token(self.entered.signer, _ACT, referral.reference, self.now),
            "is_told": was_told(referral),
            "was_sent": referral.may_have_gone,
            "word": self.built.referrals.taking_back.words_back.of(referral),
        }
        is_withdrawn = referral.state is ReferralState.WITHDRAWN
        return self.page("withdrawn" if is_withdrawn else "own-form", 422 if errors else 200, errors=errors, **facts)

    def page(self, name: str, status: int, **facts: Any) -> func.HttpResponse:
        html = render(f"referrals/{name}.html", self.built.content, site=self.built.site_url, **facts)
        return page(html, status)
