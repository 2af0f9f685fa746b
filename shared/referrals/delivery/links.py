"""Links in emails to the provider: each opens one referral, for one purpose, and names no one."""

from dataclasses import dataclass

from shared.referrals.errors import ReferralLinkError
from shared.signing import Signer

_ACKNOWLEDGE = "acknowledge-referral"
_COLLECT = "collect-referral"


@dataclass(frozen=True, slots=True)
class ReferralLinks:
    """Makes and reads them. `site_url` is the web app's address, `collect_url` the worker app's, without a last slash.

    An email that holds the answers carries the link to acknowledge them. One that does not carries the link to collect
    them, and never the other too: answers would be erased that no one has seen.
    """

    signer: Signer
    site_url: str
    collect_url: str

    def to_acknowledge(self, reference: str) -> str:
        """The page with the button "We have received this referral"."""
        return f"{self.site_url}/acknowledge/{self.signer.token(_ACKNOWLEDGE, reference)}"

    def to_collect(self, reference: str) -> str:
        """The page that asks for the passphrase and shows the answers."""
        return f"{self.collect_url}/collect/{self.signer.token(_COLLECT, reference)}"

    def reference_to_acknowledge(self, token: str) -> str:
        """The reference that a link to acknowledge stands for.

        Raises:
            ReferralLinkError: it was never issued.
        """
        return self._opened(_ACKNOWLEDGE, token)

    def reference_to_collect(self, token: str) -> str:
        """The reference that a link to collect stands for.

        Raises:
            ReferralLinkError: it was never issued.
        """
        return self._opened(_COLLECT, token)

    def _opened(self, purpose: str, token: str) -> str:
        parts = self.signer.parse_token(purpose, token)
        if parts is None or len(parts) != 1:
            raise ReferralLinkError
        return parts[0]
