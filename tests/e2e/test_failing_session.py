"""A session, a roster, a page or a right that fails, on the running service: it is named, and the rest goes on."""

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.clock import set_clock
from local.package.folder import service_files
from local.paths import ROOT
from local.stack.stack import Stack, running_stack
from tests.alarms import error_lines, not_alarmed_once, went_off
from tests.builders import MORNING, session_cells
from tests.e2e.canaries import CANARIES, is_canary_in
from tests.e2e.conftest import AddSession, mails_to, person, roster, rows, unalarmed_errors
from tests.e2e.http_client import Answer, ask, get, get_json, post_form, post_json
from tests.e2e.other_hosts import another_host, restricted

LONG = "x" * 508  # a row key has 512 characters at most: what is remembered of this session finds no room


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(at=MORNING, load=None) as running:
        yield running
        assert unalarmed_errors(running) == []


def tick(stack: Stack) -> None:
    stack.tick()
    stack.settle()


def details(stack: Stack) -> Answer:
    return get(f"{stack.site}/health/details", **{"x-functions-key": stack.hosts[0].master_key})


def book(stack: Stack, session_id: str, name: str) -> int:
    answer = post_json(f"{stack.site}/bookings", person(session_id, name, email=f"{name}@nhs.net"))
    stack.settle()
    return answer.status


def problem(stack: Stack, session_id: str) -> str:
    return str(rows(stack, "Sessions").get_entity("sessions", session_id).get("Problem", ""))


def test_details_of_the_health_check_need_a_key(stack: Stack) -> None:
    tick(stack)

    assert get(f"{stack.site}/health/details").status == 401
    assert get(f"{stack.site}/health/details", **{"x-functions-key": "wrong"}).status == 401
    assert (details(stack).status, details(stack).json) == (200, {"status": "healthy"})
    head = ask("HEAD", f"{stack.site}/health")
    assert (head.status, head.text) == (200, "")


def test_session_that_fails_says_so_and_is_named_while_the_service_is_ready(
    stack: Stack, add_session: AddSession
) -> None:
    other = add_session()
    rows(stack, "Sessions").create_entity(session_cells(RowKey=LONG))
    assert (book(stack, LONG, "ann"), book(stack, other, "ben")) == (201, 201)
    tick(stack)

    assert problem(stack, LONG).startswith("This session could not be processed at ")
    assert went_off(stack.log_text(), "part-failed")
    assert problem(stack, other) == ""
    assert get(f"{stack.site}/health").status == 200
    [failed] = details(stack).json["sessions"]
    assert (failed["session"], failed["error"]) == (LONG, "StorageRefusedError")
    assert {each["id"] for each in get_json(f"{stack.site}/sessions").json["sessions"]} >= {LONG, other}
    stack.set_clock(MORNING + timedelta(days=6, hours=6))
    stack.settle()
    assert len(mails_to(stack, "ben@nhs.net")) == 2, "a confirmation and a reminder"
    stack.set_clock(MORNING)
    rows(stack, "Sessions").delete_entity("sessions", LONG)
    tick(stack)
    assert details(stack).json == {"status": "healthy"}


def test_roster_that_vanished_stops_new_places_and_goes_on_when_its_rows_are_back(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(Capacity=2)
    assert (book(stack, session_id, "cem"), book(stack, session_id, "dee")) == (201, 201)
    tick(stack)
    kept: list[Any] = list(rows(stack, "Bookings").query_entities(f"PartitionKey eq '{session_id}'"))
    for row in kept:
        rows(stack, "Bookings").delete_entity(row)

    assert book(stack, session_id, "eve") == 409
    tick(stack)
    assert roster(stack, session_id) == []
    assert problem(stack, session_id).startswith("2 people were emailed that they have a place")
    [lost] = details(stack).json["tables"]
    assert (lost["table"], lost["session"]) == ("Bookings", session_id)

    for row in kept:
        rows(stack, "Bookings").create_entity(row)
    tick(stack)
    assert (problem(stack, session_id), details(stack).json) == ("", {"status": "healthy"})
    assert [len(mails_to(stack, f"{name}@nhs.net")) for name in ("cem", "dee")] == [1, 1]


def package_without(folder: Path, lost: str) -> Path:
    """What is deployed, without one file that was lost on the way."""
    for path in service_files():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    (folder / lost).unlink()
    return folder


def test_page_that_ends_with_an_unexpected_error_shows_the_code_of_its_line_in_the_log(
    stack: Stack, add_session: AddSession, tmp_path: Path
) -> None:
    session_id = add_session()
    typed = person(session_id, "canary", full_name=CANARIES["full_name"], group_agreement="yes")
    app = package_without(tmp_path / "app", "functions/templates/bookings/check.html")
    settings = {**stack.settings, "SERVICE_ROLE": "web", "REFERRAL_PRIVATE_KEY": "", "PROVIDER_LINK_KEY": ""}
    with another_host(stack, settings, tmp_path, app=app) as web:
        assert get(f"{web.url}/bookings/new?session={session_id}").status == 200
        assert not went_off(web.child.log_text(), "unexpected-error"), "every other page is there"
        page = post_form(f"{web.url}/bookings/check", typed)
        log = web.child.log_text()

    assert (page.status, "Sorry, there is a problem with the service" in page.text) == (500, True)
    [(_, line)] = error_lines(log)
    assert went_off(log, "unexpected-error")
    assert not_alarmed_once(error_lines(log)) == []
    [code] = re.findall("^unexpected ([0-9a-f]{8}): ", line)
    assert code in page.text
    assert "TemplateNotFound at " in line
    assert not is_canary_in(log)


def test_what_the_worker_may_not_delete_on_its_day_is_told_and_goes_once_it_may(
    stack: Stack, add_session: AddSession, tmp_path: Path
) -> None:
    """The worker lost a right at its tables. Azurite asks for it in single requests alone: a session with one email."""
    session_id, day = add_session(), timedelta(days=1)
    assert book(stack, session_id, "gus") == 201
    for days in (100, 101, 102):  # after a jump retention waits for the clock to go on for three days as clocks do
        stack.set_clock(MORNING + days * day)
        tick(stack)
    assert not went_off(stack.log_text(), "deletion-failed")
    settings = {
        **stack.settings,
        "BOOKINGS_STORAGE": restricted(stack.settings["BOOKINGS_STORAGE"], "raulp"),
        "AzureWebJobs.schedule.Disabled": "true",
    }
    then = tmp_path / "then.json"
    set_clock(then, at=MORNING + 103 * day)
    with another_host(stack, settings, tmp_path, clock=then) as worker:
        worker.run("schedule")
        log = worker.child.log_text()

    assert went_off(log, "deletion-failed")
    assert not_alarmed_once(error_lines(log)) == []
    assert len(emails_in_log(stack, session_id)) == 1
    assert "@" not in log
    stack.set_clock(MORNING + 104 * day)
    tick(stack)
    assert (roster(stack, session_id), emails_in_log(stack, session_id)) == ([], [])


def emails_in_log(stack: Stack, session_id: str) -> list[Any]:
    return list(rows(stack, "MailLog").query_entities(f"PartitionKey eq '{session_id}'"))
