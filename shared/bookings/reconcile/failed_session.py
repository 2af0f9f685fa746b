"""The note in the row of a session that a run could not process."""

from datetime import datetime

from shared.bookings.tables.session_rows import SessionRow
from shared.local_time import clock_time, day_in_words
from shared.tables.table import Table
from shared.wording.sentences import sentence

_OPENING = sentence("portal.session.failed")
_LONGEST_OPENING, _LONGEST = 100, 2_000  # characters: far from what a cell holds, whatever the row says


def note_failure(sessions: Table, row: SessionRow, now: datetime) -> None:
    """Writes into `Problem`, and nowhere else, since when (`now` in UTC) the session cannot be processed.

    The row is read again, because the run may have written it before it failed. The next run that processes the
    session replaces the text; until then it names the first failure.

    Raises:
        StorageError: it was not written.
    """
    current = sessions.get(row.row.partition, row.id)
    if current is None:
        return
    said = _failure_in_words(row.row.text("Problem"), row.problems, now)
    if said != current.text("Problem"):
        sessions.merge({"PartitionKey": row.row.partition, "RowKey": row.id, "Problem": said}, current.etag)


def failure_note(row: SessionRow) -> str:
    """The note that an earlier run wrote into the row; "" where there is none."""
    said = row.row.text("Problem")
    return said[:_LONGEST] if said.startswith(_OPENING) else ""


def _failure_in_words(before: str, problems: tuple[str, ...], now: datetime) -> str:
    if before.startswith(_OPENING):  # the time of the first failure stays
        opening = before.partition(".")[0][:_LONGEST_OPENING]
    else:
        opening = sentence("portal.session.failed-since", time=clock_time(now), day=day_in_words(now), said=_OPENING)
    return " ".join([f"{opening}.", sentence("portal.session.failed-advice"), *problems])[:_LONGEST]
