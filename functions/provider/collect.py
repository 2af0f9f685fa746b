"""Route with which the provider collects a referral: opens it with a passphrase, saves it, and confirms that.

One function for all of it, so that one setting keeps it out of the public app: only the worker may use the key that
decrypts referrals. Secrets travel in bodies, never in an address, and no browser may keep an answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import azure.functions as func

from functions.forms.body import read_form_value
from functions.forms.tokens import NOT_YET
from functions.forms.validation import FieldError
from functions.problems.http_errors import PageNotFoundError
from functions.problems.provider import map_provider_errors
from functions.provider import expired, keeping, passphrase_page
from functions.provider.passphrase_page import PassphrasePage
from functions.provider.view import ProviderView
from functions.queues import REFERRALS, REFERRALS_STORAGE
from functions.web.error_handling import handle_errors
from functions.web.links import path_to, token_of
from functions.web.render import render
from functions.web.responses import page, respond, see_other
from shared.bootstrap import Services, services
from shared.referrals.collection.collector import Collector
from shared.referrals.collection.download import as_text, file_name
from shared.referrals.errors import (
    LinkExpiredError,
    PassphraseError,
    PassphraseTooSoonError,
    ProofError,
    ReferralGoneError,
)
from shared.referrals.model import Referral

bp = func.Blueprint()

_EMPTY = FieldError("passphrase", "Enter the passphrase")
_AGAIN = FieldError("passphrase", "Enter the passphrase again: it is too long since you opened this referral")


@bp.route(route="collect/{token}/{act?}", methods=["GET", "HEAD", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=REFERRALS, connection=REFERRALS_STORAGE)
@handle_errors
@map_provider_errors()
def collect(req: func.HttpRequest, nudge: func.Out[str]) -> func.HttpResponse:
    built = services()
    act = _ACTIONS.get(("POST" if req.method == "POST" else "GET", req.route_params.get("act") or ""))
    if built.referrals.collector is None or act is None:
        raise PageNotFoundError
    request = _ProviderRequest(req, nudge, built, built.referrals.collector, built.now())
    try:
        return act(request)
    except LinkExpiredError as error:
        return expired.answer(req, "collect", error.reference, built, request.now)
    except ReferralGoneError:
        return see_other(request.address)  # that page says so
    except ProofError:
        return request.passphrase_form(_AGAIN)


@dataclass(frozen=True, slots=True)
class _ProviderRequest:
    """One request by the provider at one link."""

    req: func.HttpRequest
    nudge: func.Out[str]
    built: Services
    collector: Collector
    now: datetime

    def show(self) -> func.HttpResponse:
        referral = self.collector.look(self.token, self.now)
        view = ProviderView.of(referral, self.built.content)
        if view.is_confirmed:
            return self.confirmed_page(referral)
        return self._page("provider/gone.html", referral) if view.is_gone else self.passphrase_form()

    def open(self) -> func.HttpResponse:
        passphrase = read_form_value(self.req, "passphrase")
        if not passphrase:
            return self.passphrase_form(_EMPTY)
        try:
            collected = self.collector.open(self.token, passphrase, self.now, self._passphrase_page.waited)
        except PassphraseError as error:
            return self.passphrase_form(passphrase_page.wrong(error))
        except PassphraseTooSoonError as error:
            return self.passphrase_form(passphrase_page.too_soon(error), form_token=self._passphrase_page.token_again)
        facts = {"answers": collected.answers, "proof": collected.proof}
        return self._page("provider/referral.html", collected.referral, **facts)

    def save(self) -> func.HttpResponse:
        collected = self.collector.open_again(self.token, read_form_value(self.req, "proof"), self.now)
        reference = collected.referral.reference
        headers = {"Content-Disposition": f'attachment; filename="{file_name(reference)}"'}
        return respond(as_text(reference, collected.answers), "text/plain", headers=headers)

    def acknowledge(self) -> func.HttpResponse:
        self.collector.acknowledge(self.token, read_form_value(self.req, "proof"), self.now)
        return see_other(f"{self.address}?done=now")

    def keep(self) -> func.HttpResponse:
        referral, sent = self.collector.look(self.token, self.now), keeping.posted(self.req)
        if not keeping.is_meant(sent, self.collector.links.signer, self.token, referral, self.now):
            is_confirmed = ProviderView.of(referral, self.built.content).is_confirmed
            return self.confirmed_page(referral, NOT_YET) if is_confirmed else self.show()
        done = keeping.keep(self.built.referrals.acknowledgements, referral, self.nudge, self.now)
        return see_other(f"{self.address}?done={done}")

    def confirmed_page(self, referral: Referral, *errors: FieldError) -> func.HttpResponse:
        facts = keeping.form_facts(self.collector.links.signer, self.token, referral, self.now)
        keep_address = f"{self.address}/keep"
        return self._page("provider/confirmed.html", referral, errors=errors, keep_address=keep_address, **facts)

    def passphrase_form(self, *errors: FieldError, form_token: str = "") -> func.HttpResponse:
        facts = {"errors": errors, "form_token": form_token or self._passphrase_page.new_token}
        return self._page("provider/collect.html", self.collector.look(self.token, self.now), **facts)

    @property
    def _passphrase_page(self) -> PassphrasePage:
        return PassphrasePage(self.req, self.token, self.collector.links.signer, self.now)

    @property
    def token(self) -> str:
        return token_of(self.req)

    @property
    def address(self) -> str:
        return path_to("collect", self.token)

    def _page(self, template: str, referral: Referral, **facts: Any) -> func.HttpResponse:
        view = ProviderView.of(referral, self.built.content)
        facts |= {"referral": view, "address": self.address, "site": self.built.site_url}
        facts |= {"done": self.req.params.get("done", ""), "grace_weekdays": self.built.referrals.grace_weekdays}
        return page(render(template, self.built.content, **facts), 422 if facts.get("errors") else 200)


_ACTIONS: dict[tuple[str, str], Callable[[_ProviderRequest], func.HttpResponse]] = {
    ("GET", ""): _ProviderRequest.show,
    ("POST", ""): _ProviderRequest.open,
    ("POST", "file"): _ProviderRequest.save,
    ("POST", "acknowledge"): _ProviderRequest.acknowledge,
    ("POST", "keep"): _ProviderRequest.keep,
}
