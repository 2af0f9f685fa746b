"""Lines of a copy: every cell with its type, and nothing that is no row."""

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.backups.typed_rows import decode_row, encode_row

KEYS = {"PartitionKey": "p", "RowKey": "a"}
PLAIN = st.one_of(
    st.text(),
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.floats(allow_nan=False),
    st.binary(),
    st.uuids(),
    st.tuples(st.integers(-(2**63), 2**63 - 1), st.just("Edm.Int64")),
)


@given(st.dictionaries(st.text(min_size=1), PLAIN, max_size=8))
def test_cells_come_back_with_their_types(cells: dict[str, Any]) -> None:
    found = decode_row(encode_row(cells | KEYS))

    assert found == cells | KEYS
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in (cells | KEYS).items()
    }


def test_a_line_is_one_line_whatever_a_cell_holds() -> None:
    assert encode_row(KEYS | {"Text": "one\ntwo\r\u2028\x00"}).count(b"\n") == 1


def test_a_moment_keeps_every_digit_and_its_type() -> None:
    in_london = datetime(2023, 9, 1, 9, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    found = decode_row(encode_row(KEYS | {"At": in_london, "Nothing": math.nan}))

    assert found["At"] == ("2023-09-01T08:00:00.000005Z", "Edm.DateTime")
    assert math.isnan(found["Nothing"])
    whole = decode_row(encode_row(KEYS | {"At": datetime(2023, 9, 1, tzinfo=UTC), "Id": UUID(int=1)}))
    assert whole["At"] == ("2023-09-01T00:00:00Z", "Edm.DateTime")
    assert encode_row(found | {"Nothing": 0}) == encode_row(decode_row(encode_row(found | {"Nothing": 0})))


@pytest.mark.parametrize("value", [None, [1], {"a": 1}, 1 + 2j])
def test_what_no_table_holds_is_not_copied(value: object) -> None:
    with pytest.raises((TypeError, KeyError)):
        encode_row(KEYS | {"Cell": value})


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff",
        b"{",
        b"[]",
        b"7",
        b'{"PartitionKey":["Edm.String","p"]}',
        b'{"PartitionKey":["Edm.String","p"],"RowKey":"a"}',
        b'{"PartitionKey":["Edm.String","p"],"RowKey":["Edm.Strange","a"]}',
        b'{"PartitionKey":["Edm.String","p"],"RowKey":["Edm.Binary","%"]}',
        b'{"PartitionKey":["Edm.String","p"],"RowKey":["Edm.Guid",7]}',
    ],
)
def test_what_is_no_row_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # json's own error is one, with a text of its own
        decode_row(line)
