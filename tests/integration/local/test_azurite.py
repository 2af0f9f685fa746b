"""The storage emulator of a local run."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from local.paths import ROOT
from local.stack.azurite import BOOKINGS, REFERRALS, Azurite, running_azurite
from local.stack.shared_azurite import unused_accounts
from local.stack.tables_and_queues import create_storage


@contextmanager
def _tables(connection: str) -> Iterator[TableServiceClient]:
    with TableServiceClient.from_connection_string(connection, retry_total=0) as client:
        yield client


def _table_names(connection: str) -> set[str]:
    with _tables(connection) as client:
        return {table.name for table in client.list_tables()}


def _queue_names(connection: str) -> set[str]:
    with QueueServiceClient.from_connection_string(connection) as client:
        return {queue.name for queue in client.list_queues()}


def test_bookings_and_referrals_have_accounts_of_their_own(azurite: Azurite) -> None:
    settings = {
        "BOOKINGS_STORAGE": azurite.connection_string(BOOKINGS),
        "REFERRALS_STORAGE": azurite.connection_string(REFERRALS),
    }

    create_storage(settings)
    create_storage(settings)  # the second time everything is there

    bookings, referrals = settings.values()
    assert {"Sessions", "Bookings", "MailLog", "MailIndex", "Service"} <= _table_names(bookings)
    assert {"Referrals", "SealedReferrals"} <= _table_names(referrals)
    assert not _table_names(bookings) & {"Referrals", "SealedReferrals"}
    assert {"emails", "emails-poison"} <= _queue_names(bookings)
    assert {"referrals", "referrals-poison"} <= _queue_names(referrals)


def test_what_is_kept_in_a_folder_is_there_the_next_time(tmp_path: Path) -> None:
    with running_azurite(data=tmp_path) as first, _tables(first.connection_string()) as client:
        client.create_table("Kept").create_entity({"PartitionKey": "a", "RowKey": "b", "Title": "one"})

    with running_azurite(data=tmp_path) as second, _tables(second.connection_string()) as client:
        assert client.get_table_client("Kept").get_entity("a", "b")["Title"] == "one"


def test_every_request_is_a_line_in_the_access_log(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    with running_azurite(access_log=log) as azurite, _tables(azurite.connection_string()) as client:
        client.create_table("Counted")
        table = client.get_table_client("Counted")
        table.create_entity({"PartitionKey": "a", "RowKey": "b"})
        table.get_entity("a", "b")

    lines = log.read_text("utf-8").splitlines()
    assert len([line for line in lines if "/Counted" in line]) == 2
    assert len([line for line in lines if "/Tables" in line and "POST" in line]) == 1


def test_nothing_answers_once_it_has_stopped() -> None:
    with running_azurite() as azurite:
        connection = azurite.connection_string()

    assert azurite.child.process.returncode == 0
    with pytest.raises(ServiceRequestError):
        _table_names(connection)


def test_two_of_them_do_not_disturb_each_other(azurite: Azurite) -> None:
    with running_azurite() as other:
        with _tables(other.connection_string()) as client:
            client.create_table("OnlyHere")

        assert "OnlyHere" not in _table_names(azurite.connection_string())


def test_two_pairs_of_accounts_of_one_process_do_not_disturb_each_other(azurite: Azurite) -> None:
    other = unused_accounts()
    assert other.child is azurite.child
    create_storage(
        {"BOOKINGS_STORAGE": other.connection_string(), "REFERRALS_STORAGE": other.connection_string(REFERRALS)}
    )
    with _tables(other.connection_string()) as client:
        client.create_table("OnlyHere")

    assert _table_names(other.connection_string()) > {"OnlyHere", "Sessions"}
    assert "OnlyHere" not in _table_names(azurite.connection_string())
    assert not _table_names(unused_accounts().connection_string())
    assert not _queue_names(unused_accounts().connection_string(REFERRALS))


_STARTS_AND_WAITS = """
import time
from local.stack.azurite import running_azurite
with running_azurite() as azurite:
    print(azurite.connection_string(), flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL there")
def test_it_stops_when_the_process_that_started_it_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _STARTS_AND_WAITS], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        connection = owner.stdout.readline().strip()
        assert _table_names(connection) == set()
        owner.send_signal(signal.SIGKILL)

    _wait_until_unreachable(connection)


def _wait_until_unreachable(connection: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            _table_names(connection)
        except ServiceRequestError:
            return  # nobody listens
        except ServiceResponseError:
            continue  # it was just ending
        time.sleep(0.05)
    pytest.fail("Azurite is still there")
