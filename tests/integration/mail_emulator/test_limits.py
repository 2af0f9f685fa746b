from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from azure.communication.email import EmailClient
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from local.clock import set_clock
from local.mail import Emulator
from tests.integration.mail_emulator.conftest import START
from tests.integration.mail_emulator.email_client import ask, header, send
from tests.unit.local.mail.message_builders import a_message

type Advance = Callable[[timedelta], None]


def refused_for(client: EmailClient) -> int:
    """Sends, is refused, and returns the seconds to wait."""
    with pytest.raises(HttpResponseError) as refused:
        send(client)
    assert refused.value.error is not None
    assert (refused.value.status_code, refused.value.error.code) == (429, "TooManyRequests")
    return int(header(refused.value, "Retry-After") or 0)


def test_the_thirty_first_mail_of_a_minute_waits_for_the_next(
    emulator: Emulator, client: EmailClient, advance: Advance
) -> None:
    for _ in range(30):
        send(client)
    assert refused_for(client) == 60
    advance(timedelta(seconds=61))
    send(client)
    assert len(emulator.messages()) == 31


def test_an_hour_has_a_limit_of_its_own(emulator: Emulator, client: EmailClient, advance: Advance) -> None:
    emulator.settings({"per_minute": 0, "per_hour": 2})
    send(client)
    advance(timedelta(minutes=20))
    send(client)
    advance(timedelta(minutes=20))
    # The refused request counts as well: it takes the place that the first one frees in 20 minutes.
    assert refused_for(client) == 40 * 60


def test_retrying_early_prolongs_the_wait(emulator: Emulator, client: EmailClient, advance: Advance) -> None:
    emulator.settings({"per_minute": 1})
    send(client)
    advance(timedelta(seconds=50))
    assert refused_for(client) == 60
    advance(timedelta(seconds=50))
    assert refused_for(client) == 60
    advance(timedelta(seconds=61))
    send(client)


def test_an_invalid_message_counts_against_the_limit(emulator: Emulator, client: EmailClient) -> None:
    emulator.settings({"per_minute": 1})
    with pytest.raises(HttpResponseError):
        send(client, {})
    assert refused_for(client) == 60


def test_status_requests_have_limits_of_their_own(emulator: Emulator, client: EmailClient) -> None:
    emulator.settings({"status_per_minute": 2})
    operation_id = send(client)
    assert [ask(client, operation_id).status_code for _ in range(3)] == [200, 200, 429]
    send(client)


def test_a_limit_of_zero_is_none(emulator: Emulator, client: EmailClient) -> None:
    emulator.settings({"per_minute": 0, "per_hour": 0})
    for _ in range(35):
        send(client, a_message())
    assert len(emulator.messages()) == 35


def test_retry_after_counts_seconds_of_the_callers_clock(
    emulator: Emulator, client: EmailClient, clock_file: Path
) -> None:
    emulator.settings({"per_minute": 0, "per_hour": 1})
    clock = set_clock(clock_file, at=START, speed=10)
    send(client)
    wait = refused_for(client)
    assert wait == 3600
    set_clock(clock_file, at=clock() + timedelta(seconds=wait), speed=10)
    send(client)


def test_a_stranger_does_not_use_up_the_limit(emulator: Emulator, client: EmailClient) -> None:
    emulator.settings({"per_minute": 1})
    with pytest.raises(ClientAuthenticationError):
        send(client, headers={"x-ms-date": "Sun, 22 Nov 2020 18:47:04 GMT", "host": "elsewhere"})
    send(client)
