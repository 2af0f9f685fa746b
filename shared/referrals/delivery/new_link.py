"""A new link for the provider, in an email that someone asks for on the page of a link that has expired."""

from dataclasses import dataclass
from datetime import datetime

from shared.local_time import local_day
from shared.referrals.delivery.notice_sender import REMINDERS, NoticeSender
from shared.referrals.delivery.provider_emails import ProviderEmails
from shared.referrals.model import Referral


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLinkSender:
    """Sends it to the provider's one address: once a day for a referral, whoever asks and however often."""

    notices: NoticeSender
    writer: ProviderEmails

    def send(self, referral: Referral, now: datetime) -> bool:
        """True if the new link was sent today, now (UTC) or before; False if it is not certain yet.

        Raises:
            StorageError: it is not known how far it came; ask again.
        """
        mail_id = f"{referral.reference}-{referral.epoch}-link-{local_day(now)}"
        return self.notices.deliver(REMINDERS, mail_id, self.writer.new_link(referral, now), now)
