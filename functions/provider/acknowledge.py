"""Routes with which the provider confirms receipt of a referral, or says that it does not have it after all.

A GET shows a page and a POST needs what the page gave. Email gateways open links, and some submit the forms that they
find: a confirmation needs the page's own token, which is bound to the link and seconds old at least, a box that was
selected, and an email that was not sent just now.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import azure.functions as func

from functions.forms.body import Submission
from functions.forms.request_values import query
from functions.forms.tokens import NOT_YET, TOKEN, is_ripe, issue_token
from functions.forms.validation import FieldError
from functions.problems.provider import map_provider_errors
from functions.provider import expired, keeping, word_back
from functions.provider.view import ProviderView
from functions.queues import REFERRALS, REFERRALS_STORAGE
from functions.web.error_handling import handle_errors
from functions.web.links import path_to, token_of
from functions.web.render import render
from functions.web.responses import page, see_other
from shared.bootstrap import Services, services
from shared.referrals.collection.acknowledgement import Acknowledgement
from shared.referrals.delivery.links import ProviderLink
from shared.referrals.errors import LinkExpiredError, ReferralLinkError
from shared.referrals.model import Referral
from shared.signing import Signer
from shared.wording.sentences import sentence

bp = func.Blueprint()

TOO_SOON = timedelta(minutes=2)
"""Time after sending an email for which no confirmation counts: gateways try links as an email arrives."""

_FORM = "acknowledge"
_SELECT = FieldError("saved", sentence("messages.provider.select-saved"))
_AGAIN = FieldError("", sentence("messages.provider.confirm-again"))
_LATER = FieldError("", sentence("messages.provider.confirm-later"))


@bp.route(route="acknowledge/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
@map_provider_errors()
def acknowledge_form(req: func.HttpRequest) -> func.HttpResponse:
    try:
        return _LinkRequest.of(req).show()
    except LinkExpiredError as error:
        return _expired(req, error)


@bp.route(route="acknowledge/{token}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=REFERRALS, connection=REFERRALS_STORAGE)
@handle_errors
@map_provider_errors()
def acknowledge(req: func.HttpRequest, nudge: func.Out[str]) -> func.HttpResponse:
    try:
        request = _LinkRequest.of(req)
    except LinkExpiredError as error:
        return _expired(req, error)
    acts = {keeping.KEEP: lambda: request.keep(nudge), word_back.ACT: request.say}
    return acts.get(request.sent.text("act"), request.confirm)()


def _expired(req: func.HttpRequest, error: LinkExpiredError) -> func.HttpResponse:
    built = services()
    return expired.answer(req, "acknowledge", error.reference, built, built.now())


@dataclass(frozen=True, slots=True)
class _LinkRequest:
    """One request by the provider at one link, and the referral as it was when it came."""

    req: func.HttpRequest
    built: Services
    link: ProviderLink
    referral: Referral
    sent: Submission
    now: datetime

    @classmethod
    def of(cls, req: func.HttpRequest) -> Self:
        """Reads the link, and the referral if it went out with such a link.

        Raises:
            ReferralLinkError: the link is not valid, or its referral did not go out with such a link.
            LinkExpiredError: the link is too old.
        """
        built = services()
        link, now = built.referrals.links.acknowledge_link(token_of(req)), built.now()
        if link.is_expired(now):
            raise LinkExpiredError(link.reference)
        referral = built.referrals.acknowledgements.read(link.reference, now)
        if referral is None or not referral.may_have_been_emailed:
            raise ReferralLinkError
        return cls(req, built, link, referral, keeping.posted(req), now)

    def show(self, *errors: FieldError) -> func.HttpResponse:
        view = ProviderView.of(self.referral, self.built.content)
        if view.is_finished:
            facts = keeping.form_facts(self.signer, token_of(self.req), self.referral, self.now)
            grace = self.built.referrals.grace_weekdays
            template = "provider/set-aside.html" if view.is_set_aside else "provider/confirmed.html"
            return self.page(template, view, errors=errors, grace_weekdays=grace, keep_address=self.address, **facts)
        if view.is_gone or view.is_sent_again:
            return self.page(view.gone_page if view.is_gone else "provider/kept.html", view, errors=errors)
        token = issue_token(self.signer, _FORM, self.subject, self.now)
        facts = {"form_token": token, "is_early": self.is_early}
        return self.page("provider/acknowledge.html", view, errors=errors, **facts)

    def page(self, template: str, view: ProviderView, **facts: Any) -> func.HttpResponse:
        facts |= {"referral": view, "address": self.address, "site": self.built.site_url}
        facts |= {"done": query(self.req, "done"), "word_address": self.address}
        facts |= word_back.form_facts(self.built, token_of(self.req), self.referral, self.now)
        return page(render(template, self.built.content, **facts), 422 if facts.get("errors") else 200)

    def confirm(self) -> func.HttpResponse:
        view = ProviderView.of(self.referral, self.built.content)
        errors = () if view.is_finished or view.is_gone else self.refusals()
        if errors or view.is_sent_again:
            return self.show(*errors)
        recorder = self.built.referrals.acknowledgements
        outcome = recorder.acknowledge(self.link.reference, self.now, version=self.referral.version)
        if outcome is Acknowledgement.UNKNOWN:
            raise ReferralLinkError
        if outcome is Acknowledgement.CHANGED:
            return _LinkRequest.of(self.req).show(_AGAIN)
        return see_other(f"{self.address}?done={'now' if outcome is Acknowledgement.ACKNOWLEDGED else 'already'}")

    def keep(self, nudge: func.Out[str]) -> func.HttpResponse:
        if not keeping.is_meant(self.sent, self.signer, token_of(self.req), self.referral, self.now):
            # A page sent twice: the first time has it kept already, and its answer may not have arrived.
            is_done = ProviderView.of(self.referral, self.built.content).is_sent_again
            return self.show() if is_done else self.show(NOT_YET)
        done = keeping.keep(self.built.referrals.acknowledgements, self.referral, nudge, self.now)
        return see_other(f"{self.address}?done={done}")

    def say(self) -> func.HttpResponse:
        errors = word_back.say(self.built, self.sent, token_of(self.req), self.referral, self.now)
        return self.show(*errors) if errors else see_other(f"{self.address}?done=told")

    def refusals(self) -> tuple[FieldError, ...]:
        """The reason why this confirmation does not count, if there is one."""
        if self.sent.text("saved") != "yes":
            return (_SELECT,)
        if not is_ripe(self.signer, _FORM, self.subject, self.sent.text(TOKEN), self.now):
            return (_AGAIN,)
        return (_LATER,) if self.is_early else ()

    @property
    def is_early(self) -> bool:
        return self.link.sent_at is not None and abs(self.now - self.link.sent_at) < TOO_SOON

    @property
    def subject(self) -> str:
        return keeping.subject(token_of(self.req), self.referral)

    @property
    def signer(self) -> Signer:
        return self.built.referrals.links.signer

    @property
    def address(self) -> str:
        return path_to("acknowledge", token_of(self.req))
