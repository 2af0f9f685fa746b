"""The cell `Problem` of a past session: what is wrong with its `FeedbackUrl`, which people often fill in afterwards."""

from collections.abc import Mapping

from shared.bookings.tables.session_rows import SessionRow

_CELL = "FeedbackUrl "


def feedback_problem(row: SessionRow) -> Mapping[str, str]:
    """The cells to write so that `Problem` says it, or says it no longer; none where that is so."""
    said = " ".join(each for each in row.problems if each.startswith(_CELL))
    before = row.row.text("Problem")
    is_ours = bool(said) or before.startswith(_CELL)
    return {"Problem": said} if is_ours and before != said else {}
