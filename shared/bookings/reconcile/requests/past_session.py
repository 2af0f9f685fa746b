"""The cells of a past session: what is wrong with its `FeedbackUrl`, and then what is asked about attendance."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from shared.bookings.reconcile.attendance import AttendanceCells
from shared.bookings.reconcile.requests.feedback_problem import feedback_problem
from shared.bookings.tables.session_rows import SessionRow


def cells_when_over(row: SessionRow, attendance: AttendanceCells, now: datetime) -> Mapping[str, str]:
    """Returns the cells to write into the row of a session that is over at `now` (UTC): those that differ.

    Both have sentences in `Problem`, so that the second goes by what the first has left there.
    """
    feedback = feedback_problem(row)
    seen = replace(row, row=replace(row.row, cells={**row.row.cells, **feedback}))
    cells = {**feedback, **attendance.when_over(seen, now)}
    there = row.row
    return {name: text for name, text in cells.items() if name not in there.cells or there.text(name) != text}
