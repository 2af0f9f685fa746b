"""Routes with which the provider confirms receipt of a referral: a GET shows a page, and a POST needs what it gave.

Email gateways open links and some submit the forms that they find. So a confirmation needs the page's own token, which
is bound to the link and seconds old at least, a box that was selected, and an email that was not sent just now.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import azure.functions as func

from functions.forms.body import BodyError, Submission, read_body
from functions.forms.tokens import TOKEN, is_ripe, issue_token
from functions.forms.validation import FieldError
from functions.problems.provider import map_provider_errors
from functions.provider.view import ProviderView
from functions.queues import REFERRALS, REFERRALS_STORAGE, referral_message
from functions.web.error_handling import handle_errors
from functions.web.links import path_to, token_of
from functions.web.render import render
from functions.web.responses import page, see_other
from shared.bootstrap import Services, services
from shared.referrals.collection.acknowledgement import Acknowledgement
from shared.referrals.delivery.links import AcknowledgeLink
from shared.referrals.errors import ReferralLinkError
from shared.referrals.model import FINISHED, INLINE, Referral

bp = func.Blueprint()

TOO_SOON = timedelta(minutes=2)
"""Time after sending an email for which no confirmation counts: gateways try links as an email arrives."""

_DONE = {"now": "Thank you", "already": "You had already told us"}
_FORM = "acknowledge"
_SELECT = FieldError("saved", "Select the box if you can read the answers and have saved them")
_AGAIN = FieldError("", "Confirm once more: this page was open for too short or too long a time")
_LATER = FieldError("", "Please confirm again in a few minutes")


@bp.route(route="acknowledge/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
@map_provider_errors()
def acknowledge_form(req: func.HttpRequest) -> func.HttpResponse:
    return _LinkRequest.of(req).show()


@bp.route(route="acknowledge/{token}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=REFERRALS, connection=REFERRALS_STORAGE)
@handle_errors
@map_provider_errors()
def acknowledge(req: func.HttpRequest, nudge: func.Out[str]) -> func.HttpResponse:
    return _LinkRequest.of(req).confirm(nudge)


@dataclass(frozen=True, slots=True)
class _LinkRequest:
    """One request by the provider at one link, and the referral as it was when it came."""

    req: func.HttpRequest
    built: Services
    link: AcknowledgeLink
    referral: Referral
    now: datetime

    @classmethod
    def of(cls, req: func.HttpRequest) -> Self:
        """Raises ReferralLinkError if the link is not valid, or its referral did not go out with such a link."""
        built = services()
        link = built.referrals.links.acknowledge_link(token_of(req))
        referral = built.referrals.acknowledgements.statuses.status(link.reference)
        if referral is None or referral.delivery != INLINE or referral.was_never_sent:
            raise ReferralLinkError
        return cls(req, built, link, referral, built.now())

    def show(self, *errors: FieldError) -> func.HttpResponse:
        facts = {"referral": ProviderView.of(self.referral), "address": self.address, "site": self.built.site_url}
        if self.referral.state in FINISHED:
            news = _DONE.get(self.req.params.get("done", ""), "")
            return page(render("provider/gone.html", self.built.content, **facts, news=news))
        token = issue_token(self.built.referrals.links.signer, _FORM, self.subject, self.now)
        facts |= {"form_token": token, "errors": errors, "is_early": self.is_early}
        return page(render("provider/acknowledge.html", self.built.content, **facts), 422 if errors else 200)

    def confirm(self, nudge: func.Out[str]) -> func.HttpResponse:
        errors = () if self.referral.state in FINISHED else self.refusals()
        if errors:
            return self.show(*errors)
        recorder = self.built.referrals.acknowledgements
        outcome = recorder.acknowledge(self.link.reference, self.now, version=self.referral.version)
        if outcome is Acknowledgement.UNKNOWN:
            raise ReferralLinkError
        if outcome is Acknowledgement.CHANGED:
            return _LinkRequest.of(self.req).show(_AGAIN)
        nudge.set(referral_message(self.link.reference))
        return see_other(f"{self.address}?done={'now' if outcome is Acknowledgement.ACKNOWLEDGED else 'already'}")

    def refusals(self) -> tuple[FieldError, ...]:
        """The reason why this confirmation does not count, if there is one."""
        sent, signer = _sent(self.req), self.built.referrals.links.signer
        if sent.text("saved") != "yes":
            return (_SELECT,)
        if not is_ripe(signer, _FORM, self.subject, sent.text(TOKEN), self.now):
            return (_AGAIN,)
        return (_LATER,) if self.is_early else ()

    @property
    def is_early(self) -> bool:
        return self.link.sent_at is not None and abs(self.now - self.link.sent_at) < TOO_SOON

    @property
    def subject(self) -> str:
        """The subject of the page's token: this link, and the email that it is about."""
        return f"{token_of(self.req)}/{self.referral.version}"

    @property
    def address(self) -> str:
        return path_to("acknowledge", token_of(self.req))


def _sent(req: func.HttpRequest) -> Submission:
    """The form that was posted; an empty one for a body that is no form, which no page of ours sends."""
    try:
        return read_body(req)
    except BodyError:
        return Submission({}, is_form=True)
