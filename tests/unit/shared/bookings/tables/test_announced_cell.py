"""The cell `Announced`: what is written can be read again, however long a history becomes."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.bookings.model.session import Session, SessionState
from shared.bookings.tables.announced_cell import LINK_LENGTH, announced_text, read_announced
from shared.reminder_offsets import parse_offsets
from tests import builders
from tests.every_row import every_row
from tests.unit.shared.bookings.unreadable_cells import UNREADABLE, announced_json

OFFSETS = parse_offsets("P1D,PT1H")
CELL = 32_768  # UTF-16 code units in 64 KiB
THEME_LENGTH = TITLE_LENGTH = 1_000  # longer than any that is accepted now


def with_history(versions: int, **changes: object) -> Session:
    session = builders.session(**changes)
    moved = (replace(session.details, starts=session.starts - timedelta(days=n)) for n in reversed(range(versions)))
    return replace(session, history=tuple(moved))


def test_the_text_is_the_one_that_stored_cells_have() -> None:
    assert announced_text(with_history(1)) == announced_json()


@pytest.mark.parametrize("state", [SessionState.OPEN, SessionState.CLOSED, SessionState.CANCELLED])
def test_what_is_written_is_read_again(state: SessionState) -> None:
    texts = {"theme": "Zoë's „theme“", "description": "In „two“ lines", "facilitator": "Ada"}
    session = with_history(3, **texts, state=state, reminders=(), waiting_list=False)

    assert read_announced("s1", announced_text(session), OFFSETS) == session


@pytest.mark.parametrize("reminders", ["", "none", "P1W"])
def test_reminders_are_those_of_the_cell_or_of_the_installation(reminders: str) -> None:
    session = read_announced("s1", announced_json(reminders=reminders), OFFSETS)

    assert session is not None
    assert session.reminders == (parse_offsets(reminders) if reminders else OFFSETS)


@every_row("text", UNREADABLE.values())
def test_what_the_service_cannot_have_written_is_no_session(text: str) -> None:
    assert read_announced("s1", text, OFFSETS) is None


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"theme": "\N{GRINNING FACE}" * (THEME_LENGTH // 2)},
        {"title": '"' * TITLE_LENGTH, "theme": "\\" * THEME_LENGTH, "join_url": f"https://{'x' * (LINK_LENGTH - 8)}"},
    ],
    ids=["usual", "wide", "as long as may be"],
)
def test_a_history_of_a_thousand_versions_still_fits_and_keeps_count(texts: dict[str, str]) -> None:
    session = with_history(1_000, **texts)
    text = announced_text(session)
    read = read_announced("s1", text, OFFSETS)

    assert len(text.encode("utf-16-le")) // 2 <= CELL
    assert read is not None
    assert read.version == 1_000
    assert read.history == session.history[-len(read.history) :]
    assert read.told(1_000) == session.details
    assert read.told(1) is None
    assert read.continues(session)
    assert not read.continues(replace(session, history=(*session.history, session.details)))
    told_next = replace(read, history=(*read.history, read.details))
    assert json.loads(announced_text(told_next))["version"] == 1_001


def test_a_theme_is_read_as_the_row_is_so_that_a_blank_that_looks_alike_is_no_change() -> None:
    session = read_announced("s1", announced_json({"theme": "Rest\N{NO-BREAK SPACE}day\N{ZERO WIDTH SPACE}"}), OFFSETS)

    assert session is not None
    assert session.theme == session.history[0].theme == "Rest day"


@pytest.mark.parametrize("length", [201, 1_200, 3_900])
def test_a_text_longer_than_is_accepted_now_was_announced_before_and_stays_readable(length: int) -> None:
    session = with_history(1, theme="t" * length, title="u" * length, join_url="https://" + "v" * length)
    told = read_announced(session.id, announced_text(session), OFFSETS)

    assert told is not None
    assert (told.theme, told.title, told.join_url) == (session.theme, session.title, session.join_url)
