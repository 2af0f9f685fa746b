"""Several sessions with one form, as a browser without JavaScript sends it, through the running host."""

import html
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

from local.clock import LocalClock
from local.stack.stack import Stack, running_stack
from tests.builders import MORNING, session_cells
from tests.e2e.conftest import AddSession, mails_to, person, roster, rows
from tests.e2e.http_client import Answer, get, post_form, post_json

type Fields = list[tuple[str, str]]
DATES = ("2023-09-08", "2023-09-15", "2023-09-22", "2023-10-03", "2023-10-10")


def sent_by(page: Answer) -> Fields:
    """The fields that the form on a page sends by itself, a session's once for each."""
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return [(name, html.unescape(value)) for name, value in hidden]


def checked(stack: Stack, site: str, ids: list[str], address: str) -> Fields:
    """The form on the page to check the answers, once a person has had time to read it."""
    chosen: Fields = [*sent_by(get(f"{site}/bookings/several/new")), *(("session_id", each) for each in ids)]
    typed = {"full_name": "Zoë Okafor", "email": address, "group_agreement": "yes", "adjustments": "canary captions"}
    details = post_form(f"{site}/bookings/several/details", chosen)
    check = post_form(f"{site}/bookings/several/check", [*sent_by(details), *typed.items()])
    assert (check.status, f"Check your answers for {len(ids)} sessions" in check.text) == (200, True)
    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(seconds=5))
    return sent_by(check)


def states(stack: Stack, ids: list[str], address: str) -> list[str]:
    """The state of this person in each session; nobody has two rows in one."""
    found = [[row["State"] for row in roster(stack, each) if row["Email"] == address] for each in ids]
    assert all(len(each) <= 1 for each in found)
    return [each[0] if each else "" for each in found]


def test_each_session_is_booked_by_itself_with_an_email_of_its_own_and_the_page_lists_all(
    stack: Stack, add_session: AddSession
) -> None:
    ids = [add_session(Date=day) for day in DATES[:3]]
    address = f"zoe@{ids[0]}.nhs.net"
    fields = checked(stack, stack.site, ids, address)
    assert states(stack, ids, address) == [""] * 3

    with ThreadPoolExecutor(max_workers=4) as pool:
        sent = list(pool.map(lambda _: post_form(f"{stack.site}/bookings/several", fields), range(4)))
    stack.settle()

    assert [each.status for each in sent] == [303] * 4
    pages = {get(f"{stack.site}{each.headers['location']}").text for each in sent}
    assert len(pages) == 1
    [page] = pages
    assert "You have booked 3 sessions" in page
    references = [row["Reference"] for each in ids for row in roster(stack, each)]
    assert len(set(references)) == 3
    assert all(each in page for each in references)
    assert states(stack, ids, address) == ["confirmed"] * 3
    assert len(mails_to(stack, address)) == 3
    assert "canary" not in stack.log_text() + "".join(each.headers["location"] for each in sent)


def test_a_session_that_fills_up_meanwhile_offers_its_waiting_list_and_the_others_are_booked(
    stack: Stack, add_session: AddSession
) -> None:
    ids = [add_session(Date=DATES[0]), add_session(Date=DATES[1], Capacity=1)]
    address = f"zoe@{ids[0]}.nhs.net"
    fields = checked(stack, stack.site, ids, address)
    assert post_json(f"{stack.site}/bookings", person(ids[1], "ann")).status == 201

    late = post_form(f"{stack.site}/bookings/several", fields)
    assert (late.status, "Not everything is booked yet" in late.text) == (409, True)
    assert states(stack, ids, address) == ["confirmed", ""]
    done = post_form(f"{stack.site}/bookings/several", [*sent_by(late), ("waits_for", ids[1])])
    stack.settle()

    assert states(stack, ids, address) == ["confirmed", "waiting"]
    page = get(f"{stack.site}{done.headers['location']}").text
    assert [said in page for said in ("You have booked a place", "You have joined the waiting list")] == [True, True]
    assert len(mails_to(stack, address)) == 2


def test_a_program_books_several_sessions_with_as_many_requests_and_one_submission(
    stack: Stack, add_session: AddSession
) -> None:
    ids = [add_session(Date=day) for day in DATES[:2]]
    asked = {"submission_id": f"submission-of-{ids[0]}-and-more", "email": f"zoe@{ids[0]}.nhs.net"}
    for _ in range(2):
        answers = [post_json(f"{stack.site}/bookings", person(each) | asked) for each in ids]
        assert [each.status for each in answers] == [201, 201]
    assert states(stack, ids, asked["email"]) == ["confirmed"] * 2
    assert post_json(f"{stack.site}/bookings/several", {"session_id": ids}).status == 415


def test_a_host_that_is_killed_after_some_sessions_is_made_up_for_by_the_same_form() -> None:
    """On a busy machine it may be stopped too late: then again, with other sessions."""
    with running_stack(at=MORNING, hosts=2, load=None) as stack:
        ids, fields = next(found for attempt in range(8) if (found := killed_between(stack, f"kill{attempt}")))
        address = f"zoe@{ids[0]}.nhs.net"
        assert states(stack, ids, address).count("confirmed") in range(1, 5)

        again = post_form(f"{stack.sites[1]}/bookings/several", fields)

        assert again.status == 303
        assert "You have booked 5 sessions" in get(f"{stack.sites[1]}{again.headers['location']}").text
        assert states(stack, ids, address) == ["confirmed"] * 5


def killed_between(stack: Stack, name: str) -> tuple[list[str], Fields] | None:
    """Sends the form to the first host, and kills that once the first of five is booked; None if all were by then."""
    ids = [f"{name}-{number}" for number in range(len(DATES))]
    for each, day in zip(ids, DATES, strict=True):
        rows(stack, "Sessions").create_entity(session_cells(RowKey=each, Date=day))
    address, process = f"zoe@{ids[0]}.nhs.net", stack.hosts[0].child.process
    fields = checked(stack, stack.sites[0], ids, address)
    with ThreadPoolExecutor(max_workers=1) as pool:
        sending = pool.submit(status_if_any, stack.sites[0], fields)
        while not states(stack, ids, address)[0]:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGSTOP)
        is_between = "" in states(stack, ids, address)
        os.kill(process.pid, signal.SIGKILL if is_between else signal.SIGCONT)
        assert sending.result() == (None if is_between else 303)
    if not is_between:
        return None
    process.wait()
    return ids, fields


def status_if_any(site: str, fields: Fields) -> int | None:
    """The status of the answer; None if the host was gone before there was one."""
    with suppress(OSError):
        return post_form(f"{site}/bookings/several", fields).status
    return None
