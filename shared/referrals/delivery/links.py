"""Links in emails to the provider: each opens one referral, for one purpose, and names no one."""

from dataclasses import dataclass
from datetime import UTC, datetime

from shared.referrals.errors import ReferralLinkError
from shared.signing import Signer

_ACKNOWLEDGE = "acknowledge-referral"
_COLLECT = "collect-referral"


@dataclass(frozen=True, slots=True)
class AcknowledgeLink:
    """A link to acknowledge a referral, and the time (UTC) at which its email was sent; None in links of before.

    The time is in the link, which only the provider's mailbox holds, and so in no table.
    """

    reference: str
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReferralLinks:
    """Makes and reads them. `site_url` is the web app's address, `collect_url` the worker app's, without a last slash.

    An email that holds the answers carries the link to acknowledge them. One that does not carries the link to collect
    them, and never the other too: answers would be erased that no one has seen.
    """

    signer: Signer
    site_url: str
    collect_url: str

    def to_acknowledge(self, reference: str, sent_at: datetime | None = None) -> str:
        """The page on which the provider confirms that it has the answers, for an email that is sent at `sent_at`."""
        parts = (reference,) if sent_at is None else (reference, str(int(sent_at.timestamp())))
        return f"{self.site_url}/acknowledge/{self.signer.token(_ACKNOWLEDGE, *parts)}"

    def to_collect(self, reference: str) -> str:
        """The page that asks for the passphrase and shows the answers."""
        return f"{self.collect_url}/collect/{self.signer.token(_COLLECT, reference)}"

    def reference_to_acknowledge(self, token: str) -> str:
        """The reference that a link to acknowledge stands for.

        Raises:
            ReferralLinkError: it was never issued.
        """
        return self.acknowledge_link(token).reference

    def acknowledge_link(self, token: str) -> AcknowledgeLink:
        """A link to acknowledge: its reference, and when its email was sent.

        Raises:
            ReferralLinkError: it was never issued.
        """
        match self.signer.parse_token(_ACKNOWLEDGE, token):
            case (reference,):
                return AcknowledgeLink(reference)
            case (reference, seconds) if seconds.isdecimal():
                return AcknowledgeLink(reference, datetime.fromtimestamp(int(seconds), UTC))
            case _:
                raise ReferralLinkError

    def reference_to_collect(self, token: str) -> str:
        """The reference that a link to collect stands for.

        Raises:
            ReferralLinkError: it was never issued.
        """
        parts = self.signer.parse_token(_COLLECT, token)
        if parts is None or len(parts) != 1:
            raise ReferralLinkError
        return parts[0]
