"""A page whose token says since when it is open, for what may be tried only so often.

After several wrong tries the page has to be open for some seconds before one is compared, and its token serves for one
comparison then. The token stays when none was made, so that the wait ends.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from functions.forms.tokens import age_of, issue_token
from shared.signing import Signer
from shared.wording.sentences import sentence
from shared.wording.translation import Sentence


@dataclass(frozen=True, slots=True)
class TimedPage:
    """The page of a `form` about one `subject`, whose `sent` token comes with a request of `now` (UTC)."""

    form: str
    subject: str = field(repr=False)
    sent: str = field(repr=False)
    signer: Signer
    now: datetime

    @property
    def name(self) -> str:
        """The name of this page among others: its token; "" if that is none."""
        return "" if self._age is None else self.sent

    @property
    def new_token(self) -> str:
        return issue_token(self.signer, self.form, self.subject, self.now)

    @property
    def token_again(self) -> str:
        """The token that was sent, if it is one of this page; else a new one."""
        return self.name or self.new_token

    def token_after(self, *, comparison: bool) -> str:
        """The token for the next try: a new one if this page had its `comparison`."""
        return self.new_token if comparison else self.token_again

    @property
    def waited(self) -> timedelta:
        """The time for which the page was open: none if its token is missing, of another page, or a day old."""
        return self._age or timedelta(0)

    @property
    def _age(self) -> timedelta | None:
        return age_of(self.signer, self.form, self.subject, self.sent, self.now)


def seconds_in_words(time: timedelta) -> Sentence:
    """Returns 1 second or 12 seconds; a part of one counts as a whole."""
    seconds = math.ceil(time.total_seconds())
    return sentence("time.second") if seconds == 1 else sentence("time.seconds", number=seconds)
