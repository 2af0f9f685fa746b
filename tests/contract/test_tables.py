"""The table in memory behaves as the real one does: every promise is kept by both."""

import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from local.stack.azurite import Azurite
from shared.tables.azure_tables import open_tables
from shared.tables.storage_connection import StorageConnection
from shared.tables.table import TIMESTAMP, Row, RowConflictError, StorageRefusedError, Table, Without, Write
from tests.fakes import FakeTable

NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["in memory", "Azurite"])
def table(request: pytest.FixtureRequest) -> Table:
    return FakeTable() if request.param == "in memory" else request.getfixturevalue("azure_table")


@pytest.fixture
def azure_table(azurite: Azurite) -> Table:
    """For what the code of this project never asks of a table, and the one in memory does not look at."""
    tables = open_tables(StorageConnection(azurite.connection_string(), None, None))
    return tables.table(tables.client.create_table(f"T{uuid.uuid4().hex}").table_name)


def cells(key: str, **others: object) -> dict[str, object]:
    return {"PartitionKey": "p", "RowKey": key, **others}


def test_what_was_written_is_read_back(table: Table) -> None:
    everything = {"Text": "Ọ́káfọ̀ 'quoted' & أحمد", "Number": 7, "Truth": True, "Bytes": b"\x00\xff"}
    table.insert(cells("a", **everything))

    row = table.get("p", "a")

    assert row is not None
    assert {name: row.cells[name] for name in everything} == everything


class Word(str):
    """A text with a type of its own, as a sentence of the wording is one."""

    __slots__ = ()


def test_a_text_of_a_type_of_its_own_is_stored_as_a_text(table: Table) -> None:
    first = table.insert(cells("a", Text=Word("inserted")))
    merged = table.merge(cells("a", Text=Word("merged")), first)
    table.put(cells("b", Text=Word("put")))
    table.apply([Write("merge", cells("a", Other=Word("in a transaction")), merged)])

    row = read(table, "a")
    assert (row.cells["Text"], row.cells["Other"], read(table, "b").cells["Text"]) == (
        "merged",
        "in a transaction",
        "put",
    )
    assert {type(each) for each in (row.cells["Text"], row.cells["Other"])} == {str}


def test_a_row_that_is_not_there_is_none(table: Table) -> None:
    assert table.get("p", "nobody") is None


def test_a_query_tells_when_rows_were_written_and_in_which_order(table: Table) -> None:
    for key in ("c", "a", "b"):
        table.insert(cells(key, Text="x"))
        time.sleep(0.01)

    rows = table.query(["RowKey", TIMESTAMP], PartitionKey="p")

    assert all(row.written_at is not None for row in rows)
    assert [row.key for row in sorted(rows, key=lambda row: row.written_at or NEVER)] == ["c", "a", "b"]
    assert all(TIMESTAMP not in row.cells for row in rows)
    assert [row.written_at for row in table.query(["RowKey"], PartitionKey="p")] == [None] * 3


def test_pages_hold_every_row_of_every_partition_in_order_with_its_etag(table: Table) -> None:
    etags = [table.insert({"PartitionKey": partition, "RowKey": "a", "Text": "x"}) for partition in "qp"]

    rows = [row for page in table.pages() for row in page]

    assert [(row.partition, row.text("Text"), row.etag) for row in rows] == [("p", "x", etags[1]), ("q", "x", etags[0])]
    for row in rows:
        table.delete(row.partition, row.key)
    assert [row for page in table.pages() for row in page] == []


def test_a_row_is_inserted_once(table: Table) -> None:
    table.insert(cells("a", Text="first"))

    with pytest.raises(RowConflictError):
        table.insert(cells("a", Text="second"))

    assert read(table, "a").text("Text") == "first"


def test_a_merge_of_the_keys_alone_changes_nothing_but_the_etag(table: Table) -> None:
    """So that a row is not deleted by whoever read it before."""
    before = table.insert(cells("a", Text="x"))
    after = table.merge(cells("a"), before)
    assert (read(table, "a").text("Text"), read(table, "a").etag) == ("x", after)
    assert after != before
    with pytest.raises(RowConflictError):
        table.delete("p", "a", before)


def test_a_merge_keeps_the_other_cells_and_gives_a_new_etag(table: Table) -> None:
    before = table.insert(cells("a", Kept="kept", Text="old"))

    after = table.merge(cells("a", Text="new"), before)

    row = read(table, "a")
    assert (row.text("Kept"), row.text("Text")) == ("kept", "new")
    assert row.etag == after != before


def test_a_merge_of_what_someone_changed_is_refused(table: Table) -> None:
    before = table.insert(cells("a", Text="old"))
    table.merge(cells("a", Text="theirs"), before)

    with pytest.raises(RowConflictError):
        table.merge(cells("a", Text="ours"), before)

    assert read(table, "a").text("Text") == "theirs"


def test_a_merge_does_not_bring_back_what_was_deleted(table: Table) -> None:
    with pytest.raises(RowConflictError):
        table.merge(cells("gone", Text="ours"), "W/\"datetime'2023-09-01T08%3A00%3A00.0000000Z'\"")

    assert table.get("p", "gone") is None


def test_a_transaction_does_all_of_it(table: Table) -> None:
    guard = table.insert(cells("guard"))

    etags = table.apply([Write("merge", cells("guard", Text="x"), guard), Write("create", cells("a"))])

    assert etags == [read(table, "guard").etag, read(table, "a").etag]


def test_a_transaction_with_a_stale_guard_does_nothing_of_it(table: Table) -> None:
    stale = table.insert(cells("guard"))
    table.merge(cells("guard", Text="theirs"), stale)

    with pytest.raises(RowConflictError):
        table.apply([Write("merge", cells("guard", Text="ours"), stale), Write("create", cells("a"))])

    assert table.get("p", "a") is None
    assert read(table, "guard").text("Text") == "theirs"


def test_a_transaction_with_a_row_that_exists_does_nothing_of_it(table: Table) -> None:
    guard = table.insert(cells("guard"))
    table.insert(cells("a", Text="theirs"))

    with pytest.raises(RowConflictError):
        table.apply([Write("merge", cells("guard", Text="ours"), guard), Write("create", cells("a"))])

    assert read(table, "guard").text("Text") == ""


def test_a_replacement_leaves_nothing_of_the_old_row(table: Table) -> None:
    guard, before = table.insert(cells("guard")), table.insert(cells("a", Old="old"))

    table.apply([Write("merge", cells("guard"), guard), Write("replace", cells("a", New="new"), before)])

    row = read(table, "a")
    assert (row.text("Old"), row.text("New")) == ("", "new")


def test_put_writes_whatever_was_there(table: Table) -> None:
    table.put(cells("a", Old="old"))
    table.put(cells("a", New="new"))

    row = read(table, "a")
    assert (row.text("Old"), row.text("New")) == ("", "new")


EVERY_TYPE = {
    "Text": "Ọ́káfọ̀ 'quoted' & \r\n\r\nHTTP/1.1 500\r\n--changeset \"{}\" 🎈",
    "Blank": "",
    "Number": -(2**31),
    "Truth": True,
    "Untruth": False,
    "Part": 1.5,
    "Whole": 2.0,
    "Bytes": b"\x00\xff",
}


@pytest.mark.parametrize("key", ["a", "it's", "''", "Zoë & أحمد 🎈", "a b+c%2F&d=e;f,(g)", "[{é}]@:!$*", "." * 3])
def test_a_transaction_writes_every_type_of_cell_under_any_key(table: Table, key: str) -> None:
    table.apply([Write("create", cells(key, **EVERY_TYPE, Old="old"))])
    table.apply([Write("merge", cells(key, **EVERY_TYPE, New="new"), read(table, key).etag)])
    merged = read(table, key)
    [etag] = table.apply([Write("replace", cells(key, **EVERY_TYPE), merged.etag)])

    row = read(table, key)

    assert (row.etag, merged.text("Old"), merged.text("New"), row.text("Old")) == (etag, "old", "new", "")
    assert {name: row.cells[name] for name in EVERY_TYPE} == EVERY_TYPE
    assert [type(row.cells[name]) for name in EVERY_TYPE] == [type(value) for value in EVERY_TYPE.values()]
    table.apply([Write("delete", cells(key), etag)])
    assert table.get("p", key) is None


@pytest.mark.parametrize("value", [2**31, object(), ["a"]])
def test_a_transaction_with_a_cell_that_no_row_can_hold_is_refused(azure_table: Table, value: object) -> None:
    with pytest.raises(StorageRefusedError):
        azure_table.apply([Write("create", cells("a")), Write("create", cells("b", Cell=value))])

    assert azure_table.query(PartitionKey="p") == []


def test_a_transaction_changes_only_what_was_read(azure_table: Table) -> None:
    azure_table.insert(cells("a", Text="theirs"))

    with pytest.raises(StorageRefusedError):
        azure_table.apply([Write("merge", cells("a", Text="ours"))])

    assert read(azure_table, "a").text("Text") == "theirs"


def test_a_transaction_that_is_too_large_does_nothing(azure_table: Table) -> None:
    with pytest.raises(StorageRefusedError):
        azure_table.apply([Write("create", cells("a")), Write("create", cells("b", Text="x" * 40_000))])

    assert azure_table.query() == []


def test_a_deleted_row_is_gone_and_deleting_it_again_is_no_error(table: Table) -> None:
    table.insert(cells("a"))
    table.insert(cells("b"))

    table.delete("p", "a")
    table.delete("p", "a")

    assert [row.key for row in table.query(PartitionKey="p")] == ["b"]


def test_what_someone_changed_is_not_deleted(table: Table) -> None:
    before = table.insert(cells("a", Text="old"))
    table.merge(cells("a", Text="theirs"), before)

    with pytest.raises(RowConflictError):
        table.delete("p", "a", before)

    assert read(table, "a").text("Text") == "theirs"


def test_a_row_that_nobody_changed_is_deleted(table: Table) -> None:
    etag = table.insert(cells("a"))

    table.delete("p", "a", etag)
    table.delete("p", "a", etag)

    assert table.get("p", "a") is None


def test_a_transaction_deletes_too(table: Table) -> None:
    known, _ = table.insert(cells("a")), table.insert(cells("b"))

    etags = table.apply([Write("delete", cells("a"), known), Write("delete", cells("b")), Write("create", cells("c"))])

    assert [row.key for row in table.query(PartitionKey="p")] == ["c"]
    assert etags == ["", "", read(table, "c").etag]


def test_a_transaction_with_one_row_that_someone_changed_deletes_nothing(table: Table) -> None:
    known, stale = table.insert(cells("a")), table.insert(cells("b"))
    table.merge(cells("b", Text="theirs"), stale)

    with pytest.raises(RowConflictError):
        table.apply([Write("delete", cells("a"), known), Write("delete", cells("b"), stale)])

    assert [row.key for row in table.query(PartitionKey="p")] == ["a", "b"]


@pytest.mark.parametrize("etag", ["", "W/\"datetime'2023-09-01T08%3A00%3A00.0000000Z'\""])
def test_a_transaction_with_one_row_that_is_gone_deletes_nothing(table: Table, etag: str) -> None:
    table.insert(cells("a"))

    with pytest.raises(RowConflictError):
        table.apply([Write("delete", cells("a")), Write("delete", cells("gone"), etag)])

    assert read(table, "a").key == "a"


def test_a_query_finds_what_equals_and_nothing_else(table: Table) -> None:
    table.insert(cells("b", Kind="x"))
    table.insert(cells("a", Kind="x"))
    table.insert(cells("c", Kind="y"))
    table.insert({"PartitionKey": "other", "RowKey": "a", "Kind": "x"})

    assert [row.key for row in table.query(PartitionKey="p", Kind="x")] == ["a", "b"]
    assert len(table.query()) == 4


@pytest.mark.parametrize("value", ["' or PartitionKey ne '", "two  spaces", "(brackets)", "@v0", "%27", "Zoë, by hand"])
def test_query_values_cannot_inject_a_filter(table: Table, value: str) -> None:
    table.insert(cells("a", Kind="x"))
    table.insert(cells(value, Kind="x"))

    assert [row.key for row in table.query(RowKey=value)] == [value]
    assert [row.key for row in table.query(PartitionKey="p", RowKey="' or 1 eq 1 or '")] == []


def test_a_selection_reads_those_cells_only(table: Table) -> None:
    table.insert(cells("a", Wanted="yes", Left="no"))

    [row] = table.query(["PartitionKey", "RowKey", "Wanted"], PartitionKey="p")

    assert (row.text("Wanted"), row.text("Left")) == ("yes", "")


def test_rows_beyond_the_first_page_are_found(table: Table) -> None:
    for start in range(0, 1100, 100):
        table.apply([Write("create", cells(f"{number:05}")) for number in range(start, start + 100)])

    assert len(table.query(PartitionKey="p")) == 1100


@pytest.mark.parametrize("select", [(), ("RowKey",)])
def test_a_query_says_when_by_the_clock_of_storage(table: Table, select: tuple[str, ...]) -> None:
    table.insert(cells("a"))
    before = datetime.now(UTC).replace(microsecond=0)

    [row] = table.query(select)

    assert row.read_at is not None
    assert before <= row.read_at <= datetime.now(UTC)
    assert row == table.query(select)[0]


def test_rows_that_are_left_out_are_those_with_that_very_value(table: Table) -> None:
    others: list[dict[str, object]] = [{}, {"Over": ""}, {"Over": "no"}, {"Over": "YES"}, {"Over": True}, {"Over": 1}]
    for number, each in enumerate(others):
        table.insert(cells(f"kept-{number}", **each))
    table.insert(cells("left", Over="yes"))
    later = datetime.now(UTC) + timedelta(days=1)

    found = table.query_without(Without("Over", "yes", later))

    assert [row.key for row in found] == [f"kept-{number}" for number in range(len(others))]


def test_a_row_that_would_be_left_out_is_found_if_it_was_written_since(table: Table) -> None:
    etag = table.insert(cells("edited", Over="yes"))
    table.insert(cells("left", Over="yes"))
    time.sleep(0.05)
    since = datetime.now(UTC)
    time.sleep(0.05)
    table.merge(cells("edited", Date="2023-12-01"), etag)

    assert [row.key for row in table.query_without(Without("Over", "yes", since))] == ["edited"]
    assert table.query_without(Without("Over", "yes", since + timedelta(minutes=1))) == []
    assert len(table.query_without(Without("Over", "yes", since - timedelta(days=1)))) == 2


def test_rows_that_are_not_left_out_are_read_as_others_are(table: Table) -> None:
    for partition in ("p", "other"):
        for key in ("b", "a"):
            table.insert({"PartitionKey": partition, "RowKey": key, "Kind": "x"})

    found = table.query_without(Without("Over", "yes", datetime.now(UTC)), ["PartitionKey", "RowKey"])

    assert found == table.query(["PartitionKey", "RowKey"])
    assert found[0].cells == {"PartitionKey": "other", "RowKey": "a"}
    assert found[0].read_at is not None


@pytest.mark.parametrize("value", ["' or PartitionKey ne '", "two  spaces", "@since", "yes ) or ( 1 eq 1"])
def test_the_value_of_rows_to_leave_out_cannot_inject_a_filter(table: Table, value: str) -> None:
    table.insert(cells("a", Over="x"))
    table.insert(cells("b", Over=value))

    found = table.query_without(Without("Over", value, datetime.now(UTC) + timedelta(days=1)))

    assert [row.key for row in found] == ["a"]


def test_partitions_are_read_in_order_from_the_first_to_the_last(table: Table) -> None:
    for partition in ("a", "c", "b", "bb", "d"):
        for key in ("2", "1"):
            table.insert({"PartitionKey": partition, "RowKey": key, "State": "x", "Left": "y"})

    rows, complete = table.query_partitions("b", "c", ["PartitionKey", "RowKey", "State"])

    assert [(row.partition, row.key) for row in rows] == [(p, k) for p in ("b", "bb", "c") for k in ("1", "2")]
    assert (rows[0].text("State"), rows[0].text("Left"), rows[0].etag) == ("x", "", "")
    assert complete
    assert table.query_partitions("x", "y", ["RowKey"]) == ([], True)


def test_rows_of_partitions_are_left_out_by_the_text_of_a_cell(table: Table) -> None:
    states = {"a": "confirmed", "b": "Confirmed", "c": 7, "d": "", "guard": "x", "z": "it's"}
    for key, state in states.items():
        table.insert({"PartitionKey": "p", "RowKey": key, "State": state})
    table.insert({"PartitionKey": "p", "RowKey": "without"})

    unlike = [("RowKey", "guard"), ("State", "confirmed"), ("State", "it's")]
    rows, complete = table.query_partitions("p", "p", ["RowKey"], unlike)

    assert ([row.key for row in rows], complete) == (["b", "c", "d", "without"], True)


def test_one_request_is_made_for_partitions_and_says_if_there_are_more_rows(table: Table) -> None:
    for start in range(0, 1100, 100):
        table.apply([Write("create", cells(f"{number:05}")) for number in range(start, start + 100)])

    some, complete = table.query_partitions("p", "p", ["RowKey"])

    assert (len(some), complete) == (1000, False)


def test_a_transaction_over_two_partitions_is_refused(table: Table) -> None:
    with pytest.raises(StorageRefusedError):
        table.apply([Write("create", cells("a")), Write("create", {"PartitionKey": "other", "RowKey": "a"})])


def test_more_than_a_hundred_writes_are_refused(table: Table) -> None:
    with pytest.raises(StorageRefusedError):
        table.apply([Write("create", cells(f"{number:05}")) for number in range(101)])


def test_a_table_that_does_not_exist_is_not_an_empty_one(azurite: Azurite) -> None:
    missing = open_tables(StorageConnection(azurite.connection_string(), None, None)).table("NobodyMadeIt")

    with pytest.raises(StorageRefusedError):
        missing.get("p", "a")
    with pytest.raises(StorageRefusedError):
        missing.insert(cells("a"))
    with pytest.raises(StorageRefusedError):
        missing.apply([Write("create", cells("a"))])


def test_moments_are_read_whatever_an_editor_made_of_them() -> None:
    noon = datetime(2023, 9, 1, 12, tzinfo=UTC)

    for text in ("2023-09-01T12:00:00Z", "2023-09-01T13:00:00+01:00", "2023-09-01 12:00"):
        assert Row({"At": text}, "").moment("At") == noon
    for text in ("yesterday", "0001-01-01T00:00:00+05:00"):
        assert Row({"At": text}, "").moment("At") is None


def test_a_number_that_is_none_or_beyond_all_bounds_is_not_read() -> None:
    assert Row({"N": ("12", "Edm.Int64")}, "").integer("N") == 12
    for text in ("twelve", "1.5", "9" * 5000):
        assert Row({"N": text}, "").integer("N") is None


def read(table: Table, key: str) -> Row:
    row = table.get("p", key)
    assert row is not None
    return row
