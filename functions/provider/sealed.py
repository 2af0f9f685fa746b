"""The pages of a referral that only the provider's keys open: its file, and the field for the code of who opened it.

Nothing here asks for a passphrase or a key, and no page takes a file.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import azure.functions as func

from functions.forms.timed_page import TimedPage, seconds_in_words
from functions.forms.tokens import TOKEN
from functions.forms.validation import FieldError
from functions.problems.http_errors import PageNotFoundError
from functions.provider.link_pages import LinkPages
from functions.provider.waiting_view import WaitingView
from functions.web.links import path_to
from functions.web.responses import respond, see_other
from shared.referrals.collection.sealed_collection import CodeEntry, SealedCollection
from shared.referrals.errors import KeyUnavailableError, PassphraseError, PassphraseTooSoonError
from shared.referrals.model import FINISHED, Referral
from shared.referrals.provider_sealing.referral_file import file_name
from shared.tables.table import StorageError
from shared.wording.sentences import sentence

_EMPTY = FieldError("code", sentence("messages.code.missing"))


@dataclass(frozen=True, slots=True)
class SealedRequest(LinkPages):
    """One request at the link of a referral that this service cannot open."""

    desk: SealedCollection

    def look(self) -> Referral:
        return self.desk.look(self.token, self.now)

    def unfinished_page(self, *errors: FieldError) -> func.HttpResponse:
        """The page with the file; raises KeyUnavailableError for one that was sealed with a key of before."""
        if not self.desk.is_sealed(self.token, self.now):
            raise KeyUnavailableError("sealed before the provider had keys of its own")
        return self.code_form(*errors)

    def code_form(self, *errors: FieldError, form_token: str = "") -> func.HttpResponse:
        facts = {"errors": errors, "form_token": form_token or self.page_of_code.new_token}
        return self.page("provider/sealed.html", self.look(), typed=self.sent("code") if errors else "", **facts)

    def file(self) -> func.HttpResponse:
        content = self.desk.file(self.token, self.now)
        headers = {"Content-Disposition": f'attachment; filename="{file_name(self.look().reference)}"'}
        return respond(content, "application/octet-stream", headers=headers)

    def acknowledge(self) -> func.HttpResponse:
        self.desk.acknowledge(self.token, self._entry, self.now)
        return self.page_after()

    def set_aside(self) -> func.HttpResponse:
        """Asks whether it is meant, and sets the referral aside once that is confirmed."""
        if self.sent("confirmed") != "yes":
            referral = self.desk.check(self.token, self._entry, self.now)
            facts = {"code": self.sent("code"), "form_token": self.page_of_code.new_token}
            return self.page("provider/not-genuine.html", referral, **facts)
        self.desk.set_aside(self.token, self._entry, self.now)
        return self.page_after()

    def list_waiting(self) -> func.HttpResponse:
        self.desk.compare(self.token, self._entry, self.now)
        return self.list_page(self._waiting())

    def page_after(self) -> func.HttpResponse:
        """The list if others wait; else the referral's page. For whoever has just entered the code."""
        done = "set-aside" if self.look().is_set_aside else "now"
        with suppress(StorageError):  # what was done is done: the list is the smaller matter
            if waiting := self._waiting():
                return self.list_page(waiting, done=done)
        return see_other(f"{self.address}?done={done}")

    def list_page(self, waiting: Sequence[tuple[Referral, str]], done: str = "") -> func.HttpResponse:
        view = WaitingView.of([each for each, _ in waiting], self.built.content, self.sent("page"))
        addresses = {each.reference: path_to("collect", token) for each, token in waiting}
        facts = {"waiting": view, "addresses": addresses, "code": self.sent("code"), "done": done}
        return self.page("provider/sealed-waiting.html", self.look(), form_token=self.page_of_code.new_token, **facts)

    def _waiting(self) -> list[tuple[Referral, str]]:
        return self.desk.others(self.token, self.built.referrals.most_a_day, self.now)

    @property
    def _entry(self) -> CodeEntry:
        return CodeEntry(self.sent("code"), self.page_of_code.waited, self.page_of_code.name)

    @property
    def page_of_code(self) -> TimedPage:
        """The page from which the code came."""
        return TimedPage("code", self.token, self.sent(TOKEN), self.built.referrals.links.signer, self.now)


def answer(request: SealedRequest, name: tuple[str, str]) -> func.HttpResponse:
    """The answer to a request by its method and act; the page comes again for a code that is wrong or missing."""
    if name not in ACTIONS:
        raise PageNotFoundError
    if name[1] in _NEED_CODE and not request.sent("code").strip():
        return _again(request, _EMPTY, comparison=False)
    try:
        return ACTIONS[name](request)
    except PassphraseError as error:
        return _again(request, _wrong(error))
    except PassphraseTooSoonError as error:
        message = FieldError("code", sentence("messages.code.too-soon", time=seconds_in_words(error.wait)))
        return _again(request, message, comparison=error.is_page_used)


def _again(request: SealedRequest, message: FieldError, *, comparison: bool = True) -> func.HttpResponse:
    """The page of the referral with the message; of one that is finished, whose code was asked for, without."""
    if request.look().state in FINISHED:
        return request.show()
    return request.code_form(message, form_token=request.page_of_code.token_after(comparison=comparison))


def _wrong(error: PassphraseError) -> FieldError:
    if error.delay:
        return FieldError("code", sentence("messages.code.wrong-wait", time=seconds_in_words(error.delay)))
    return FieldError("code", sentence("messages.code.wrong"))


ACTIONS: dict[tuple[str, str], Callable[[SealedRequest], func.HttpResponse]] = {
    ("GET", ""): SealedRequest.show,
    ("GET", "file"): SealedRequest.file,
    ("POST", "acknowledge"): SealedRequest.acknowledge,
    ("POST", "not-genuine"): SealedRequest.set_aside,
    ("POST", "list"): SealedRequest.list_waiting,
    ("POST", "keep"): SealedRequest.keep,
    ("POST", "word"): SealedRequest.say,
}

_NEED_CODE = {"acknowledge", "not-genuine", "list"}
