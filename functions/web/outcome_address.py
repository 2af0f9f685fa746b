"""Addresses of the pages that say what became of a form: a token that nobody can read, and that opens for 15 minutes.

A browser keeps the addresses it was sent to. Whoever opens its history later finds a page that says nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.problems.http_errors import OutcomeExpiredError, PageNotFoundError
from functions.web.opaque_tokens import OpaqueToken
from shared.signing import Signer

SHOWN_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The facts that an address carries, and the moment until which it opens its page (UTC)."""

    parts: tuple[str, ...]
    until: datetime

    def seconds_left(self, now: datetime) -> int:
        """Whole seconds until the page closes; at least one."""
        return max(1, (self.until - now) // timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class OutcomeAddress:
    """The addresses below `path`. `expired` is raised for one whose 15 minutes are over."""

    path: str
    expired: type[OutcomeExpiredError]

    def issue(self, signer: Signer, now: datetime, *parts: str) -> str:
        """The path of the page that shows these facts until 15 minutes after `now` (aware)."""
        return f"{self.path}/{self.token(signer, now, *parts)}"

    def token(self, signer: Signer, now: datetime, *parts: str) -> str:
        """The last part of that path."""
        return OpaqueToken(self.path).issue(signer, now, *parts)

    def open(self, signer: Signer, token: str, now: datetime) -> Outcome:
        """The facts of a token.

        Raises:
            PageNotFoundError: this service did not issue it for this page.
            OutcomeExpiredError: as `expired`; it did, 15 minutes ago or more.
        """
        found = OpaqueToken(self.path).read(signer, token)
        if found is None:
            raise PageNotFoundError
        if now >= found.issued + SHOWN_FOR:
            raise self.expired
        return Outcome(found.parts, found.issued + SHOWN_FOR)
