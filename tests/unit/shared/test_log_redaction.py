"""The output of a handler once logging is configured."""

import io
import logging
from collections.abc import Callable, Iterator

import pytest

from shared.log_redaction import AddressRedactionFilter, configure

ADDRESS = "zoe.canary@ward.example.nhs.uk"

logger = logging.getLogger("tests.telemetry")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The output of a handler of the whole process, at every level."""
    root, azure = logging.getLogger(), logging.getLogger("azure")
    levels, handler = (root.level, azure.level), logging.StreamHandler(io.StringIO())
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    configure()
    yield handler.stream
    root.removeHandler(handler)
    root.setLevel(levels[0])
    azure.setLevel(levels[1])
    for other in root.handlers:  # pytest's own, which the tests after this one look into
        other.filters = [each for each in other.filters if not isinstance(each, AddressRedactionFilter)]


def refuse(error: Exception) -> None:
    raise error


def in_the_message() -> None:
    logger.info(f"sent to {ADDRESS} today")  # noqa: G004  # as careless as someone may be


def in_what_is_put_into_it() -> None:
    logger.info("sent to %s %s", ADDRESS, "today")


def in_an_exception() -> None:
    try:
        refuse(ValueError(f"cannot send to {ADDRESS}"))
    except ValueError:
        logger.exception("it failed")


def in_the_cause_of_an_exception() -> None:
    try:
        try:
            refuse(KeyError(ADDRESS))
        except KeyError as cause:
            raise ValueError("no such person") from cause
    except ValueError:
        logger.exception("it failed")


def in_an_exception_that_another_handler_has_written_out() -> None:
    record = logging.LogRecord("tests", logging.ERROR, "", 1, "it failed", (), None)
    record.exc_text = f"ValueError: cannot send to {ADDRESS}"
    logger.handle(record)


def in_the_stack() -> None:
    record = logging.LogRecord("tests", logging.ERROR, "", 1, "here", (), None, sinfo=f"Stack:\n  send('{ADDRESS}')")
    logger.handle(record)


WAYS = [
    in_the_message,
    in_what_is_put_into_it,
    in_an_exception,
    in_the_cause_of_an_exception,
    in_an_exception_that_another_handler_has_written_out,
    in_the_stack,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_an_address_never_leaves_the_process(written: io.StringIO, way: Callable[[], None]) -> None:
    way()

    assert "[address]" in written.getvalue()
    assert "canary" not in written.getvalue()
    assert "ward.example" not in written.getvalue()


def test_what_stands_beside_an_address_is_kept(written: io.StringIO) -> None:
    in_what_is_put_into_it()
    in_an_exception()

    lines = written.getvalue().splitlines()
    assert lines[:3] == ["INFO sent to [address] today", "ERROR it failed", "Traceback (most recent call last):"]
    assert lines[-1] == "ValueError: cannot send to [address]"


def test_an_exception_without_an_address_is_written_as_ever(written: io.StringIO) -> None:
    try:
        refuse(ValueError("no place"))
    except ValueError:
        logger.exception("it failed for %s", "34679CDF")

    assert written.getvalue().startswith("ERROR it failed for 34679CDF\nTraceback")
    assert written.getvalue().endswith("ValueError: no place\n")


def test_a_mistake_in_a_log_line_does_not_stop_what_logs_it(written: io.StringIO) -> None:
    template = "%d places for %s"

    logger.info(template, ADDRESS)

    assert written.getvalue() == "INFO %d places for %s\n"


def test_the_azure_sdk_tells_its_warnings_and_not_the_keys_in_its_addresses(written: io.StringIO) -> None:
    sdk = logging.getLogger("azure.core.pipeline.policies.http_logging_policy")

    sdk.info("Request URL: 'https://a.example/Bookings(PartitionKey='s1',RowKey='booking-canary')'")
    sdk.warning("retrying")

    assert written.getvalue() == "WARNING retrying\n"


def test_configuring_twice_adds_one_filter(written: io.StringIO) -> None:
    configure()

    [ours] = [each for each in logging.getLogger().handlers if getattr(each, "stream", None) is written]
    assert [type(each) for each in ours.filters] == [AddressRedactionFilter]
