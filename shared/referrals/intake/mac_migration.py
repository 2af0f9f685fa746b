"""Migration of sealed rows that were stored before there were MACs: each gets one, within the days of a setting.

Only the setting opens that window. Nothing that is kept in a table opens it, or opens it again.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.referrals.repository import ReferralRepository
from shared.referrals.row_mac import RowMac
from shared.tables.table import RowConflictError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MacMigration:
    """Adds the MACs. Cut off anywhere, the next run goes on with the rows that still lack one."""

    rows: ReferralRepository
    mac: RowMac

    def run(self, now: datetime) -> int:
        """Signs the rows that lack a MAC at `now` (UTC) if the window is open, and returns their number.

        Raises:
            StorageError: the next run goes on.
        """
        if not self.mac.migration_is_open(now):
            return 0
        unsigned = [reference for reference, key in self.rows.every_mac_key() if not key]
        signed = sum(self._sign(reference, now) for reference in unsigned)
        if signed:
            logger.warning("sealed referrals stored before there were MACs: %d now have one", signed)
        return signed

    def _sign(self, reference: str, now: datetime) -> bool:
        found = self.rows.sealed(reference)
        if found is None or not self.mac.awaits(found[1], now):
            return False
        stored, sealed = found
        try:
            self.rows.add_mac(stored, self.mac.sign(stored, sealed))
        except RowConflictError:  # erased, replaced or signed since it was read
            return False
        return True
