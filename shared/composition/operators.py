"""Services that tell the operators: of tests, of what needs a person, and of what nobody collects."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.composition.context import AppContext
from shared.mail.renderer import MailRenderer
from shared.referrals.delivery.mailbox_health import ProviderMailbox
from shared.referrals.delivery.notice_sender import NoticeSender
from shared.referrals.delivery.smoke_test import SmokeTest
from shared.referrals.follow_up.operator_digest import OperatorDigest
from shared.referrals.follow_up.uncollected_notice import UncollectedNotice
from shared.referrals.intake.fixed_answers import fixed_record
from shared.referrals.model import Referral
from shared.referrals.retention.uncollected_rules import UncollectedLimit
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


def operator_digest(context: AppContext, notices: NoticeSender, mailbox: ProviderMailbox) -> OperatorDigest | None:
    """None where there is no operator to tell."""
    address = context.settings.operators_email
    if address is None:
        return None
    return OperatorDigest(address=address, notices=notices, mailbox=mailbox, renderer=MailRenderer(context.content))


def uncollected_notice(context: AppContext, rows: "ReferralRepository", notices: NoticeSender) -> UncollectedNotice:
    """Announces the day on which answers are erased that nobody collects; to no one where there is no operator."""
    return UncollectedNotice(
        rows=rows,
        notices=notices,
        renderer=MailRenderer(context.content),
        address=context.settings.operators_email or "",
        limit=UncollectedLimit(context.settings.referral_uncollected_days),
    )
