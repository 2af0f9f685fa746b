"""Hands out referrals that only the provider's keys open, and takes the code that opening one shows.

Whoever has the link gets the file, as often as they like: it opens with the provider's keys alone, which this service
never asks for. Of what comes back it believes the code of that referral and nothing else.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.referrals.collection.linked_referral import linked_referral, recording_damage
from shared.referrals.collection.waiting import in_order, is_waiting_sealed
from shared.referrals.collection.wrong_tries import WrongTries, delay_after
from shared.referrals.delivery.links import ReferralLinks
from shared.referrals.errors import KeyUnavailableError, PassphraseError, ReferralGoneError, UnsealError
from shared.referrals.model import FINISHED, SEALED, Referral
from shared.referrals.provider_sealing.acknowledgement_code import is_acknowledged
from shared.referrals.provider_sealing.referral_file import referral_file
from shared.referrals.provider_sealing.sealed_row import to_envelope
from shared.referrals.repository import ReferralRepository
from shared.referrals.sealed_answers import Sealed

logger = logging.getLogger(__name__)

CODES = "codes"
"""The name of the wrong codes in `WrongTries`, over all links: they are counted apart from passphrases."""


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """A code, and the `page` into which it was entered, which had been open for so long: see `WrongTries.attempt`."""

    code: str
    waited: timedelta = timedelta(0)
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCollection:
    """The provider's side of referrals that this service cannot open.

    Attributes:
        tries: those of `CODES`. One code in 2 ** 89 is right, so that wrong ones need no alarm.
        authenticate: `RowMac.check`; raises UnsealError.
        acknowledge_reference: notes that the provider has opened and saved the referral; it may be repeated.
        set_aside_reference: notes that the provider has opened it and takes it for not genuine; it may be repeated.
    """

    links: ReferralLinks
    store: ReferralRepository
    tries: WrongTries
    authenticate: Callable[[Referral, Referral, Sealed, datetime], None]
    acknowledge_reference: Callable[[str, datetime], object]
    set_aside_reference: Callable[[str, datetime], object]

    def look(self, token: str, now: datetime) -> Referral:
        """The link's referral; raises ReferralLinkError, LinkExpiredError and StorageError as `linked_referral`."""
        return linked_referral(self.links, self.store, token, now)

    def is_sealed(self, token: str, now: datetime) -> bool:
        """True if the link leads to a referral that only the provider's keys open; raises as `look`.

        The sealed row says so, whatever is typed into the status: no page may ask the provider for a passphrase then.
        """
        referral = self.look(token, now)
        found = self.store.sealed(referral.reference)
        return (referral if found is None else found[0]).delivery == SEALED

    def file(self, token: str, now: datetime) -> bytes:
        """The content of the `.referral` file.

        Raises:
            ReferralGoneError: the provider has acknowledged it; here it is deleted, or will be in some days.
            UnsealError: the stored row is damaged, or was not written by this service.
            ReferralLinkError, LinkExpiredError, StorageError: as for `look`.
        """
        referral = self.look(token, now)
        if referral.state in FINISHED:
            raise ReferralGoneError
        with recording_damage(self.store, referral, now):
            stored, sealed = self._row(referral, now)
            return referral_file(stored, to_envelope(sealed))

    def acknowledge(self, token: str, entry: CodeEntry, now: datetime) -> None:
        """Notes that the provider has saved the referral, so that it is deleted here later; raises as `check`."""
        self.acknowledge_reference(self.check(token, entry, now).reference, now)

    def set_aside(self, token: str, entry: CodeEntry, now: datetime) -> None:
        """Notes that the provider takes the referral for not genuine; raises as `check`."""
        self.set_aside_reference(self.check(token, entry, now).reference, now)

    def check(self, token: str, entry: CodeEntry, now: datetime) -> Referral:
        """The link's referral, if this is its code.

        Raises:
            PassphraseError: it is not. So it may go on with `delay`.
            PassphraseTooSoonError: after too many wrong ones, over all links: see `WrongTries.attempt`.
            ReferralGoneError: it was confirmed. One that a colleague has set aside is not gone for who has saved it.
            UnsealError: the stored row is damaged, or was not written by this service.
            ReferralLinkError, LinkExpiredError, StorageError: as for `look`.
        """
        referral = self.look(token, now)
        if referral.state in FINISHED and not (referral.is_set_aside and referral.may_be_taken_back):
            raise ReferralGoneError
        self._compare(referral, entry, now)
        return referral

    def compare(self, token: str, entry: CodeEntry, now: datetime) -> None:
        """Returns if this is the code of the link's referral, as long as its row is kept; raises as `check`."""
        self._compare(self.look(token, now), entry, now)

    def others(self, token: str, most_a_day: int, now: datetime) -> list[tuple[Referral, str]]:
        """Every other referral that waits, each with the token of its own link, which expires with this one.

        For whoever has entered the code of this one, and no one else. `most_a_day` is as in `WaitingReferrals`.
        Raises as `look`.
        """
        referral = self.look(token, now)
        found = in_order(self.store.every_status(), most_a_day, waits=is_waiting_sealed)
        others = (each for each in found if each.reference != referral.reference)
        return [(each, self.links.collect_token_beside(token, each.reference)) for each in others]

    def _compare(self, referral: Referral, entry: CodeEntry, now: datetime) -> None:
        with recording_damage(self.store, referral, now):
            _, sealed = self._row(referral, now)
        with self.tries.attempt(now, entry.waited, entry.page) as wrong:  # before it is compared: see `wrong_tries`
            is_right = is_acknowledged(entry.code, sealed.acknowledgement)
            if is_right:
                self.tries.take_back(now)
        if not is_right:
            raise PassphraseError(delay_after(self.tries.known(now, wrong)))

    def _row(self, referral: Referral, now: datetime) -> tuple[Referral, Sealed]:
        """The sealed row; raises ReferralGoneError if it was deleted since the status was read."""
        found = self.store.sealed(referral.reference)
        if found is None:
            current = self.store.status(referral.reference)
            if current is None or current.state in FINISHED:
                raise ReferralGoneError
            raise UnsealError("missing")
        if found[0].delivery != SEALED:  # the version says so: another key opens it, and it is not damaged
            raise KeyUnavailableError("sealed before the provider had keys of its own")
        self.authenticate(referral, *found, now)
        return found
