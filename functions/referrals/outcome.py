"""Routes of the page with a referral's reference, which its address opens for 15 minutes."""

from datetime import datetime
from typing import Any

import azure.functions as func

from functions.forms.body import read_form_value
from functions.problems.http_errors import ReferralOutcomeExpiredError
from functions.web.error_handling import handle_errors
from functions.web.links import token_of
from functions.web.negotiation import wants_json
from functions.web.outcome_address import SHOWN_FOR, OutcomeAddress
from functions.web.render import render
from functions.web.responses import json_body, page, see_other
from shared.bootstrap import Services, services
from shared.local_time import clock_time, iso_day_in_words

bp = func.Blueprint()

SENT = OutcomeAddress("/one-to-one/sent", ReferralOutcomeExpiredError)

_SHOWN = "shown"


@bp.route(route="one-to-one/sent/{token}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def referral_outcome(req: func.HttpRequest) -> func.HttpResponse:
    """The reference and the day to ask after, as they were when the referral was accepted; reads no referral."""
    built = services()
    now, token = built.now(), token_of(req)
    found = SENT.open(built.signer, token, now)
    reference, by = found.parts
    if wants_json(req):
        return json_body({"reference": reference, "by": by})
    facts = {
        "reference": reference,
        "by": iso_day_in_words(by) if by else "",
        "mailbox_fails": built.referrals.provider_mailbox.is_failing(now),
        **_shown(token, found.until, found.seconds_left(now)),
    }
    return page(render("referrals/received.html", built.content, **facts))


@bp.route(route="one-to-one/sent", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def show_reference_longer(req: func.HttpRequest) -> func.HttpResponse:
    """Another 15 minutes for a page that is still shown (WCAG 2.2.1), as often as someone asks."""
    built = services()
    found = SENT.open(built.signer, read_form_value(req, _SHOWN), built.now())
    return see_other(SENT.issue(built.signer, built.now(), *found.parts))


def sent_facts(built: Services, reference: str, by: str) -> dict[str, Any]:
    """The template variables of another page that shows a reference: for 15 minutes from now."""
    now = built.now()
    token = SENT.token(built.signer, now, reference, by)
    return {"reference": reference, **_shown(token, now + SHOWN_FOR, SHOWN_FOR.seconds)}


def _shown(token: str, until: datetime, seconds: int) -> dict[str, Any]:
    return {"shown": token, "shown_until_time": clock_time(until), "shown_seconds": seconds}
