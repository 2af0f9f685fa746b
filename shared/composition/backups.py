"""The daily backup of both data accounts, and the notes of what was deleted by hand, each built on first use."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from shared.backups.blobs import CONTAINER, Blobs
from shared.backups.daily_backup import GONE_AFTER, AccountBackup, DailyBackup, Source
from shared.backups.deletion_notes import DeletionNotes
from shared.bookings.email_log.deleted_rows import deleted_by_hand
from shared.bookings.reconcile.session_reconciler import ReconciledSession
from shared.bookings.retention.copied_rows import CopiedRows
from shared.composition import azure_clients
from shared.composition.context import AppContext
from shared.config.settings import Support
from shared.local_time import zone
from shared.referrals.retention.copied_rows import copied_notice, copied_status
from shared.tables.table import Row


class BackupServices:
    """Copies of each data account in a container of its own; sealed answers are in none."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._settings = context.settings

    @cached_property
    def daily(self) -> DailyBackup:
        accounts = [AccountBackup("bookings", self._bookings_blobs, self._bookings, self._for_restoring)]
        if Support.ONE_TO_ONE in self._settings.offered:
            referrals = azure_clients.blobs(self._settings.referrals_backups, CONTAINER)
            accounts.append(AccountBackup("referrals", referrals, self._referrals))
        return DailyBackup(accounts)

    def note_deleted(self, reconciled: Iterable[ReconciledSession], now: datetime) -> None:
        """Notes the bookings that someone deleted by hand, as a run of the timer at `now` (UTC) found the rosters.

        Raises:
            StorageError: some may not be noted; the next run does it.
        """
        for each in reconciled:
            if keys := deleted_by_hand(each.roster, each.log):
                self._deletion_notes.note(each.session.id, keys, now)

    @cached_property
    def _deletion_notes(self) -> DeletionNotes:
        return DeletionNotes(self._bookings_blobs)

    @cached_property
    def _bookings_blobs(self) -> Blobs:
        return azure_clients.blobs(self._settings.bookings_backups, CONTAINER)

    @property
    def _for_restoring(self) -> dict[str, str]:
        settings = self._settings
        return {
            "BOOKINGS_KEPT_DAYS": str(settings.bookings_kept_days),
            "REMINDERS": ",".join(each.text for each in settings.reminders) or "none",
            "WAITING_LIST_ENDS_HOURS": str(settings.waiting_list_ends_hours),
        }

    def _bookings(self, now: datetime) -> Sequence[Source]:
        """Sessions before bookings, bookings before the log: each is followed by what says of whom it was told."""
        tables, by_id = self._context.booking_tables, dict[str, list[Row]]()
        for row in tables("Sessions").query():
            by_id.setdefault(row.key, []).append(row)
        copied = CopiedRows(by_id, timedelta(days=self._settings.bookings_kept_days), GONE_AFTER, now)
        selects = {
            "Sessions": copied.session,
            "Bookings": copied.booking,
            "MailLog": copied.log,
            "Service": copied.service,
            "Numbers": lambda row: row.cells,
        }
        return [Source(name, tables(name), select) for name, select in selects.items()]

    def _referrals(self, now: datetime) -> Sequence[Source]:
        tables, today = self._context.referral_tables, now.astimezone(zone()).date()
        return [
            Source("Referrals", tables("Referrals"), lambda row: copied_status(row, today, GONE_AFTER)),
            Source("ReferralService", tables("ReferralService"), lambda row: copied_notice(row, today, GONE_AFTER)),
        ]
