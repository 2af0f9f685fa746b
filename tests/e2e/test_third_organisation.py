"""The organisation of docs/adopting.md, running: a council in Wales with two programmes and no one-to-one sessions."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from local.commands import load
from local.stack.stack import Stack, running_stack
from tests import adopting
from tests.builders import ROOT, london, session_cells
from tests.e2e.conftest import mails_to, roster, rows
from tests.e2e.http_client import get, get_json, post_json

MONDAY: datetime = london("2027-01-04 09:00")
TALK, WALK = "2027-01-12-1500", "2027-01-13-1230"


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The service with the files of the document, and with its sessions loaded by its command."""
    folder = tmp_path_factory.mktemp("example")
    settings = adopting.settings() | {"CONTENT_FILE": str(adopting.write_content(folder))}
    with running_stack(at=MONDAY, settings=settings, load=None) as running:
        load_sessions(running, adopting.write_sessions(folder))
        running.tick()
        yield running


def load_sessions(stack: Stack, sessions: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOOKINGS_STORAGE", stack.settings["BOOKINGS_STORAGE"])
        patch.setenv("CONTENT_FILE", stack.settings["CONTENT_FILE"])
        assert load.main([str(sessions)]) == 0


def test_its_sessions_are_listed_by_programme(council: Stack) -> None:
    page = get(f"{council.site}/sessions").text
    parts = ["<h2>Time to talk</h2>", TALK, "<h2>Time to walk</h2>", WALK]
    assert sorted(parts, key=page.index) == parts
    listed = {each["id"]: each for each in get_json(f"{council.site}/sessions").json["sessions"]}
    assert listed[TALK]["when"] == "Tuesday 12 January 2027, 3pm to 4pm", "as long as its content file says"
    assert (listed[TALK]["place"], "Room 4, Castle Street" in page) == ("Room 4, Castle Street", True)
    assert [listed[each]["programme"] for each in (TALK, WALK)] == ["Time to talk", "Time to walk"]
    assert [row["Problem"] for row in rows(council, "Sessions").list_entities() if row["Problem"]] == []


def book(stack: Stack, session_id: str, name: str) -> Any:
    person = {"session_id": session_id, "full_name": "Non Example", "email": f"{name}@gwyrfai.example"}
    answer = post_json(f"{stack.site}/bookings", person | {"group_agreement": True})
    assert answer.status == 201, answer.text
    stack.settle()
    [mail] = mails_to(stack, person["email"])
    return mail


def test_who_books_gets_the_words_and_the_contact_of_the_programme(council: Stack) -> None:
    talk, walk = book(council, TALK, "non"), book(council, WALK, "ifan")
    said = [each["content"]["plainText"] for each in (talk, walk)]
    assert ["01632 960101" in said[0], "01632 960102" in said[1]] == [True, True]
    assert ["Time to walk" in said[0], "Time to walk" in said[1]] == [False, True]
    assert walk["content"]["subject"].startswith("Outdoor time")
    assert [len(roster(council, each)) for each in (TALK, WALK)] == [1, 1]


def test_there_are_no_one_to_one_sessions(council: Stack) -> None:
    paths = ["one-to-one", "one-to-one/status", "one-to-one/questions", "one-to-one/withdraw", "time-away-note"]
    paths += ["collect/a", "acknowledge/a"]
    for path in paths:
        answer = get(f"{council.site}/{path}")
        assert (answer.status, "Page not found" in answer.text) == (404, True), path
    pages = [get(f"{council.site}/{path}").text for path in ("", "sessions", "privacy", "who-can-see-what")]
    assert [text.count("one-to-one") + text.count("One-to-one") for text in pages] == [0, 0, 0, 0]
    assert [path for path in get_json(f"{council.site}/openapi.json").json["paths"] if "one-to-one" in path] == []
    for table in ("Referrals", "SealedReferrals", "ReferralMail", "ReferralService", "CollectTries"):
        assert list(rows(council, table, "REFERRALS_STORAGE").list_entities()) == []


def test_its_pages_are_its_own(council: Stack) -> None:
    start = get(f"{council.site}/").text
    assert "Gwyrfai" in start
    assert "nhsuk-header__logo" not in start
    styles = start.partition('href="/assets/look-')[2].partition('"')[0]
    assert "--app-brand:#1f4e3d" in get(f"{council.site}/assets/look-{styles}").text
    assert "Amser i siarad" in get(f"{council.site}/languages/cy").text


def test_the_test_from_outside_passes_with_what_there_is(council: Stack) -> None:
    rows(council, "Sessions").create_entity(session_cells(RowKey="smoke-test", State="test", Date="2027-01-20"))
    known = {"SMOKE_EMAIL": "website-test@gwyrfai.example", "CONTENT_FILE": council.settings["CONTENT_FILE"]}
    command = [sys.executable, "-m", "local.commands.smoke", "--site", council.site]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | known, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.startswith("smoke: passed; pages ")) == (0, True), done.stdout + done.stderr
    assert ("booking" in done.stdout, "referral" in done.stdout) == (True, False)


def test_it_is_healthy_and_logs_no_error(council: Stack) -> None:
    council.tick()
    assert get_json(f"{council.site}/health").json == {"status": "healthy"}, council.log_text()[-3000:]
    assert " ERROR " not in council.log_text()
