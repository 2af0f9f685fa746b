"""The page that asks for the passphrase: how long it was open, and what it says of one that is wrong or comes too soon.

After several wrong passphrases, over all links, the page has to be open for some seconds before one is compared. Its
token says since when it is, and serves for one comparison then. The token stays when none was made, so that the wait
ends.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import azure.functions as func

from functions.forms.body import read_form_value
from functions.forms.tokens import TOKEN, age_of, issue_token
from functions.forms.validation import FieldError
from shared.referrals.errors import PassphraseError, PassphraseTooSoonError
from shared.signing import Signer
from shared.wording.sentences import sentence
from shared.wording.translation import Sentence

_FORM = "passphrase"


@dataclass(frozen=True, slots=True)
class PassphrasePage:
    """The page at one link, as a request of `now` (UTC) sends its form."""

    req: func.HttpRequest
    link: str
    signer: Signer
    now: datetime

    @property
    def name(self) -> str:
        """The name of this page among others: its token; "" if that is none."""
        return "" if self._age is None else self._sent

    @property
    def new_token(self) -> str:
        return issue_token(self.signer, _FORM, self.link, self.now)

    @property
    def token_again(self) -> str:
        """The token that was sent, if it is one of this page; else a new one."""
        return self.name or self.new_token

    def token_after(self, error: PassphraseTooSoonError) -> str:
        """The token for the next try: a new one if this page had its comparison."""
        return self.new_token if error.is_page_used else self.token_again

    @property
    def waited(self) -> timedelta:
        """The time for which the page was open: none if its token is missing, of another page, or a day old."""
        return self._age or timedelta(0)

    @property
    def _age(self) -> timedelta | None:
        return age_of(self.signer, _FORM, self.link, self._sent, self.now)

    @property
    def _sent(self) -> str:
        return read_form_value(self.req, TOKEN)


def wrong(error: PassphraseError) -> FieldError:
    """The message about a wrong passphrase."""
    if error.delay:
        return FieldError("passphrase", sentence("messages.passphrase.wrong-wait", time=_in_words(error.delay)))
    return FieldError("passphrase", sentence("messages.passphrase.wrong"))


def too_soon(error: PassphraseTooSoonError) -> FieldError:
    """The message about one that was not looked at."""
    return FieldError("passphrase", sentence("messages.passphrase.too-soon", time=_in_words(error.wait)))


def _in_words(time: timedelta) -> Sentence:
    seconds = math.ceil(time.total_seconds())
    return sentence("time.second") if seconds == 1 else sentence("time.seconds", number=seconds)
