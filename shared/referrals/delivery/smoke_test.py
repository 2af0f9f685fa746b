"""Tests of the running service: made-up referrals that the operators are told of, and not the provider.

Every referral has a marker of 44 characters. It is random, or signed with a key that only the worker and such a test
have; without the key one looks like the other, in the table and in every log. A signed marker alone keeps nothing from
the provider: the answers have to be those that are fixed for tests, to the last byte. So whoever finds a marker, or has
the key, can keep no answers of a person's from the provider. In any doubt it is forwarded as every other referral.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from shared import base64url
from shared.mail.delivery import wait_after
from shared.mail.renderer import MailRenderer
from shared.referrals import transitions
from shared.referrals.delivery.notice_sender import OPERATORS, NoticeSender
from shared.referrals.errors import KeyUnavailableError, UnsealError
from shared.referrals.model import Referral
from shared.referrals.sealed_answers import Sealed
from shared.signing import Signer

logger = logging.getLogger(__name__)

_HALF = 22  # characters: 16 bytes in base64url
_PURPOSE = "smoke-test"


def random_marker() -> str:
    """A marker that means nothing, in two halves as a signed one has."""
    return base64url.encode(secrets.token_bytes(16)) + base64url.encode(secrets.token_bytes(16))


def signed_marker(signer: Signer) -> str:
    """A marker of a test: random characters, and the signature over them."""
    random = random_marker()[:_HALF]
    return random + signer.proof(_PURPOSE, random)


def is_signed(signer: Signer, marker: str) -> bool:
    return signer.is_proof(marker[_HALF:], _PURPOSE, marker[:_HALF])


@dataclass(frozen=True, slots=True, kw_only=True)
class SmokeTest:
    """Recognises tests, and tells the operators of them.

    `sealed` reads stored answers; `authenticate` and `unseal` are as in `ReferralForwarder`; `fixed` makes the record
    of the fixed answers, as it is sealed before it is padded, for a form that is filled in at that moment (UTC).
    """

    signer: Signer
    sealed: Callable[[str], tuple[Referral, Sealed] | None]
    authenticate: Callable[[Referral, Referral, Sealed, datetime], None]
    unseal: Callable[[Referral, Sealed], bytes]
    fixed: Callable[[datetime], bytes]
    notices: NoticeSender
    renderer: MailRenderer = field(repr=False)
    operators: str = field(repr=False)

    def recognises(self, referral: Referral, now: datetime) -> bool:
        """True if the marker is signed and the answers are the fixed ones. Only with such a marker are they opened.

        Raises:
            StorageError: the answers cannot be read now.
        """
        found = self.sealed(referral.reference) if is_signed(self.signer, referral.marker) else None
        if found is None:
            return False
        try:
            self.authenticate(referral, *found, now)
            answers = self.unseal(*found)
        except (UnsealError, KeyUnavailableError):
            return False
        return answers.rstrip() == self.fixed(now)

    def report(self, referral: Referral, now: datetime) -> transitions.Cells:
        """Emails the operators the reference, and returns the cells of its row: finished, or tried again later.

        Raises:
            StorageError: it is not known how far it came; report it again later.
        """
        message = self.renderer.render("operators-test", to=self.operators, reference=referral.reference)
        if self.notices.deliver(OPERATORS, f"{referral.reference}-{referral.epoch}-test", message, now):
            logger.info("a test of the service has arrived")  # without its reference: its absence is an alarm
            # It was opened here and went to no provider: its row asks nobody to look, and it counts in no numbers.
            return transitions.acknowledged_after_opening(referral, now) | {"Delivery": ""}
        return transitions.waiting(referral, now + wait_after(referral.attempts + 1), "operators-not-told", now)
