"""The pages that every link to collect a referral has, in whichever way it is opened: confirmed, gone, kept, told."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import azure.functions as func

from functions.forms.body import read_form_value
from functions.forms.request_values import query
from functions.forms.tokens import NOT_YET
from functions.forms.validation import FieldError
from functions.provider import keeping, word_back
from functions.provider.view import ProviderView
from functions.web.links import path_to, token_of
from functions.web.render import render
from functions.web.responses import page, see_other
from shared.bootstrap import Services
from shared.referrals.model import Referral


@dataclass(frozen=True, slots=True)
class LinkPages(ABC):
    """One request by the provider at one link."""

    req: func.HttpRequest
    nudge: func.Out[str]
    built: Services
    now: datetime

    @abstractmethod
    def look(self) -> Referral:
        """The link's referral; raises ReferralLinkError, LinkExpiredError and StorageError."""

    @abstractmethod
    def unfinished_page(self, *errors: FieldError) -> func.HttpResponse:
        """The page of one that waits for the provider."""

    def show(self, *errors: FieldError) -> func.HttpResponse:
        referral = self.look()
        view = ProviderView.of(referral, self.built.content)
        if view.is_finished:
            return self.confirmed_page(referral, *errors)
        return self.page(view.gone_page, referral, errors=errors) if view.is_gone else self.unfinished_page()

    def keep(self) -> func.HttpResponse:
        referral, sent = self.look(), keeping.posted(self.req)
        if not keeping.is_meant(sent, self.built.referrals.links.signer, self.token, referral, self.now):
            is_finished = ProviderView.of(referral, self.built.content).is_finished
            return self.confirmed_page(referral, NOT_YET) if is_finished else self.show()
        done = keeping.keep(self.built.referrals.acknowledgements, referral, self.nudge, self.now)
        return see_other(f"{self.address}?done={done}")

    def say(self) -> func.HttpResponse:
        referral, sent = self.look(), keeping.posted(self.req)
        errors = word_back.say(self.built, sent, self.token, referral, self.now)
        return self.show(*errors) if errors else see_other(f"{self.address}?done=told")

    def confirmed_page(self, referral: Referral, *errors: FieldError) -> func.HttpResponse:
        facts = keeping.form_facts(self.built.referrals.links.signer, self.token, referral, self.now)
        keep_address = f"{self.address}/keep"
        template = "provider/set-aside.html" if referral.is_set_aside else "provider/confirmed.html"
        return self.page(template, referral, errors=errors, keep_address=keep_address, **facts)

    def page(self, template: str, referral: Referral, **facts: Any) -> func.HttpResponse:
        view = ProviderView.of(referral, self.built.content)
        known = {"referral": view, "address": self.address, "site": self.built.site_url}
        known |= {"done": query(self.req, "done"), "grace_weekdays": self.built.referrals.grace_weekdays}
        known |= {"word_address": f"{self.address}/word"}
        known |= word_back.form_facts(self.built, self.token, referral, self.now)
        status = facts.pop("status", 422 if facts.get("errors") else 200)
        return page(render(template, self.built.content, **(known | facts)), status)

    def sent(self, name: str) -> str:
        """The value that was posted under this name; "" if none was."""
        return read_form_value(self.req, name)

    @property
    def token(self) -> str:
        return token_of(self.req)

    @property
    def address(self) -> str:
        return path_to("collect", self.token)
