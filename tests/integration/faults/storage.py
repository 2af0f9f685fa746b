"""All tables and copies of an installation, read and written as a whole, so that a case begins where another began."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import batched, groupby
from typing import Any

from azure.data.tables import TableClient, TableServiceClient
from azure.storage.blob import ContainerClient

from local.stack.tables_and_queues import TABLES_AND_QUEUES, create_storage
from shared.backups.blobs import CONTAINER
from tests.integration.faults.transport import FaultyNetwork
from tests.promises import Cells, Rows

type Change = tuple[str, Cells, Mapping[str, Any]]


COPIES = "copies"
"""The name under which the copies of the backup stand beside the tables."""


@dataclass
class Storage:
    """Both data accounts of the settings. What nobody has written to since it was read is not read again."""

    settings: Mapping[str, str] = field(repr=False)
    network: FaultyNetwork
    _known: dict[str, Rows] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        create_storage(self.settings)
        self.network.watchers.append(self._forget_written)

    def read(self) -> dict[str, Rows]:
        """The rows of every table, by its name and their keys; and as `copies` what the backup wrote."""
        for name, table in self._tables.items():
            if name not in self._known:
                self._known[name] = {_key(row): dict(row) for row in table.list_entities()}
        if COPIES not in self._known:
            self._known[COPIES] = self._read_copies()
        return dict(self._known)

    def _read_copies(self) -> Rows:
        blobs = [(each, name) for each in self._containers for name in each.list_blob_names()]
        return {(str(each.account_name), name): {"content": each.download_blob(name).readall()} for each, name in blobs}

    def _forget_written(self, request: str) -> None:
        """Forgets the tables that a request names which may have written to them."""
        if any(f"/{account}/" in request for account in self._accounts):
            names = {name: name for name in self._tables} | {COPIES: CONTAINER}
            for name, path in names.items():
                if f"/{path}" in request:
                    self._known.pop(name, None)

    def empty(self) -> dict[str, Rows]:
        """As `read` gives it where nothing is stored."""
        return {name: {} for name in (*self._tables, COPIES)}

    def write(self, wanted: Mapping[str, Rows]) -> None:
        """Makes every table hold these rows and no others, and the backup these copies."""
        known = self.read()
        for name, table in self._tables.items():
            there = known[name]
            gone: list[Change] = [("delete", there[key], {}) for key in there.keys() - wanted[name].keys()]
            new: list[Change] = [
                ("upsert", cells, {"mode": "replace"}) for key, cells in wanted[name].items() if there.get(key) != cells
            ]
            _apply(table, [*gone, *new])
        for container in self._containers:
            self._write_copies(container, known[COPIES], wanted[COPIES])
        self._known = dict(wanted)

    def _write_copies(self, container: ContainerClient, known: Rows, wanted: Rows) -> None:
        there, mine = (
            {name: cells for (account, name), cells in copies.items() if account == container.account_name}
            for copies in (known, wanted)
        )
        for name in there.keys() - mine.keys():
            container.delete_blob(name)
        for name, cells in mine.items():
            if there.get(name) != cells:
                container.upload_blob(name, cells["content"], overwrite=True)

    def put(self, table: str, cells: Cells) -> None:
        """An administrator types into a row, or adds one."""
        self._tables[table].upsert_entity(dict(cells))

    def delete(self, table: str, partition: str, key: str) -> None:
        self._tables[table].delete_entity(partition, key)

    @cached_property
    def _accounts(self) -> set[str]:
        return {str(each.account_name) for each in self._containers}

    @cached_property
    def _tables(self) -> dict[str, TableClient]:
        found = dict[str, TableClient]()
        for setting, (names, _) in TABLES_AND_QUEUES.items():
            service = TableServiceClient.from_connection_string(self.settings[setting])
            found |= {name: service.get_table_client(name) for name in names}
        return found

    @cached_property
    def _containers(self) -> list[ContainerClient]:
        return [ContainerClient.from_connection_string(self.settings[each], CONTAINER) for each in TABLES_AND_QUEUES]


def _key(row: Cells) -> tuple[str, str]:
    return (str(row["PartitionKey"]), str(row["RowKey"]))


def _apply(table: TableClient, changes: Iterable[Change]) -> None:
    ordered = sorted(changes, key=lambda change: str(change[1]["PartitionKey"]))
    for _, of_partition in groupby(ordered, key=lambda change: str(change[1]["PartitionKey"])):
        for batch in batched(of_partition, 100, strict=False):
            table.submit_transaction(batch)
