"""Whatever happens to the queues and to the email service, what is owed is sent, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from azure.storage.queue import QueueServiceClient

from local.clock import set_clock
from local.process.ports import free_ports
from local.stack.host_client import HostClient
from local.stack.processes import Plan, running_host
from local.stack.stack import Stack, running_stack
from tests.builders import MORNING
from tests.e2e.conftest import mails_to, person, rows
from tests.e2e.http_client import post_json

SESSION = "2023-10-03-1500"
REFERRAL = {
    "works_here": "yes",
    "full_name": "Zoë Okafor",
    "contact_by": ["email"],
    "email": "zoe@home.example",
    "therapy_language": "English",
    "consent_share": True,
}
SENDING = ("AzureWebJobs.send_mail.Disabled", "AzureWebJobs.forward_referral.Disabled")


def empty_the_queues(stack: Stack) -> int:
    emptied = 0
    for storage in ("BOOKINGS_STORAGE", "REFERRALS_STORAGE"):
        service = QueueServiceClient.from_connection_string(stack.settings[storage])
        for queue in service.list_queues():
            client = service.get_queue_client(queue)
            emptied += client.get_queue_properties().approximate_message_count or 0
            client.clear_messages()
    return emptied


@contextmanager
def a_host_that_sends(stack: Stack, folder: Path) -> Iterator[HostClient]:
    """A second host on the same storage, whose email and referral functions are not switched off."""
    plan = Plan(at=MORNING, folder=folder, keys={}, forks=True)
    set_clock(plan.clock, at=MORNING + timedelta(minutes=5))
    settings = {**stack.settings, **dict.fromkeys(SENDING, "false")}
    with running_host(plan, 0, free_ports(1)[0], settings) as host:
        host.child.wait_until(host.is_running)
        yield host


def test_with_the_queues_emptied_by_hand_everything_is_still_sent_once(tmp_path: Path) -> None:
    with running_stack(at=MORNING, settings=dict.fromkeys(SENDING, "true")) as stack:
        for number in range(5):
            assert post_json(f"{stack.site}/bookings", person(SESSION, f"p{number}")).status == 201
            assert post_json(f"{stack.site}/one-to-one", REFERRAL).status == 201
        assert empty_the_queues(stack) == 10
        assert stack.mail.messages() == []

        with a_host_that_sends(stack, tmp_path) as host:
            for _ in range(2):
                host.run("schedule")
                while not host.is_idle():
                    host.child.check()

        assert [len(mails_to(stack, f"p{number}@{SESSION}.nhs.net")) for number in range(5)] == [1] * 5
        assert len(mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])) == 5
        states = [row["State"] for row in rows(stack, "Referrals", "REFERRALS_STORAGE").list_entities()]
        assert states == ["sent"] * 5


def test_an_email_service_that_throttles_loses_answers_and_breaks_still_delivers_each_email_once() -> None:
    with running_stack(at=MORNING) as stack:
        stack.mail.faults(
            [
                {"on": "send", "kind": "drop_after", "count": 1},
                {"on": "send", "kind": "status_after", "status": 503, "count": 1},
                {"on": "send", "kind": "drop_before", "count": 1},
                {"on": "send", "kind": "status", "status": 429, "retry_after": 300, "count": 1},
            ]
        )
        for number in range(4):
            assert post_json(f"{stack.site}/bookings", person(SESSION, f"p{number}")).status == 201
        assert post_json(f"{stack.site}/one-to-one", REFERRAL).status == 201
        for minutes in range(0, 45, 5):
            stack.set_clock(MORNING + timedelta(minutes=minutes))
            stack.tick()
            stack.settle()

        assert [len(mails_to(stack, f"p{number}@{SESSION}.nhs.net")) for number in range(4)] == [1] * 4
        assert len(mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])) == 1
        assert {row["State"] for row in rows(stack, "MailLog").list_entities()} == {"sent"}
