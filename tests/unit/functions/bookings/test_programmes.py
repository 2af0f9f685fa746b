"""More than one programme of group sessions: each has its own words, rules and contact, and no session another's."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import azure.functions as func
import pytest

import functions.bookings.change_details
from functions.bookings import acts, book, manage, steps
from functions.bookings.several.steps import several_details
from shared.content.content import ContentError, load_content
from shared.installation.facts import Installation
from shared.installation.here import use_installation
from tests.builders import ROOT, session_cells
from tests.unit.functions import http_requests
from tests.unit.functions.in_memory_app import InMemoryApp

OTHER = ROOT / "tests" / "content" / "other-trust.toml"
TALKS = "Tea and talk circles"
WALKS = """
[[groups.programmes]]
name = "Walking hours"
summary = "An hour on foot with a colleague."
about = ["Bring shoes that may get wet."]
place = "At the east gate"
session_title = "A walk"
agreement = "I will walk at the pace of the slowest."
subject_name = "Outdoor note"
calendar_place = "Outdoors"

[groups.programmes.contact]
team = "the rangers"
email = "rangers@northmoor.example"
phone = "+44 20 7946 0009"
hours = "before noon"
"""
OWN_AGREEMENT = "I will switch my phone off"
FIRST, WALK = "2023-09-08-1500", "2023-09-09-1500"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "two.toml"
    before, at, after = OTHER.read_text("utf-8").partition("[one_to_one]\n")
    path.write_text(f"{before}{WALKS}\n{at}{after}", "utf-8")
    return path


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, file: Path) -> Iterator[InMemoryApp]:
    made = InMemoryApp(monkeypatch, CONTENT_FILE=str(file))
    monkeypatch.setattr(functions.bookings.change_details, "services", lambda: made.built)
    add(made, FIRST, Title="")
    add(made, WALK, Programme="walking  HOURS", Date="2023-09-09", Title="")
    made.tick()
    yield made
    use_installation(Installation())


def add(app: InMemoryApp, session_id: str, **cells: Any) -> None:
    app.tables["Sessions"].insert(session_cells(RowKey=session_id, **cells))


def problem(app: InMemoryApp, session_id: str) -> str:
    return app.tables["Sessions"].rows["sessions", session_id].text("Problem")


def step(handler: Any, **fields: str) -> str:
    answer = handler(http_requests.form(fields))
    text: str = answer.get_body().decode()
    return text


def chosen(session_id: str) -> dict[str, str]:
    return {"session_id": session_id, "full_name": "Ann", "email": "ann@example.nhs.uk", "group_agreement": "yes"}


def test_the_list_has_a_part_for_each_programme(app: InMemoryApp) -> None:
    text = app.page(book.list_sessions).get_body().decode()
    talks, walks = text.index(f"<h2>{TALKS}</h2>"), text.index("<h2>Walking hours</h2>")
    assert talks < text.index(f"?session={FIRST}") < walks < text.index(f"?session={WALK}")
    assert text.index("An hour on foot") > walks
    assert "Bring shoes" in text
    assert [(each["id"], each["programme"], each["title"]) for each in app.sessions()] == [
        (FIRST, TALKS, "Tea and talk circle"),
        (WALK, "Walking hours", "A walk"),
    ]


def test_the_pages_of_a_booking_have_the_rules_and_the_contact_of_its_programme(app: InMemoryApp) -> None:
    details = ""
    for session_id, own, others in [
        (FIRST, (OWN_AGREEMENT, "circles@northmoor.example"), ("slowest", "rangers@")),
        (WALK, ("slowest", "rangers@northmoor.example"), (OWN_AGREEMENT, "circles@")),
    ]:
        details = step(steps.booking_details, **chosen(session_id))
        check = step(steps.booking_check, **chosen(session_id), works_here="yes")
        for page in (details, check):
            assert [each for each in own if each not in page] == []
            assert [each for each in others if each in page] == []
    assert "Walking hours" in details
    assert "At the east gate" in details


def test_who_chooses_another_session_agrees_to_its_rules_anew(app: InMemoryApp) -> None:
    page = step(steps.booking_session, **chosen(FIRST), works_here="yes")
    assert 'action="/bookings/details"' in page
    assert 'name="group_agreement"' not in page
    agreed = {name: value for name, value in chosen(WALK).items() if name != "group_agreement"}
    assert "checked" not in step(steps.booking_details, **agreed).partition('name="group_agreement"')[2][:60]


def test_programs_get_the_rules_of_the_session_that_they_name(app: InMemoryApp) -> None:
    def label(session_id: str) -> str:
        headers, asked = {"accept": "application/json"}, {"session": session_id}
        answer = steps.booking_form(func.HttpRequest("GET", http_requests.URL, headers=headers, params=asked, body=b""))
        fields = json.loads(answer.get_body())["fields"]
        return str(next(each["label"] for each in fields if each["name"] == "group_agreement"))

    assert OWN_AGREEMENT in label(FIRST)
    assert "slowest" in label(WALK)


def emailed(app: InMemoryApp, name: str) -> Any:
    [message] = [each for each in app.sender.messages if each.to.startswith(f"{name}@")]
    return message


def token(text: str) -> str:
    return text.partition("/manage/")[2].split()[0]


def test_emails_and_the_calendar_have_the_words_of_the_programme(app: InMemoryApp) -> None:
    assert (app.book("ann", FIRST), app.book("ben", WALK)) == (201, 201)
    talk, walk = emailed(app, "ann"), emailed(app, "ben")
    assert (talk.subject.startswith("Calendar note"), walk.subject.startswith("Outdoor note")) == (True, True)
    assert (talk.reply_to, walk.reply_to) == ("circles@northmoor.example", "rangers@northmoor.example")
    for said in ("A walk", "At the east gate", "the rangers", "+44 20 7946 0009"):
        assert (said in walk.text, said in talk.text) == (True, False), said
    entries = [app.page(manage.calendar, token=token(each.text)).get_body().decode() for each in (talk, walk)]
    assert ["SUMMARY:Calendar note" in entries[0], "SUMMARY:Outdoor note" in entries[1]] == [True, True]
    assert "LOCATION:Outdoors" in entries[1]
    feed = app.page(book.session_feed).get_body().decode()
    assert ("SUMMARY:Calendar note" in feed, "SUMMARY:Outdoor note" in feed) == (True, True)


def test_the_page_of_a_booking_names_its_programme_and_whom_to_ask(app: InMemoryApp) -> None:
    assert app.book("ben", WALK) == 201
    page = app.page(manage.manage_booking, token=token(emailed(app, "ben").text)).get_body().decode()
    assert [each for each in ("At the east gate", "rangers@northmoor.example", "A walk") if each not in page] == []
    assert "circles@" not in page


def test_a_booking_is_moved_within_its_programme(app: InMemoryApp, monkeypatch: pytest.MonkeyPatch) -> None:
    add(app, "later", Date="2023-09-12", Title="")
    app.tick()
    app.book("ann", FIRST)
    link = token(emailed(app, "ann").text)
    page = app.page(manage.move_form, token=link).get_body().decode()
    assert ('value="later"' in page, f'value="{WALK}"' in page) == (True, False)

    monkeypatch.setattr(acts.Act, "is_meant", True)
    assert move(link, WALK) == (404, True), "the page says that they have not moved"
    assert [row["State"] for (at, _), row in held(app).items() if at == WALK] == []
    assert move(link, "later")[0] == 303
    assert [row["State"] for (at, _), row in held(app).items() if at == "later"] == ["confirmed"]


def move(link: str, to: str) -> tuple[int, bool]:
    """The status of an attempt to move there, and True if the page says that they have not moved."""
    headers, body = {"content-type": http_requests.FORM}, urlencode({"session_id": to}).encode()
    asked = func.HttpRequest("POST", http_requests.URL, headers=headers, route_params={"token": link}, body=body)
    answer = manage.move_booking(asked, http_requests.Outbox())
    return answer.status_code, b"You have not moved" in answer.get_body()


def held(app: InMemoryApp) -> dict[tuple[str, str], Any]:
    return {key: row.cells for key, row in app.tables["Bookings"].rows.items() if key[1] != "guard"}


def test_a_programme_that_is_not_known_is_a_problem_and_the_session_does_not_open(app: InMemoryApp) -> None:
    add(app, "new", Programme="Walkies")
    app.tick()
    assert problem(app, "new") == (
        f'Programme is "Walkies". Write "{TALKS}" or "Walking hours", or leave it empty for the first of them.'
    )
    assert "new" not in app.listed()
    etag = app.tables["Sessions"].rows["sessions", WALK].etag
    app.tables["Sessions"].merge({"PartitionKey": "sessions", "RowKey": WALK, "Programme": "Walkies"}, etag)
    app.tick()
    assert [each["programme"] for each in app.sessions() if each["id"] == WALK] == ["Walking hours"], "as it was told"


def test_the_sessions_of_a_programme_that_is_gone_take_no_bookings(
    app: InMemoryApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = InMemoryApp(monkeypatch, CONTENT_FILE=str(OTHER))
    later.tables = app.tables
    later.tick()
    assert later.listed() == [FIRST]
    assert problem(app, WALK).startswith('Programme is "walking HOURS"')


def test_a_row_may_name_the_first_programme(app: InMemoryApp) -> None:
    add(app, "named", Programme=TALKS.upper(), Date="2023-09-10")
    app.tick()
    assert problem(app, "named") == ""
    assert [each["programme"] for each in app.sessions() if each["id"] == "named"] == [TALKS]


def test_two_programmes_of_one_name_are_refused(file: Path) -> None:
    file.write_text(file.read_text("utf-8").replace('"Walking hours"', f'"{TALKS.upper()}"'), "utf-8")
    with pytest.raises(ContentError, match="two programmes of the same name"):
        load_content(file)


def test_who_books_sessions_of_both_at_once_agrees_to_the_rules_of_both(app: InMemoryApp) -> None:
    add(app, "2023-09-10-1500", Programme="Walking hours", Date="2023-09-10", Title="")
    app.tick()
    for ids, talks, walks in (
        ([FIRST, WALK], True, True),
        ([WALK, "2023-09-10-1500"], False, True),
    ):
        answer = several_details(http_requests.form([("session_id", each) for each in ids]))
        text = answer.get_body().decode()
        assert (OWN_AGREEMENT in text, "at the pace of the slowest" in text) == (talks, walks), ids
        assert ("Walking hours" in text, TALKS in text) == (True, talks)
