"""Routes with which the provider confirms receipt of a referral: a GET shows a page, only its button confirms.

They run in the public app and change the status alone. The worker, told by the queue, deletes the encrypted answers.
"""

import azure.functions as func

from functions.problems.provider import map_provider_errors
from functions.provider.view import ProviderView
from functions.queues import REFERRALS, REFERRALS_STORAGE, referral_message
from functions.web.error_handling import handle_errors
from functions.web.links import path_to, token_of
from functions.web.render import render
from functions.web.responses import page, see_other
from shared.bootstrap import services
from shared.referrals.collection.acknowledgement import Acknowledgement
from shared.referrals.errors import ReferralLinkError
from shared.referrals.model import FINISHED

bp = func.Blueprint()

_DONE = {"now": "Thank you", "already": "You had already told us"}


@bp.route(route="acknowledge/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
@map_provider_errors()
def acknowledge_form(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    reference = built.referrals.links.reference_to_acknowledge(token_of(req))
    referral = built.referrals.acknowledgements.statuses.status(reference)
    if referral is None:
        raise ReferralLinkError
    facts = {"referral": ProviderView.of(referral), "address": _address(req), "site": built.site_url}
    if referral.state in FINISHED:
        news = _DONE.get(req.params.get("done", ""), "")
        return page(render("provider/gone.html", built.content, **facts, news=news))
    return page(render("provider/acknowledge.html", built.content, **facts))


@bp.route(route="acknowledge/{token}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=REFERRALS, connection=REFERRALS_STORAGE)
@handle_errors
@map_provider_errors()
def acknowledge(req: func.HttpRequest, nudge: func.Out[str]) -> func.HttpResponse:
    built = services()
    reference = built.referrals.links.reference_to_acknowledge(token_of(req))
    outcome = built.referrals.acknowledgements.acknowledge(reference, built.now())
    if outcome is Acknowledgement.UNKNOWN:
        raise ReferralLinkError
    nudge.set(referral_message(reference))
    return see_other(f"{_address(req)}?done={'now' if outcome is Acknowledgement.ACKNOWLEDGED else 'already'}")


def _address(req: func.HttpRequest) -> str:
    return path_to("acknowledge", token_of(req))
