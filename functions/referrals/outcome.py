"""Routes of the page with a referral's reference, which its address opens for 15 minutes."""

import azure.functions as func

from functions.forms.body import read_form_value
from functions.forms.negotiation import wants_json
from functions.referrals.reference_page import SENT, opened_facts
from functions.web.error_handling import handle_errors
from functions.web.links import token_of
from functions.web.render import render
from functions.web.responses import json_body, page, see_other
from shared.bootstrap import services

bp = func.Blueprint()

_SHOWN = "shown"


@bp.route(route="one-to-one/sent/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def referral_outcome(req: func.HttpRequest) -> func.HttpResponse:
    """The reference, the words and the day to ask after, as they were then; reads no referral."""
    built = services()
    now, token = built.now(), token_of(req)
    found = SENT.open(built.signer, token, now)
    reference, by, *words = found.parts  # an address of before has no words
    if wants_json(req):
        return json_body({"reference": reference, "by": by, "words": " ".join(words)})
    facts = {
        "reference": reference,
        "by": built.content.dates.iso_day(by) if by else "",
        "words": " ".join(words),
        "sealed": built.referrals.are_sealed_for_provider,
        "mailbox_fails": built.referrals.provider_mailbox.is_failing(now),
        **opened_facts(token, found, now, built.content.dates),
    }
    return page(render("referrals/received.html", built.content, **facts))


@bp.route(route="one-to-one/sent", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def show_reference_longer(req: func.HttpRequest) -> func.HttpResponse:
    """Another 15 minutes for a page that is still shown (WCAG 2.2.1), as often as someone asks."""
    built = services()
    found = SENT.open(built.signer, read_form_value(req, _SHOWN), built.now())
    return see_other(SENT.issue(built.signer, built.now(), *found.parts))
