"""The schedule of 2023 lived through with the clock moved: every email, to whom, and when in London."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from local.commands.run import MAIL_SERVICES
from local.stack.stack import Stack, running_stack
from shared.installation.facts import LONDON
from shared.local_time import moment_in_words
from tests.builders import MORNING, london, session_cells
from tests.e2e.conftest import mails_to, person, rows
from tests.e2e.http_client import post_json

# Start, and the two reminders, by the clocks of London.
SEASON = {
    "2023-09-08-1500": ("2023-09-08 15:00", "2023-09-07 15:00", "2023-09-08 14:00"),
    "2023-09-25-1100": ("2023-09-25 11:00", "2023-09-24 11:00", "2023-09-25 10:00"),
    "2023-10-03-1500": ("2023-10-03 15:00", "2023-10-02 15:00", "2023-10-03 14:00"),
    "2023-10-26-1000": ("2023-10-26 10:00", "2023-10-25 10:00", "2023-10-26 09:00"),
    "the-clocks-go-back": ("2023-10-29 10:00", "2023-10-28 10:00", "2023-10-29 09:00"),
    "2023-11-13-1300": ("2023-11-13 13:00", "2023-11-12 13:00", "2023-11-13 12:00"),
}


@pytest.fixture(scope="module", params=["acs", pytest.param("notify", marks=pytest.mark.nightly)])
def season(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Two people on each session, one of whom wants no reminders; every tick around every moment that matters."""
    with running_stack(at=MORNING, settings=MAIL_SERVICES[request.param]) as stack:
        on_the_night = session_cells(RowKey="the-clocks-go-back", Date="2023-10-29", Time="10:00")
        rows(stack, "Sessions").create_entity(on_the_night)
        for session_id in SEASON:
            for name in ("ann", "ben"):
                body = person(session_id, name, reminders=name == "ann")
                assert post_json(f"{stack.site}/bookings", body).status == 201
        stack.settle()
        for moment in moments():
            stack.set_clock(moment)
            stack.tick()
            stack.tick()
            stack.settle()
        yield stack


def moments() -> list[datetime]:
    """Around each reminder and start: just before, on time, late; and each hour of the night the clocks go back."""
    found = [london("2023-10-28 23:00") + timedelta(hours=hours) for hours in range(6)]
    for at in (london(text) for texts in SEASON.values() for text in texts):
        found += [at + timedelta(minutes=minutes) for minutes in (-5, 0, 5)]
    return sorted(found)


def sent(stack: Stack, session_id: str, name: str) -> list[tuple[str, str]]:
    """Subject and London time of each email to that person."""
    mails = mails_to(stack, address(session_id, name))
    return [(mail["content"]["subject"], london_minute(mail["time"])) for mail in mails]


def address(session_id: str, name: str) -> str:
    return f"{name}@{session_id}.nhs.net"


def london_minute(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(LONDON):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize("session_id", SEASON)
def test_reminders_go_out_a_day_and_an_hour_before_by_the_clocks_of_london(season: Stack, session_id: str) -> None:
    starts, day_before, hour_before = SEASON[session_id]
    when = moment_in_words(london(starts))

    assert sent(season, session_id, "ann") == [
        (f"Staff session booked: {when}", "2023-09-01 09:00"),
        (f"Staff session reminder: {when}", day_before),
        (f"Staff session reminder: {when}", hour_before),
    ]


@pytest.mark.parametrize("session_id", SEASON)
def test_who_wants_no_reminders_gets_the_confirmation_only(season: Stack, session_id: str) -> None:
    assert [at for _, at in sent(season, session_id, "ben")] == ["2023-09-01 09:00"]


def test_nobody_else_got_anything(season: Stack) -> None:
    counted = Counter(mail["recipients"]["to"][0]["address"] for mail in season.mail.messages())
    lists = {each: number for each, number in counted.items() if each.startswith("organiser@")}

    assert list(lists.values()) == [len(SEASON)], "the list of people booked, once for each session"
    assert counted - Counter(lists) == {address(each, "ann"): 3 for each in SEASON} | {
        address(each, "ben"): 1 for each in SEASON
    }


def test_every_email_has_one_recipient_and_an_operation_of_its_own(season: Stack) -> None:
    mails = season.mail.messages()

    assert all(set(mail["recipients"]) == {"to"} and len(mail["recipients"]["to"]) == 1 for mail in mails)
    assert len({mail["operationId"] for mail in mails}) == len(mails)


@pytest.mark.parametrize("service", MAIL_SERVICES)
def test_a_host_that_slept_through_the_night_sends_only_the_nearest_reminder(service: str) -> None:
    session_id = "2023-10-26-1000"
    with running_stack(at=london("2023-10-20 09:00"), settings=MAIL_SERVICES[service]) as stack:
        assert post_json(f"{stack.site}/bookings", person(session_id)).status == 201
        stack.settle()
        stack.set_clock(london("2023-10-26 09:30"))
        stack.tick()
        stack.settle()

        subjects = [mail["content"]["subject"] for mail in stack.mail.messages()]

    when = "Thursday 26 October 2023, 10am"
    to_organiser = f"Staff session, list of people booked: {when}"
    assert sorted(subjects) == sorted(
        [f"Staff session booked: {when}", f"Staff session reminder: {when}", to_organiser]
    )
