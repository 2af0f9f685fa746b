from typing import Any
from urllib.error import HTTPError
from uuid import uuid4

import pytest
from azure.communication.email import EmailClient
from azure.core.exceptions import HttpResponseError

from local.mail import Emulator
from tests.integration.mail_emulator.email_client import ask, send
from tests.unit.local.mail.message_builders import a_message, to


def test_the_inbox_lists_oldest_first_and_can_be_narrowed_to_one_addressee(
    emulator: Emulator, client: EmailClient
) -> None:
    for address in ("ada@staff.test", "bob@staff.test", "ada@staff.test"):
        send(client, a_message(recipients=to(address)))
    posted = [mail["recipients"]["to"][0]["address"] for mail in emulator.messages()]
    assert posted == ["ada@staff.test", "bob@staff.test", "ada@staff.test"]
    assert len(emulator.messages(to="ADA@staff.test")) == 2
    assert emulator.messages(to="ada") == []


def test_an_emptied_inbox_still_knows_its_operations(emulator: Emulator, client: EmailClient) -> None:
    operation_id = send(client)
    emulator.clear()
    assert emulator.messages() == []
    assert ask(client, operation_id).status_code == 200


def test_requests_are_counted_by_what_became_of_them(emulator: Emulator, client: EmailClient) -> None:
    operation_id = str(uuid4())
    send(client, operation_id=operation_id)
    send(client, operation_id=operation_id)
    with pytest.raises(HttpResponseError):
        send(client, {})
    ask(client, operation_id)
    assert emulator.requests() == {"send": 3, "send_accepted": 2, "send_refused": 1, "status": 1}


def test_settings_are_shown_without_the_key(emulator: Emulator) -> None:
    shown = emulator.settings()
    assert shown["per_minute"] == 30
    assert "access_key" not in shown


@pytest.mark.parametrize(
    "changes", [{"per_minute": -1}, {"repeat": "perhaps"}, {"per_day": 1}, {"access_key": "YQ=="}, {"senders": []}]
)
def test_a_setting_that_makes_no_sense_is_refused_and_changes_nothing(
    emulator: Emulator, changes: dict[str, Any]
) -> None:
    before = emulator.settings()
    with pytest.raises(HTTPError, match="400") as refused:
        emulator.settings(changes)
    refused.value.close()
    assert emulator.settings() == before


def test_a_fault_rule_that_makes_no_sense_is_refused(emulator: Emulator) -> None:
    with pytest.raises(HTTPError, match="400") as refused:
        emulator.faults([{"kind": "drop_before"}, {"kind": "explode"}])
    refused.value.close()
    assert emulator.waiting_faults() == []


def test_a_reset_makes_it_as_it_was_at_the_start(emulator: Emulator, client: EmailClient) -> None:
    emulator.settings({"per_minute": 1})
    emulator.faults([{"kind": "drop_before", "count": None, "subject": "no mail"}])
    operation_id = send(client)
    emulator.reset()
    assert (emulator.messages(), emulator.waiting_faults()) == ([], [])
    assert set(emulator.requests().values()) == {0}
    assert emulator.settings()["per_minute"] == 30
    assert ask(client, operation_id).status_code == 404
