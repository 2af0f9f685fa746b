"""Route with which the provider collects referrals: opens one with a passphrase, saves it, and confirms that.

For half an hour the same passphrase opens the others that wait, each with a proof and an address of its own.

One function for all of it, so that one setting keeps it out of the public app: only the worker may use the key that
decrypts referrals. Secrets travel in bodies, never in an address, and no browser may keep an answer.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import azure.functions as func

from functions.forms.body import read_form_value
from functions.forms.request_values import route_value
from functions.forms.timed_page import TimedPage
from functions.forms.tokens import TOKEN
from functions.forms.validation import FieldError
from functions.problems.http_errors import PageNotFoundError
from functions.problems.provider import map_provider_errors
from functions.provider import expired, passphrase_page, sealed
from functions.provider.link_pages import LinkPages
from functions.provider.sealed import SealedRequest
from functions.provider.view import in_words
from functions.provider.waiting_view import REFUSED, WaitingView, refusal
from functions.queues import REFERRALS, REFERRALS_STORAGE
from functions.web.error_handling import handle_errors
from functions.web.links import path_to, token_of
from functions.web.responses import respond, see_other
from shared.bootstrap import Services, services
from shared.referrals.collection.collector import Collector, OpenedReferral
from shared.referrals.collection.download import as_text, file_name
from shared.referrals.collection.waiting_referrals import WaitingReferrals
from shared.referrals.errors import (
    KeyUnavailableError,
    LinkExpiredError,
    PassphraseError,
    PassphraseTooSoonError,
    ProofError,
    ReferralGoneError,
    SessionLostError,
)
from shared.referrals.model import FINISHED, Referral
from shared.tables.table import StorageError
from shared.wording.sentences import sentence

bp = func.Blueprint()

_EMPTY = FieldError("passphrase", sentence("messages.passphrase.missing"))
_AGAIN = FieldError("passphrase", sentence("messages.passphrase.expired"))
_LOST = FieldError("passphrase", sentence("messages.passphrase.lost"))


@bp.route(route="collect/{token}/{act?}", methods=["GET", "HEAD", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=REFERRALS, connection=REFERRALS_STORAGE)
@handle_errors
@map_provider_errors()
def collect(req: func.HttpRequest, nudge: func.Out[str]) -> func.HttpResponse:
    built, name = services(), ("POST" if req.method == "POST" else "GET", route_value(req, "act"))
    now = built.now()
    try:
        return _answer(req, nudge, built, name, now)
    except LinkExpiredError as error:
        return expired.answer(req, "collect", error.reference, built, now)
    except ReferralGoneError:
        return see_other(path_to("collect", token_of(req)))  # that page says so


def _answer(
    req: func.HttpRequest, nudge: func.Out[str], built: Services, name: tuple[str, str], now: datetime
) -> func.HttpResponse:
    """The answer to a request by its method and act; what only the provider's keys open has pages of its own."""
    desk, collector = built.referrals.sealed_collection, built.referrals.collector
    if desk is None or (name not in _ACTIONS and name not in sealed.ACTIONS):
        raise PageNotFoundError
    opens_nothing = collector is None and built.referrals.are_sealed_for_provider
    if desk.is_sealed(token_of(req), now) or opens_nothing:
        return sealed.answer(SealedRequest(req, nudge, built, now, desk), name)
    if collector is None or name not in _ACTIONS:
        raise PageNotFoundError
    request = _ProviderRequest(req, nudge, built, now, collector)
    try:
        return _ACTIONS[name](request)
    except ProofError as error:
        return request.ask_again(_LOST if isinstance(error, SessionLostError) else _AGAIN)


@dataclass(frozen=True, slots=True)
class _ProviderRequest(LinkPages):
    """One request at the link of a referral that a passphrase opens."""

    collector: Collector

    def look(self) -> Referral:
        return self.collector.look(self.token, self.now)

    def unfinished_page(self, *errors: FieldError) -> func.HttpResponse:
        return self.passphrase_form(*errors)

    def open(self) -> func.HttpResponse:
        passphrase, entered = read_form_value(self.req, "passphrase"), self._passphrase_page
        if not passphrase:
            return self.passphrase_form(_EMPTY, form_token=entered.token_again)
        try:
            collected = self.collector.open(self.token, passphrase, self.now, entered.waited, entered.name)
        except PassphraseError as error:
            return self.passphrase_form(passphrase_page.wrong(error))
        except PassphraseTooSoonError as error:
            return self.passphrase_form(
                passphrase_page.too_soon(error), form_token=entered.token_after(comparison=error.is_page_used)
            )
        return self.opened_page(collected)

    def open_waiting(self) -> func.HttpResponse:
        """Another referral of the list; or, without a reference, this one again for the proof of having opened it."""
        session, reference = self.sent("session"), self.sent("reference")
        if not reference:
            again = self.collector.open_again(self.token, self.sent("proof"), self.now)
            session = session if self.waiting.is_good(self.token, session, self.now) else ""
            return self.opened_page(replace(again, token=self.token, session=session))
        try:
            return self.opened_page(self.waiting.open(self.token, session, reference, self.now))
        except REFUSED as error:
            status, message = refusal(reference, error)
            listed = self.waiting.listed(self.token, session, self.now)
            return self.list_page(listed, session, errors=(message,), status=status)

    def list(self) -> func.HttpResponse:
        session = self.sent("session")
        return self.list_page(self.waiting.listed(self.token, session, self.now), session)

    def save(self) -> func.HttpResponse:
        collected = self.collector.open_again(self.token, self.sent("proof"), self.now)
        reference = collected.referral.reference
        headers = {"Content-Disposition": f'attachment; filename="{file_name(reference)}"'}
        return respond(as_text(reference, collected.answers), "text/plain", headers=headers)

    def acknowledge(self) -> func.HttpResponse:
        self.collector.acknowledge(self.token, self.sent("proof"), self.now)
        return self.page_after()

    def set_aside(self) -> func.HttpResponse:
        """Asks whether it is meant, and sets the referral aside once that is confirmed."""
        proof = self.sent("proof")
        if self.sent("confirmed") != "yes":
            referral = self.collector.check_opened(self.token, proof, self.now)
            return self.page("provider/not-genuine.html", referral, proof=proof, session=self.sent("session"))
        self.collector.set_aside(self.token, proof, self.now)
        return self.page_after()

    def opened_page(self, opened: OpenedReferral) -> func.HttpResponse:
        """The answers, at the address of their own link, and below them what else waits."""
        facts = {"answers": opened.answers, "proof": opened.proof, "session": opened.session}
        facts |= {
            "address": path_to("collect", opened.token),
            "opened_before": in_words(opened.opened_before, self.built.content.dates),
        }
        return self.page("provider/referral.html", opened.referral, waiting=self._beside(opened), **facts)

    def list_page(self, listed: Sequence[Referral], session: str, **facts: Any) -> func.HttpResponse:
        referral = self.look()
        view = WaitingView.of(listed, self.built.content, self.sent("page"))
        return self.page("provider/waiting.html", referral, waiting=view, session=session, **facts)

    def page_after(self) -> func.HttpResponse:
        """The list if others wait and the passphrase was entered in the last half hour; else the referral's page."""
        session, referral = self.sent("session"), self.look()
        done = "set-aside" if referral.is_set_aside else "now"  # by this request, or by a colleague a moment before
        with suppress(ProofError, KeyUnavailableError, StorageError):
            if session and (listed := self.waiting.listed(self.token, session, self.now)):
                return self.list_page(listed, session, done=done)
        return see_other(f"{self.address}?done={done}")

    def _beside(self, opened: OpenedReferral) -> WaitingView | None:
        """Others that wait; None if they cannot be read: the answers are shown all the same."""
        try:
            return WaitingView.of(self.waiting.beside(opened) if opened.session else (), self.built.content)
        except StorageError:
            return None

    def ask_again(self, reason: FieldError) -> func.HttpResponse:
        """Asks for the passphrase; where this referral is finished it opens nothing, and the page says what does."""
        if self.look().state in FINISHED:
            return see_other(f"{self.address}?done=over")
        return self.passphrase_form(reason)

    def passphrase_form(self, *errors: FieldError, form_token: str = "") -> func.HttpResponse:
        facts = {"errors": errors, "form_token": form_token or self._passphrase_page.new_token}
        return self.page("provider/collect.html", self.look(), **facts)

    @property
    def waiting(self) -> WaitingReferrals:
        return WaitingReferrals(self.collector, self.built.referrals.most_a_day)

    @property
    def _passphrase_page(self) -> TimedPage:
        return TimedPage("passphrase", self.token, self.sent(TOKEN), self.collector.links.signer, self.now)


_ACTIONS: dict[tuple[str, str], Callable[[_ProviderRequest], func.HttpResponse]] = {
    ("GET", ""): _ProviderRequest.show,
    ("POST", ""): _ProviderRequest.open,
    ("POST", "list"): _ProviderRequest.list,
    ("POST", "open"): _ProviderRequest.open_waiting,
    ("POST", "file"): _ProviderRequest.save,
    ("POST", "not-genuine"): _ProviderRequest.set_aside,
    ("POST", "acknowledge"): _ProviderRequest.acknowledge,
    ("POST", "keep"): _ProviderRequest.keep,
    ("POST", "word"): _ProviderRequest.say,
}
