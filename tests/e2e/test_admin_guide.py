"""The guide for administrators, tried row by row against the running service: it promises nothing that is not so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest

from local.stack.stack import Stack, running_stack
from tests.admin_guide import GUIDE, GuideRow, section_rows, table_rows
from tests.builders import MORNING
from tests.e2e.admin_guide.claims.expected import expected_of
from tests.e2e.admin_guide.health import STATES
from tests.e2e.admin_guide.phrases import UnknownPhraseError
from tests.e2e.admin_guide.service import SETTINGS, Service
from tests.e2e.admin_guide.steps.timed_steps import steps_of
from tests.e2e.admin_guide.tables import TRIALS
from tests.e2e.admin_guide.trials import BEFORE, Scene, Trial, played, try_all

# Of each table that can say something wrong: the words of a row, and what an untrue copy of the guide says instead.
UNTRUE = {
    "See what no cell can stop": ("30,000 characters. Write at most 200.", "30,000 characters. Write at most 300."),
    "Fill in the columns": ("How long it lasts: `75`", "How long it lasts: `75 minutes`"),
    "Hold a session in a room": ("| `Room 4`, and nothing", "| `Room 4, or online`, and nothing"),
    "Write a cell as you like": ("`15h00`", "`3:00`"),
    "Write again what could mean two things": ("| `29 September` |", "| `29 September 2023` |"),
    "Check when it starts": ("`Thu 28 Sep 2023, 3am to 4:15am`", "`Thu 28 Sep 2023, 3pm to 4:15pm`"),
    "Read what the service says": ("How many people wait: `1`", "How many people wait: `2`"),
    "Put a cell right": ("| `3pm`, or `03:00`", "| `3`, or `03:00`"),
    "Put a session right": ("booked ...` | Write `closed` into", "booked ...` | Write `draft` into"),
    "Change a session": ("link has changed` | Ann gets", "link has changed` | Ann and Ben get"),
    "Change a session on the day": (
        "| 2:20pm | Write `16:00` into `Time` | Ann and Ben get `changed` on the next run |",
        "| 2:20pm | Write `16:00` into `Time` | Ann and Ben get `changed` 15 minutes later |",
    ),
    "Know when a reminder goes": (
        "into `Reminders` | Nobody is emailed |\n| 2:50pm | Write `no`",
        "into `Reminders` | Ann gets `reminder` 10 minutes later |\n| 2:50pm | Write `no`",
    ),
    "Hold the emails of a session": (
        "an hour later empty `HoldEmails` | | Ann and Ben get `changed` on the next run",
        "an hour later empty `HoldEmails` | | Nobody is emailed",
    ),
    "Change a past session": (
        "| Empty `Over` | Nobody is emailed. `Over` is `yes`",
        "| Empty `Over` | `Over` is empty",
    ),
    "Cancel a session": (
        "Nobody can book. The list does not show it. Ann and Ben get `cancelled` 15 minutes later",
        "Nobody can book. The list does not show it. Ann gets `cancelled` 15 minutes later",
    ),
    "Put back a session that was deleted": (
        "an hour later put the row back | Nobody is emailed.",
        "an hour later put the row back | Ann and Ben get `changed` 15 minutes later.",
    ),
    "Look after bookings": ("`Fri 8 Sep, 3pm`", "`Fri 8 Sep, 4pm`"),
    "Change a booking": ("| Delete Ann's row | Ben gets", "| Delete Ann's row | Ann gets `no longer booked`. Ben gets"),
    "Check that someone works for the trust": ("on 5 September at 9am", "on 4 September at 9am"),
    "Know what happens before someone has pressed the button": (
        "| Dee presses the button | Dee gets `place held`",
        "| Dee presses the button | Dee gets `booked`",
    ),
    "Put a booking right": ('`State was "conf". Write confirmed,', '`State was "conf". Write yes,'),
    "Delete one of two rows with the same `RowKey`": (
        "and `9` in `Capacity` | Nobody is emailed. Ben is `waiting`",
        "and `9` in `Capacity` | Ben gets `booked`. Ben is `confirmed`",
    ),
    "Save a row that has changed since you opened it": (
        "Ann books again; save Ann's row as you opened it | One |",
        "Ann books again; save Ann's row as you opened it | None |",
    ),
    "Keep one of two bookings of the same person": (
        "The row that you added is `cancelled`. `Confirmed` is `1`",
        "The row that you added is `confirmed`. `Confirmed` is `2`",
    ),
    "Restore bookings that are missing": (
        "put the rows back without `guard` | `Problem` is empty.",
        "put the rows back without `guard` | `Problem` says `1 person ...`.",
    ),
    "See if the service is well": ("`503`, `tables`", "`200`, `tables`"),
    "Allow for a list that is a little old": ("you change a booking | 5 seconds", "you change a booking | 0 seconds"),
}
# Of each kind of sentence that stands with others in one cell: rows of which that sentence alone is not true.
UNTRUE_SENTENCES = {
    "nobody is emailed": (
        "| Write `2` into `Capacity` | | Ben gets `booked`. `Confirmed` is `2`",
        "| Write `2` into `Capacity` | | Nobody is emailed. `Confirmed` is `2`",
    ),
    "nobody is emailed, later": (
        "| Write `cancelled` into `State`; a day later delete the row | Ann and Ben get `cancelled` 15 minutes later",
        "| Write `cancelled` into `State`; a day later delete the row | Nobody is emailed",
    ),
    "a sentence beside it": (
        "into `WaitingList` | | Nobody is emailed. Ben is `waiting`. Nobody can book",
        "into `WaitingList` | | Nobody is emailed. Ben is `confirmed`. Nobody can book",
    ),
    "the organiser is emailed": (
        "into `Title` | | Nobody is emailed. The list shows",
        "into `Title` | | Nobody is emailed. The organiser is emailed. The list shows",
    ),
    "nobody can book": (
        "| Write `none` into `Reminders` | | Nobody is emailed |",
        "| Write `none` into `Reminders` | | Nobody is emailed. Nobody can book |",
    ),
    "someone can book": (
        "| Write `closed` into `State` | | Nobody is emailed. Nobody can book",
        "| Write `closed` into `State` | | Nobody is emailed. Someone can book",
    ),
    "a link is not found": (
        "| Write `Anna` into Ann's `Name` | Nobody is emailed",
        "| Write `Anna` into Ann's `Name` | Nobody is emailed. Ann's earlier link is not found",
    ),
}
ROWS = table_rows(GUIDE)
OWN_PHRASES = {"You do": "; sing a song", "Then do": "; sing a song", "What happens": ". Everyone is happy"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(at=BEFORE, settings=SETTINGS, load=None) as running:
        running.mail.settings({"per_minute": 0, "per_hour": 0})
        running.mail.faults([{"kind": "status", "status": 400, "recipient": "@refused", "count": None}])
        yield running


def untrue_row(section: str) -> GuideRow:
    """The row of a copy of the guide that says something else."""
    changed = changed_row(*UNTRUE[section])
    assert changed.section == section
    return changed


def changed_row(true: str, untrue: str) -> GuideRow:
    assert GUIDE.count(true) == 1, true
    [changed] = set(table_rows(GUIDE.replace(true, untrue))) - set(ROWS)
    return changed


@pytest.fixture(scope="module")
def found(stack: Stack) -> Mapping[GuideRow, list[str]]:
    """The rows of the guide that are not true, and of copies of it, with what differs: all tried side by side."""
    service, different = Service(stack), dict[GuideRow, list[str]]()
    untrue = [*map(untrue_row, UNTRUE), *(changed_row(*pair) for pair in UNTRUE_SENTENCES.values())]
    for batch in batches([*ROWS, *untrue]):
        service.start_anew(BEFORE)
        trials = {row: TRIALS[row.section](service, row) for row in batch}
        different |= try_all(service, trials | (control(service) if "When" not in batch[0].titles else {}))
    return different


def batches(rows: Sequence[GuideRow]) -> list[list[GuideRow]]:
    """Rows that can be tried at once: all but those that want the whole service in another state."""
    alone = [[row for row in rows if "When" in row.titles and row["When"] == state] for state in STATES]
    return [[row for row in rows if "When" not in row.titles], *alone]


def control(service: Service) -> dict[GuideRow, Trial]:
    """The trial of a session that no row is about: it has to go on."""
    session_id = service.new_id()
    service.control = f"ann@{session_id}.nhs.net"
    scene = Scene(people=["ann"], cells={"RowKey": session_id})
    steps, expected = steps_of("Write `16:00` into `Time`", MORNING), expected_of("Ann gets `changed` 15 minutes later")
    return {GuideRow("", (), ()): played(service, scene, steps, expected)}


@pytest.mark.parametrize("section", TRIALS)
def test_every_row_of_the_guide_is_true(found: Mapping[GuideRow, list[str]], section: str) -> None:
    assert {str(row): found[row] for row in section_rows(GUIDE, section) if row in found} == {}


@pytest.mark.parametrize("section", UNTRUE)
def test_row_that_is_not_true_is_found(found: Mapping[GuideRow, list[str]], section: str) -> None:
    assert found.get(untrue_row(section))


@pytest.mark.parametrize("sentence", UNTRUE_SENTENCES)
def test_one_sentence_that_is_not_true_among_others_is_found(
    found: Mapping[GuideRow, list[str]], sentence: str
) -> None:
    assert found.get(changed_row(*UNTRUE_SENTENCES[sentence]))


@pytest.mark.parametrize("more", ["Ann gets `booked`", "Ann and Ben get `changed` 15 minutes later"])
@pytest.mark.parametrize("nobody", ["Nobody is emailed", "Ann is `confirmed`. Nobody is emailed"])
def test_cell_that_says_that_nobody_and_someone_is_emailed_is_refused(nobody: str, more: str) -> None:
    for cell in (f"{nobody}. {more}", f"{more}. {nobody}"):
        with pytest.raises(UnknownPhraseError):
            expected_of(cell)


def test_every_table_of_the_guide_is_tried() -> None:
    assert {row.section for row in ROWS} == TRIALS.keys()
    assert len(ROWS) > 150


def test_every_table_has_an_untrue_row_or_cannot_be_changed_unnoticed() -> None:
    assert TRIALS.keys() - UNTRUE.keys() == {"See which of two rows is the session"}


@pytest.mark.parametrize("row", [section_rows(GUIDE, section)[0] for section in TRIALS], ids=lambda row: row.section)
def test_row_that_cannot_be_tried_is_refused(row: GuideRow) -> None:
    new = replace(row, cells=tuple("Sing a song" for _ in row.cells))

    with pytest.raises(UnknownPhraseError):
        TRIALS[row.section](_no_service(), new)


def test_sentence_that_cannot_be_tried_is_refused() -> None:
    """One more sentence in a cell of any row."""
    for row in ROWS:
        for title in OWN_PHRASES.keys() & set(row.titles):
            more = [
                cell + (OWN_PHRASES[title] if name == title else "")
                for name, cell in zip(row.titles, row.cells, strict=True)
            ]
            with pytest.raises(UnknownPhraseError):
                TRIALS[row.section](_no_service(), replace(row, cells=tuple(more)))


def test_rules_of_two_rows_in_another_order_are_refused() -> None:
    first, second, *_ = section_rows(GUIDE, "See which of two rows is the session")

    with pytest.raises(UnknownPhraseError):
        TRIALS[first.section](_no_service(), replace(first, cells=(first["Order"], second.cells[1])))


def _no_service() -> Service:
    return Service.__new__(Service)
