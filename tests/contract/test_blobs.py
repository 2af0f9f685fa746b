"""The container in memory behaves as the real one does; and rows of every type survive the way through a real one."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from azure.data.tables import EdmType, EntityProperty

from local.stack.azurite import Azurite
from shared.backups.azure_blobs import AzureBlobs, open_blobs
from shared.backups.blobs import BlobExistsError, Blobs
from shared.backups.typed_rows import decode_row, encode_row
from shared.tables.azure_tables import open_tables
from shared.tables.storage_connection import StorageConnection
from shared.tables.table import StorageRefusedError
from tests.fakes import FakeBlobs


def container(azurite: Azurite) -> AzureBlobs:
    blobs = open_blobs(StorageConnection(azurite.connection_string(), None, None), f"c{uuid.uuid4().hex}")
    blobs.client.create_container()
    return blobs


@pytest.fixture(params=["in memory", "Azurite"])
def blobs(request: pytest.FixtureRequest) -> Blobs:
    return FakeBlobs() if request.param == "in memory" else container(request.getfixturevalue("azurite"))


def test_a_blob_is_written_once_read_as_it_was_and_deleted(blobs: Blobs) -> None:
    blobs.write("2023-09-01/b", iter([b"one ", b"", b"two"]))
    blobs.write("2023-09-01/a", [])
    with pytest.raises(BlobExistsError):
        blobs.write("2023-09-01/b", [b"three"])

    assert b"".join(blobs.read("2023-09-01/b")) == b"one two"
    assert b"".join(blobs.read("2023-09-01/a")) == b""
    assert blobs.names() == ["2023-09-01/a", "2023-09-01/b"]
    assert blobs.names("2023-09-02") == []
    blobs.delete("2023-09-01/a")
    blobs.delete("2023-09-01/a")
    assert blobs.names() == ["2023-09-01/b"]
    with pytest.raises(StorageRefusedError):
        list(blobs.read("2023-09-01/a"))


def test_nothing_is_there_if_writing_breaks_off(blobs: Blobs) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half of it"
        raise StorageRefusedError("the table is gone")

    with pytest.raises(StorageRefusedError):
        blobs.write("a", broken())

    assert blobs.names() == []


def test_a_large_blob_goes_up_and_comes_back_in_blocks(azurite: Azurite) -> None:
    blobs, page = container(azurite), bytes(range(256)) * 4096

    blobs.write("a", (page for _ in range(9)))

    parts = list(blobs.read("a"))
    assert len(parts) >= 3
    assert b"".join(parts) == page * 9


# What the portal's dialog offers, and the ends of each type.
CELLS = {
    "Text": "Ọ́káfọ̀ 'quoted' & أحمد \U0001f600\n",
    "Empty": "",
    "Yes": True,
    "Small": -(2**31),
    "Large": EntityProperty(2**63 - 1, EdmType.INT64),
    "Wide": EntityProperty(7, EdmType.INT64),
    "Half": 0.1,
    "Whole": 5.0,
    "Huge": float("inf"),
    "Nothing": float("nan"),
    "Moment": datetime(2023, 9, 1, 8, 0, 0, 123456, tzinfo=UTC),
    "Tick": EntityProperty("2023-09-01T08:00:00.1234567Z", EdmType.DATETIME),
    "Id": uuid.UUID(int=7),
    "Bytes": b"\x00\xff",
}


def test_cells_of_every_type_are_put_back_as_they_were(azurite: Azurite) -> None:
    tables = open_tables(StorageConnection(azurite.connection_string(), None, None))
    table = tables.table(tables.client.create_table(f"T{uuid.uuid4().hex}").table_name)
    table.insert({"PartitionKey": "p", "RowKey": "a", **CELLS})
    [[before]] = table.pages()
    line = encode_row(before.cells)

    table.delete("p", "a")
    table.insert(decode_row(line))

    [[after]] = table.pages()
    assert encode_row(after.cells) == line
    assert repr(after.cells) == repr(before.cells)
    assert after.cells["Tick"].tables_service_value == "2023-09-01T08:00:00.1234567Z"


def test_more_than_a_page_of_rows_is_read_page_by_page(azurite: Azurite) -> None:
    tables = open_tables(StorageConnection(azurite.connection_string(), None, None))
    raw = tables.client.create_table(f"T{uuid.uuid4().hex}")
    for start in range(0, 1100, 100):
        rows = [{"PartitionKey": "p", "RowKey": f"{number:04}"} for number in range(start, start + 100)]
        raw.submit_transaction([("create", row) for row in rows])

    pages = list(tables.table(raw.table_name).pages())

    assert [len(page) for page in pages] == [1000, 100]
    assert [row.key for page in pages for row in page] == [f"{number:04}" for number in range(1100)]
