"""A referral as the provider's pages show it before it is opened: its reference, days and stage, and nothing else."""

from dataclasses import dataclass
from typing import Self

from shared.content.content import Content
from shared.content.language.dates import Dates
from shared.referrals.model import UNSENT, Referral, ReferralState
from shared.referrals.reply_by import reply_by
from shared.referrals.transitions import KEPT_AGAIN, is_undelivered


@dataclass(frozen=True, slots=True)
class ProviderView:
    """Days in words ("Friday 1 September 2023"); empty if there is none yet.

    Attributes:
        contact_by: the day by which the person was promised to hear from the provider.
        acknowledged: the day on which the provider confirmed it.
        set_aside: the day on which the provider set it aside as not genuine, instead.
        opened: the day on which the answers were first opened.
        is_confirmed: the provider has confirmed it, and our copy is still kept.
        is_set_aside: the provider has set it aside, and our copy is still kept.
        is_in_doubt: it is, and the email was reported as undelivered, so that nothing is deleted for now.
        is_gone: our copy is deleted or is being deleted.
        is_sent_again: the provider wanted it kept after all, and it is on its way again.
        is_withdrawn: the person has withdrawn it, on the day `withdrawn`.
        is_kept_again: the provider said so for the second time, and a person looks.
        was_kept: the provider said so before.
    """

    reference: str
    received: str
    contact_by: str
    sent: str
    opened: str
    acknowledged: str
    set_aside: str
    withdrawn: str
    erased: str
    is_confirmed: bool
    is_set_aside: bool
    is_in_doubt: bool
    is_gone: bool
    is_withdrawn: bool
    is_sent_again: bool
    is_kept_again: bool
    was_kept: bool

    @property
    def is_finished(self) -> bool:
        """True if it is confirmed or set aside, and can still be kept."""
        return self.is_confirmed or self.is_set_aside

    @property
    def gone_page(self) -> str:
        """The template of the page that says why nothing is left here."""
        return "provider/withdrawn.html" if self.is_withdrawn else "provider/gone.html"

    @classmethod
    def of(cls, referral: Referral, content: Content) -> Self:
        dates = content.dates
        is_acknowledged = referral.state is ReferralState.ACKNOWLEDGED
        day_of_word = in_words(referral.acknowledged_on, dates)
        is_kept_here = is_acknowledged and not referral.erased_on
        is_in_doubt = is_undelivered(referral) and bool(referral.acknowledged_on)
        return cls(
            reference=referral.reference,
            received=in_words(referral.received_on, dates),
            contact_by=in_words(
                reply_by(referral.received_on, content.one_to_one.reply_weekdays, content.working_days), dates
            ),
            sent=in_words(referral.sent_on, dates),
            opened=in_words(referral.opened_on, dates),
            acknowledged="" if referral.is_set_aside else day_of_word,
            set_aside=day_of_word if referral.is_set_aside else "",
            withdrawn=in_words(referral.withdrawn_on, dates),
            erased=in_words(referral.erased_on, dates),
            is_withdrawn=referral.state is ReferralState.WITHDRAWN,
            is_confirmed=is_in_doubt or (is_kept_here and not referral.is_set_aside),
            is_set_aside=is_kept_here and referral.is_set_aside,
            is_in_doubt=is_in_doubt,
            is_gone=referral.state in {ReferralState.ERASED, ReferralState.WITHDRAWN}
            or (is_acknowledged and bool(referral.erased_on)),
            is_sent_again=referral.kept > 0 and referral.state in UNSENT,
            is_kept_again=referral.state is ReferralState.ATTENTION and referral.last_error == KEPT_AGAIN,
            was_kept=referral.kept > 0,
        )


def in_words(day: str, dates: Dates) -> str:
    """Friday 1 September 2023; "" for a day that is not known."""
    try:
        return dates.iso_day(day)
    except ValueError:  # not yet, or words that someone entered in the portal
        return ""
