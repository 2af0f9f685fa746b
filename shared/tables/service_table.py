"""The table `Service`: what the service remembers of itself, read in one request on every run of the schedule."""

from collections.abc import Mapping

from shared.tables.table import Row, Table

SERVICE_PARTITION = "service"

type ServiceRows = Mapping[str, Row]


def read_service_rows(table: Table) -> ServiceRows:
    """Everything in it, by row key."""
    return {row.key: row for row in table.query(PartitionKey=SERVICE_PARTITION)}
