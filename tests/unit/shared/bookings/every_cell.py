"""Every cell that an administrator can type into in the portal, and what people type there, right or wrong."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from shared.bookings.tables.attendee_rows import write_attendee
from shared.bookings.tables.session_rows import ASKED_BY_PEOPLE, WRITTEN_BY_PEOPLE, WRITTEN_BY_SERVICE
from tests.builders import attendee, session

KEYS = {"PartitionKey", "RowKey"}
"""They cannot be changed in the portal: a row with others is another row."""

OF_A_SESSION = sorted({*WRITTEN_BY_PEOPLE, *ASKED_BY_PEOPLE, *WRITTEN_BY_SERVICE})
OF_A_BOOKING = sorted(write_attendee(session(), attendee()).keys() - KEYS)
OF_A_GUARD = ["TouchedAt", "MadeAt", "Mine"]

type Cell = str | int | float | bool | datetime

values: st.SearchStrategy[Cell] = st.sampled_from(
    [
        *("", "yes", "no", "2", "rubbish", "confirmed", "waiting", "cancelled", "open", "closed", "0", "none", "P1W"),
        *("2023-09-08", "15:00", "2023-09-08T14:00:00+00:00", "https://forms.example/1", "new@example.nhs.uk"),
        *(
            "null",
            "{}",
            "[",
            "-1",
            "1.5",
            "1" * 5000,
            "x" * 40_000,
            "\u200b",
            "=1+1",
            "<b>",
            "{{7*7}}",
            "\x0b",
            "s2/booking-1",
        ),
        *(0, 1, 2, -1, 2**31, 1.5, True, False, datetime(2023, 9, 8, 14, tzinfo=UTC)),
    ]
)


def saved(columns: list[str]) -> st.SearchStrategy[dict[str, Cell]]:
    """Cells of one row that are changed and saved together."""
    return st.dictionaries(st.sampled_from(columns), values, min_size=1, max_size=4)


def shown(value: object) -> str:
    """The value as a story shows it: of a long text only the beginning and the length."""
    text = value if isinstance(value, str) else repr(value)
    return f'"{text[:20]}..." ({len(text)} characters)' if len(text) > 40 else f'"{text}"'
