"""The table `Service`: state of the service itself, read in one request in every run of the timer."""

from collections.abc import Mapping

from shared.tables.table import Row, Table

SERVICE_PARTITION = "service"

type ServiceRows = Mapping[str, Row]


def read_service_rows(table: Table) -> ServiceRows:
    """Returns every row, by row key.

    Raises:
        StorageError: the table cannot be read.
    """
    return {row.key: row for row in table.query(PartitionKey=SERVICE_PARTITION)}
