"""Records what the provider says of a referral: that it has it, or that it does not have it after all.

Neither deletes answers: the timer does so days after an acknowledgement, when they are known to have arrived.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.referrals import interrupted_erasure, transitions
from shared.referrals.errors import ReferralsBusyError
from shared.referrals.model import FINISHED, Referral
from shared.referrals.repository import ReferralRepository
from shared.tables.table import RowConflictError, StorageUnavailableError

logger = logging.getLogger(__name__)

_TRIES = 5


class Acknowledgement(StrEnum):
    """Outcome of an acknowledgement, or of taking one back."""

    ACKNOWLEDGED = "acknowledged"
    ALREADY = "already"
    SET_ASIDE = "set aside"
    KEPT = "kept"
    CHANGED = "changed"
    UNKNOWN = "unknown"


type Settle = Callable[[Referral, bool], Acknowledgement | None]
"""The outcome if nothing is left to write; the second argument is True after a write whose answer was lost."""

type Change = Callable[[Referral, datetime], transitions.Cells]

_OUTCOMES: Mapping[Change, Acknowledgement] = {
    transitions.kept: Acknowledgement.KEPT,
    transitions.set_aside: Acknowledgement.SET_ASIDE,
}


@dataclass(frozen=True, slots=True)
class AcknowledgementRecorder:
    """Records what the provider says. It never touches the sealed answers.

    Repeating anything, in any number of processes, changes nothing. Every method takes `now` in UTC and raises

    - StorageError: storage refuses, or gives no clear answer; try again.
    - ReferralsBusyError: the row kept changing; try again.
    """

    statuses: ReferralRepository

    def read(self, reference: str, now: datetime) -> Referral | None:
        """The referral as the provider's pages show it, `erased` if none of its answers is left; None if forgotten."""
        referral = self.statuses.status(reference)
        return None if referral is None else interrupted_erasure.completed(self.statuses, referral, now)

    def acknowledge(self, reference: str, now: datetime, *, version: str = "") -> Acknowledgement:
        """Notes that the provider has the referral that was in its email, whatever has been reported of the email.

        Nothing is noted of one that was not sent, and of one that went out as a link: see `acknowledge_opened`.

        With a `version`, that of `Referral`, nothing is noted of a referral that has another by now: it was sent again.
        """

        def settled(referral: Referral, tried: bool) -> Acknowledgement | None:
            if referral.was_never_sent or not referral.may_have_been_emailed:
                return Acknowledgement.UNKNOWN
            return _known(referral, tried) or (None if version in {"", referral.version} else Acknowledgement.CHANGED)

        return self._record(reference, now, settled, transitions.acknowledged)

    def acknowledge_opened(self, reference: str, now: datetime) -> Acknowledgement:
        """Notes that the provider has saved the referral, which someone there has opened with the passphrase.

        So it is if a colleague has set it aside: whoever saved it says that it is genuine.
        """

        def settled(referral: Referral, tried: bool) -> Acknowledgement | None:
            return None if referral.is_set_aside and referral.may_be_taken_back else _known(referral, tried)

        return self._record(reference, now, settled, transitions.acknowledged_after_opening)

    def set_aside(self, reference: str, now: datetime) -> Acknowledgement:
        """Notes that the provider has opened the referral and takes it for not genuine; it says so in `LastError`."""
        return self._record(reference, now, _known, transitions.set_aside)

    def keep(self, reference: str, now: datetime, *, version: str) -> Acknowledgement:
        """Notes that the provider does not have an acknowledged referral after all, so that it is sent again.

        So it is with one that was set aside and is genuine after all.

        Only one whose erasure has not begun, and only of that `version`: of two who say so at once one is heard.
        """

        def settled(referral: Referral, tried: bool) -> Acknowledgement | None:
            if tried and referral.version != version and referral.kept:
                return Acknowledgement.KEPT
            is_heard = referral.may_be_taken_back and referral.version == version
            return None if is_heard else Acknowledgement.CHANGED

        return self._record(reference, now, settled, transitions.kept)

    def _record(self, reference: str, now: datetime, settled: Settle, change: Change) -> Acknowledgement:
        tried = False
        for _ in range(_TRIES):
            referral = self.read(reference, now)
            outcome = Acknowledgement.UNKNOWN if referral is None else settled(referral, tried)
            if referral is None or outcome is not None:
                return outcome or Acknowledgement.UNKNOWN
            tried = True
            if self._write(referral, change(referral, now)):
                outcome = _OUTCOMES.get(change, Acknowledgement.ACKNOWLEDGED)
                logger.info("a referral was %s by the provider", outcome)
                return outcome
        raise ReferralsBusyError

    def _write(self, referral: Referral, cells: transitions.Cells) -> bool:
        try:
            self.statuses.change(referral.reference, referral.etag, **cells)
        except (RowConflictError, StorageUnavailableError):
            return False
        return True


def _known(referral: Referral, tried: bool) -> Acknowledgement | None:
    """The outcome for a referral that is acknowledged or set aside already, or that waits for a person and was."""
    if referral.is_set_aside:
        return Acknowledgement.SET_ASIDE if tried else Acknowledgement.ALREADY
    if referral.state in FINISHED or (transitions.is_undelivered(referral) and referral.acknowledged_on):
        # After a write whose answer was lost it is unknown which call wrote it, and both answers are true.
        return Acknowledgement.ACKNOWLEDGED if tried else Acknowledgement.ALREADY
    return None
