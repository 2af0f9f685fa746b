"""The part of forwarding that recognises tests of the running service."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.composition.context import AppContext
from shared.mail.renderer import MailRenderer
from shared.referrals.delivery.notice_sender import NoticeSender
from shared.referrals.delivery.smoke_test import SmokeTest
from shared.referrals.intake.fixed_answers import fixed_record
from shared.referrals.model import Referral
from shared.referrals.sealed_answers import Sealed
from shared.signing import Signer

if TYPE_CHECKING:
    from shared.referrals.repository import ReferralRepository
    from shared.referrals.row_mac import RowMac


def smoke_test(
    context: AppContext,
    rows: "ReferralRepository",
    mac: "RowMac",
    unseal: Callable[[Referral, Sealed], bytes],
    notices: NoticeSender,
) -> SmokeTest | None:
    """None where there is no key for such tests, or no operator to tell."""
    key, operators, form = context.settings.smoke_key, context.settings.operators_email, context.content.one_to_one
    if key is None or operators is None:
        return None
    return SmokeTest(
        signer=Signer((key.get_secret_value(),)),
        sealed=rows.sealed,
        authenticate=mac.check,
        unseal=unseal,
        fixed=lambda now: fixed_record(form, now),
        notices=notices,
        renderer=MailRenderer(context.content),
        operators=operators,
    )
