"""The daily run that deletes what is no longer needed, and writes down for people to read what is still held.

Everything follows from the rows as they are, in this order: bookings, email log, what is remembered of the session, its
joining links. So a run that dies on its way leaves nothing behind that the next one would not find.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bookings.retention.batch_delete import BatchDelete
from shared.bookings.retention.holdings_report import write_holdings
from shared.bookings.retention.inventory import ORPHANS, Inventory, read_inventory, split
from shared.bookings.retention.retention_rules import are_over, is_older, without_link
from shared.bookings.tables.repository import GUARD
from shared.tables.once_a_day import Daily
from shared.tables.service_table import ServiceRows
from shared.tables.table import Row, RowConflictError, StorageRefusedError, Table, moment_text

logger = logging.getLogger(__name__)

INDEX_KEPT = timedelta(days=30)
"""The time for which a delivery report finds the email that it is about."""

NAME = "retention"
"""Key of the row in the table `Service` that says on which day the run was last finished."""

_REGISTER = "session-"
_MAX_REQUESTS = 500  # to delete with, in one run: it shares its five minutes with the emails
_STEADY_RUNS = 3  # days in a row on which the clock went on as clocks do, before anything is deleted by the calendar


@dataclass(frozen=True, slots=True)
class RetentionResult:
    """Rows deleted by one run and rows that could not be. `left`: there was more than it may do at once."""

    deleted: int
    failed: int
    left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The tables that hold something of people, and for how long after its session it is `kept`: a number of days."""

    sessions: Table
    bookings: Table
    log: Table
    index: Table
    service: Table
    kept: timedelta

    def run(self, service_rows: ServiceRows, now: datetime) -> RetentionResult | None:
        """Today's run (`now` in UTC); None where it was finished already, which costs no request.

        Nothing is deleted until the clock has gone on as clocks do for three days: one that jumps ahead, or is set
        wrongly, would take everything with it.

        Raises:
            StorageError: storage cannot be read, or gives no clear answers any more; the next run goes on.
        """
        daily = Daily(self.service, NAME)
        if not daily.is_due(service_rows, now):
            return None
        inventory, batch = self._read(), BatchDelete(_MAX_REQUESTS)
        if daily.steady(service_rows, now) >= _STEADY_RUNS:
            self._delete_unneeded(inventory, batch, service_rows, now)
        write_holdings(inventory, self.service, self.kept, INDEX_KEPT, now)
        if not batch.is_spent:
            daily.done(service_rows, now, Failed=batch.failed)
        logger.info("retention: %d rows deleted, %d failed", batch.deleted, batch.failed)
        return RetentionResult(batch.deleted, batch.failed, batch.is_spent)

    def _delete_unneeded(
        self, inventory: Inventory, batch: BatchDelete, service_rows: ServiceRows, now: datetime
    ) -> None:
        self._note_orphans(inventory, now)  # also by the clock: noticed too early, they would be deleted too early
        for kind, part in (("bookings", self._bookings), ("mail-log", self._log), ("mail-index", self._index)):
            failed = batch.failed
            part(inventory, batch, now)
            inventory.failed[kind] = batch.failed - failed
        self._forget_sessions(inventory, service_rows, now)
        self._empty_links(inventory, now)

    def _read(self) -> Inventory:
        return read_inventory(
            sessions=self.sessions, bookings=self.bookings, log=self.log, index=self.index, service=self.service
        )

    def _note_orphans(self, inventory: Inventory, now: datetime) -> None:
        missing = inventory.bookings.keys() - inventory.sessions.keys()
        for session_id in missing - inventory.orphans.keys():
            self.service.put({"PartitionKey": ORPHANS, "RowKey": session_id, "FoundAt": moment_text(now)})
        for session_id in inventory.orphans.keys() - missing:
            self.service.delete(ORPHANS, session_id)
        inventory.orphans = {session_id: inventory.orphans.get(session_id, now) for session_id in missing}

    def _bookings(self, inventory: Inventory, batch: BatchDelete, now: datetime) -> None:
        for session_id in inventory.bookings:
            unneeded, held = self._split_roster(inventory, session_id, now)
            if unneeded and not batch.is_spent and self._is_unchanged(inventory, session_id):
                unneeded = batch.delete(self.bookings, unneeded, "a booking")
            inventory.bookings[session_id] = [*held, *unneeded]

    def _split_roster(self, inventory: Inventory, session_id: str, now: datetime) -> tuple[list[Row], list[Row]]:
        """The rows of one roster that are no longer needed, and the others."""
        rows = inventory.bookings[session_id]
        if session_id in inventory.sessions:
            over = are_over(inventory.sessions[session_id], self.kept, now)
            unneeded, held = (rows, list[Row]()) if over else (list[Row](), rows)
        else:
            since = inventory.orphans[session_id]
            unneeded, held = split(rows, lambda row: is_older(row, "BookedAt", self.kept, now, since=since))
        # The guard goes last, and with the last of them: it orders whoever may still come.
        guard, people = split(unneeded, lambda row: row.key == GUARD)
        return (people, held + guard) if held else (people + guard, [])

    def _is_unchanged(self, inventory: Inventory, session_id: str) -> bool:
        """True if the session's rows are as they were read: someone may just have put it back, or on another day."""
        now = {(row.partition, row.etag) for row in self.sessions.query(RowKey=session_id)}
        return now == {(row.partition, row.etag) for row in inventory.sessions.get(session_id, ())}

    def _log(self, inventory: Inventory, batch: BatchDelete, now: datetime) -> None:
        for partition, rows in inventory.log.items():
            if inventory.bookings.get(partition):
                continue  # while anyone is on the roster it says what they were told
            if partition in inventory.sessions:
                over = are_over(inventory.sessions[partition], self.kept, now)
                unneeded, held = (rows, list[Row]()) if over else (list[Row](), rows)
            else:
                unneeded, held = split(rows, lambda row: is_older(row, "At", self.kept, now))
            inventory.log[partition] = held + batch.delete(self.log, unneeded, "a mail-log row")

    def _index(self, inventory: Inventory, batch: BatchDelete, now: datetime) -> None:
        old, inventory.index = split(inventory.index, lambda row: is_older(row, "At", INDEX_KEPT, now))
        for row in old:  # each is a partition of its own
            inventory.index += batch.delete(self.index, [row], "a mail-index row")

    def _forget_sessions(self, inventory: Inventory, service_rows: ServiceRows, now: datetime) -> None:
        """Deletes what is remembered of sessions: it holds their joining links, and is for the people on a roster."""
        for key, row in service_rows.items():
            session_id = key.removeprefix(_REGISTER)
            if not key.startswith(_REGISTER) or inventory.bookings.get(session_id):
                continue
            if session_id not in inventory.sessions or are_over(inventory.sessions[session_id], self.kept, now):
                self.service.delete(row.partition, key)

    def _empty_links(self, inventory: Inventory, now: datetime) -> None:
        for session_id, rows in inventory.sessions.items():
            if not inventory.bookings.get(session_id) and are_over(rows, self.kept, now):
                for row in rows:
                    self._empty_link(row)

    def _empty_link(self, row: Row) -> None:
        text = without_link(row)
        if text is None:
            return
        try:
            self.sessions.merge({"PartitionKey": row.partition, "RowKey": row.key, "Announced": text}, row.etag)
        except (RowConflictError, StorageRefusedError) as error:  # tomorrow's run finds it again
            logger.error("joining link of session %s could not be removed: %s", row.key, type(error).__name__)  # noqa: TRY400
