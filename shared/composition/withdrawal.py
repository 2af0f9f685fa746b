"""Services with which a person takes a referral back, each built on first use."""

from collections.abc import Callable
from functools import cached_property

from shared.composition.context import AppContext
from shared.referrals.collection.wrong_tries import WrongTries
from shared.referrals.delivery.notice_sender import NoticeSender
from shared.referrals.delivery.provider_emails import ProviderEmails
from shared.referrals.repository import ReferralRepository
from shared.referrals.row_mac import RowMac
from shared.referrals.withdrawal.own_referral import OwnReferrals
from shared.referrals.withdrawal.own_words import WordHashes
from shared.referrals.withdrawal.withdrawal import Withdrawals
from shared.referrals.withdrawal.withdrawal_notes import WithdrawalNotes
from shared.referrals.withdrawal.word_back import WordsBack


class WithdrawalServices:
    """In the worker alone: it compares words, withdraws, and tells the provider.

    The four functions return what is built when it is used.
    """

    def __init__(  # each is built on its own
        self,
        context: AppContext,
        repository: Callable[[], ReferralRepository],
        mac: Callable[[], RowMac],
        notices: Callable[[], NoticeSender],
        writer: Callable[[], ProviderEmails],
    ) -> None:
        self._context = context
        self._repository = repository
        self._mac = mac
        self._notices = notices
        self._writer = writer

    @cached_property
    def hashes(self) -> WordHashes:
        return WordHashes.of(self._mac())

    @cached_property
    def own_referrals(self) -> OwnReferrals:
        """Finds a referral by the three words of the person who sent it."""
        tries = WrongTries(self._context.referral_tables("CollectTries"))
        return OwnReferrals(status=self._repository().status, hashes=self.hashes, tries=tries)

    @cached_property
    def words_back(self) -> WordsBack:
        """The word that the provider sends back to the person."""
        return WordsBack(self._repository(), self._context.provider_signer)

    @cached_property
    def notes(self) -> WithdrawalNotes:
        return WithdrawalNotes(self._context.referral_tables("ReferralService"))

    @cached_property
    def withdrawals(self) -> Withdrawals:
        return Withdrawals(rows=self._repository(), notes=self.notes, notices=self._notices(), writer=self._writer())
