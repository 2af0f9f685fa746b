"""Tables, queues and the container for backups, which `infra/` declares in Azure."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableServiceClient
from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueServiceClient

from local.stack.sessions_csv import SESSIONS
from shared.backups.blobs import CONTAINER

TABLES_AND_QUEUES: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "BOOKINGS_STORAGE": (
        (SESSIONS, "Bookings", "MailLog", "MailIndex", "MailLimits", "Service", "Numbers"),
        ("emails", "emails-poison"),
    ),
    "REFERRALS_STORAGE": (
        ("Referrals", "SealedReferrals", "CollectTries", "ReferralMail", "ReferralService"),
        ("referrals", "referrals-poison"),
    ),
}


def create_storage(settings: Mapping[str, str]) -> None:
    """Creates what is not there yet in the accounts of BOOKINGS_STORAGE and REFERRALS_STORAGE (connection strings)."""
    for setting, (tables, queues) in TABLES_AND_QUEUES.items():
        _create_tables(settings[setting], tables)
        _create_queues(settings[setting], queues)
        _create_container(settings[setting])


def _create_tables(connection: str, names: Sequence[str]) -> None:
    with TableServiceClient.from_connection_string(connection) as service:
        for name in names:
            service.create_table_if_not_exists(name)


def _create_container(connection: str) -> None:
    with ContainerClient.from_connection_string(connection, CONTAINER) as container, suppress(ResourceExistsError):
        container.create_container()


def _create_queues(connection: str, names: Sequence[str]) -> None:
    with QueueServiceClient.from_connection_string(connection) as service:
        there = {queue.name for queue in service.list_queues()}
        for name in names:
            if name not in there:
                _create_queue(service, name)


def _create_queue(service: QueueServiceClient, name: str) -> None:
    try:
        service.create_queue(name)
    except ResourceExistsError:
        return  # someone else was faster
