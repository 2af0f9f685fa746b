"""Links in emails to the provider: each opens one referral, for one purpose, for 60 days, and names no one.

They are made with a key that only the worker has, and sealed: an address that someone reads in a log names no referral
and no day. Links that were signed with this key before, and name both, open for as long. Older ones were signed with
the key of both apps: whoever has taken over the web app can make such links, so they open nothing but the page that
offers a new one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from shared.local_time import local_day
from shared.referrals.days import days_since
from shared.referrals.delivery import sealed_tokens
from shared.referrals.errors import ReferralLinkError
from shared.signing import Signer

LASTS_DAYS = 60
"""Days after its email on which a link still opens, in London; the one after these days is too late."""

_MOST_AHEAD = 1  # day: a clock that was wrong when the email was sent must not make a link that lasts for years
_ACKNOWLEDGE = "acknowledge-referral"
_COLLECT = "collect-referral"
_NEVER = ""
_NO_KEYS = Signer(())


@dataclass(frozen=True, slots=True)
class ProviderLink:
    """A link as it was given out.

    Attributes:
        reference: the referral that it is about.
        sent_on: the day in London on which its email was sent; "" for one that was signed with a former key.
        sent_at: the moment of sending (UTC), in a link to acknowledge. It is in the link, which only the provider's
            mailbox holds, and so in no table.
    """

    reference: str
    sent_on: str = _NEVER
    sent_at: datetime | None = None

    def is_expired(self, now: datetime) -> bool:
        """True if it does not open any more at `now` (UTC)."""
        days = days_since(self.sent_on, date.fromisoformat(local_day(now)))
        return days is None or not -_MOST_AHEAD <= days <= LASTS_DAYS


type _Read = Callable[[tuple[str, ...]], ProviderLink | None]


@dataclass(frozen=True, slots=True)
class ReferralLinks:
    """Makes and reads them. `collect_url` is the worker app's address, without a last slash.

    An email that holds the answers carries the link to acknowledge them. One that does not carries the link to collect
    them, and never the other too: answers would be erased that no one has seen.

    `signer` has the keys of provider links, `former` those with which such links were signed before.
    """

    signer: Signer
    collect_url: str
    former: Signer = _NO_KEYS

    def to_acknowledge(self, reference: str, sent_at: datetime) -> str:
        """The page on which the provider confirms that it has the answers, for an email that is sent at `sent_at`."""
        token = sealed_tokens.issue(self.signer, _ACKNOWLEDGE, reference, str(int(sent_at.timestamp())))
        return f"{self.collect_url}/acknowledge/{token}"

    def to_collect(self, reference: str, sent_at: datetime) -> str:
        """The page that asks for the passphrase and shows the answers, for an email that is sent at `sent_at`."""
        return f"{self.collect_url}/collect/{self.collect_token(reference, sent_at)}"

    def collect_token(self, reference: str, sent_at: datetime) -> str:
        """The part of `to_collect` that names the referral."""
        return sealed_tokens.issue(self.signer, _COLLECT, reference, local_day(sent_at))

    def collect_token_beside(self, token: str, reference: str) -> str:
        """A token to collect another referral, for whoever has this link: it expires with it.

        Raises:
            ReferralLinkError: this one was never issued.
        """
        return sealed_tokens.issue(self.signer, _COLLECT, reference, self.collect_link(token).sent_on)

    def acknowledge_link(self, token: str) -> ProviderLink:
        """A link to acknowledge.

        Raises:
            ReferralLinkError: it was never issued.
        """
        return self._read(_ACKNOWLEDGE, token, _with_moment)

    def collect_link(self, token: str) -> ProviderLink:
        """A link to collect.

        Raises:
            ReferralLinkError: it was never issued.
        """
        return self._read(_COLLECT, token, _with_day)

    def _read(self, purpose: str, token: str, read: _Read) -> ProviderLink:
        parts = sealed_tokens.read(self.signer, purpose, token) or self.signer.parse_token(purpose, token)
        link = read(parts) if parts else None
        if link is not None:
            return link
        former = self.former.parse_token(purpose, token)
        if former is None or len(former) > 2:
            raise ReferralLinkError
        return ProviderLink(former[0])


def _with_moment(parts: tuple[str, ...]) -> ProviderLink | None:
    match parts:
        case (reference, seconds) if seconds.isascii() and seconds.isdecimal() and len(seconds) < 12:
            sent_at = datetime.fromtimestamp(int(seconds), UTC)
            return ProviderLink(reference, local_day(sent_at), sent_at)
        case _:
            return None


def _with_day(parts: tuple[str, ...]) -> ProviderLink | None:
    return ProviderLink(*parts) if len(parts) == 2 and parts[1] else None
