"""The page of a link that has expired: it opens nothing, and offers to email a new link to the provider."""

from datetime import datetime

import azure.functions as func

from functions.forms.request_values import query
from functions.forms.tokens import NOT_YET, TOKEN, is_ripe, issue_token
from functions.forms.validation import FieldError
from functions.provider import keeping
from functions.provider.view import ProviderView
from functions.web.links import path_to, token_of
from functions.web.render import render
from functions.web.responses import page, see_other
from shared.bootstrap import Services
from shared.referrals.delivery.links import LASTS_DAYS
from shared.referrals.errors import ReferralLinkError
from shared.referrals.model import Referral

NEW_LINK = "new-link"
_FORM = "new-link"


def answer(req: func.HttpRequest, name: str, reference: str, built: Services, now: datetime) -> func.HttpResponse:
    """The answer to any request with an expired link; `name` is that of its page, as in its address.

    Raises:
        ReferralLinkError: the referral is deleted, or was never sent, so that no email has a link to it.
        StorageError: storage refuses, or gives no clear answer.
    """
    referral = built.referrals.acknowledgements.read(reference, now)
    if referral is None or (referral.was_never_sent and not referral.kept):
        raise ReferralLinkError
    sent, address = keeping.posted(req), path_to(name, token_of(req))
    if req.method != "POST" or sent.text("act") != NEW_LINK or ProviderView.of(referral, built.content).is_gone:
        return _show(req, address, referral, built, now)
    subject = keeping.subject(token_of(req), referral)
    if not is_ripe(built.referrals.links.signer, _FORM, subject, sent.text(TOKEN), now):
        return _show(req, address, referral, built, now, NOT_YET)
    is_sent = built.referrals.new_links.send(referral, now)
    return see_other(f"{address}?done={'emailed' if is_sent else 'sending'}")


def _show(
    req: func.HttpRequest, address: str, referral: Referral, built: Services, now: datetime, *errors: FieldError
) -> func.HttpResponse:
    view, signer = ProviderView.of(referral, built.content), built.referrals.links.signer
    facts = {"referral": view, "address": address, "site": built.site_url, "done": query(req, "done"), "word_token": ""}
    if view.is_gone:
        return page(render(view.gone_page, built.content, **facts))
    token = issue_token(signer, _FORM, keeping.subject(token_of(req), referral), now)
    facts |= {"form_token": token, "link_days": LASTS_DAYS, "errors": errors}
    return page(render("provider/expired.html", built.content, **facts), 422 if errors else 410)
