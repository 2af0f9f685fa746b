"""One running service that the tests share, each with a session of its own; and what tables and queues hold."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from azure.data.tables import TableServiceClient

from functions.forms.tokens import TOKEN, issue_token
from local.clock import LocalClock
from local.stack.stack import Stack, running_stack
from shared.signing import Signer
from tests.alarms import error_lines, not_alarmed_once
from tests.builders import MORNING, session_cells
from tests.e2e.http_client import get, hidden_fields, post_form

type AddSession = Callable[..., str]


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The service at 9am on 1 September 2023, with the schedule of five sessions."""
    unlimited = {"MAILS_PER_MINUTE": "0", "MAILS_PER_HOUR": "0"}  # many tests share an hour of its clock
    with running_stack(at=MORNING, settings=unlimited) as running:
        running.mail.settings({"per_minute": 0, "per_hour": 0, "status_per_minute": 0, "status_per_hour": 0})
        yield running
        assert unalarmed_errors(running) == []


def unalarmed_errors(stack: Stack) -> list[str]:
    """Errors that the service wrote into its log, with the alarms that each sets off, if it is not exactly one."""
    return not_alarmed_once(error_lines(stack.log_text()))


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def add_session(stack: Stack, numbers: Iterator[int]) -> AddSession:
    """Adds a session of a test's own, as an administrator does in the portal, and returns its id."""

    def add(**cells: Any) -> str:
        session_id = f"test-{next(numbers)}"
        rows(stack, "Sessions").create_entity(session_cells(RowKey=session_id, **cells))
        return session_id

    return add


def rows(stack: Stack, table: str, storage: str = "BOOKINGS_STORAGE") -> Any:
    return TableServiceClient.from_connection_string(stack.settings[storage]).get_table_client(table)


def roster(stack: Stack, session_id: str) -> list[Any]:
    found = rows(stack, "Bookings").query_entities("PartitionKey eq @s", parameters={"s": session_id})
    return [row for row in found if row["RowKey"] != "guard"]


def prove(stack: Stack, to: str) -> None:
    """Presses the button on the page that the first email to this address leads to."""
    link = re.search(r"http://[\d.:]+/manage/[\w-]+", mails_to(stack, to)[0]["content"]["plainText"])
    assert link is not None
    assert '/prove"' in get(link[0]).text
    assert post_form(f"{link[0]}/prove", act_form(stack, link[0], "prove")).status == 303
    stack.settle()


def person(session_id: str, name: str = "zoe", **changes: Any) -> dict[str, Any]:
    """A booking as an API client sends it."""
    return {
        "session_id": session_id,
        "full_name": "Zoë Okafor",
        "email": f"{name}@{session_id}.nhs.net",
        "group_agreement": True,
    } | changes


def mails_to(stack: Stack, address: str) -> list[dict[str, Any]]:
    return [mail for mail in stack.mail.messages() if mail["recipients"]["to"][0]["address"] == address]


def act_form(stack: Stack, link: str, act: str) -> dict[str, str]:
    """Fields that the page of an act at someone's link sends by itself, if it was opened a minute ago.

    Made here, so that one can be sent twice, and by several people at once. `act` is the last part of its address.
    """
    token, signer = link.rpartition("/")[2], Signer((urlsafe_b64decode(stack.settings["LINK_KEY"] + "="),))
    parts = signer.parse_token("manage", token)
    assert parts is not None
    generation = rows(stack, "Bookings").get_entity(*parts[:2])["Generation"]
    opened = LocalClock(stack.clock_path)() - timedelta(minutes=1)
    return {TOKEN: issue_token(signer, f"manage-{act}", f"{token}/{generation}", opened)}


def opened_form(stack: Stack, path: str) -> dict[str, str]:
    """Fields that the form at `path` sends by itself, once a person has had time to fill it in: 5 seconds."""
    fields = hidden_fields(get(f"{stack.site}{path}").text)
    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(seconds=5))
    return fields
