"""host.json, settings, bindings and keys."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from local.host.app.appsettings import AppSettings
from local.host.app.bindings import build_function
from local.host.app.functions import AuthLevel, HttpTrigger, QueueOutput, QueueTrigger, TimerTrigger
from local.host.app.hostfile import HostFile, QueueOptions, read_hostfile
from local.host.errors import HostStartError
from local.host.http.keys import HostKeys, KeyAuthorization, presented_key
from local.host.timers.timespan import parse_timespan


def _hostfile(folder: Path, text: str, **settings: str) -> HostFile:
    (folder / "host.json").write_text(text)
    return read_hostfile(folder, settings)


def test_an_empty_host_file_means_the_defaults_of_azure(tmp_path: Path) -> None:
    options = _hostfile(tmp_path, '{"version": "2.0"}')
    assert (options.route_prefix, options.function_timeout) == ("api", timedelta(minutes=30))
    assert options.queues.max_polling_interval == timedelta(minutes=1)
    assert options.queues.visibility_timeout == timedelta(0)
    assert (options.queues.batch_size, options.queues.max_dequeue_count, options.queues.base64) == (16, 5, True)


def test_everything_that_the_host_heeds_is_read(tmp_path: Path) -> None:
    text = """{"version": "2.0", "functionTimeout": "-1", "extensions": {"http": {"routePrefix": ""}, "queues": {
        "batchSize": 4, "newBatchThreshold": 0, "maxDequeueCount": 3, "visibilityTimeout": "00:01:00",
        "maxPollingInterval": "00:00:30", "messageEncoding": "none"}}}"""
    queues = QueueOptions(4, 0, 3, timedelta(minutes=1), timedelta(seconds=30), base64=False)
    assert _hostfile(tmp_path, text) == HostFile("", None, queues)


def test_settings_override_the_host_file_as_in_azure(tmp_path: Path) -> None:
    text = '{"version": "2.0", "extensions": {"queues": {"batchSize": 4}}}'
    override = {"AzureFunctionsJobHost__extensions__Queues__BatchSize": "2"}
    assert _hostfile(tmp_path, text, **override).queues.batch_size == 2


@pytest.mark.parametrize(
    "text",
    [
        "not JSON",
        "{}",
        '{"version": "2.0", "functionTimeout": "5 minutes"}',
        '{"version": "2.0", "extensions": {"queues": {"batchSize": 33}}}',
        '{"version": "2.0", "extensions": {"queues": {"messageEncoding": "zip"}}}',
        '{"version": "2.0", "extensions": []}',
    ],
)
def test_a_host_file_that_has_no_meaning_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(HostStartError, match=r"host\.json"):
        _hostfile(tmp_path, text)


def test_a_missing_host_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HostStartError, match="There is no"):
        read_hostfile(tmp_path, {})


@pytest.mark.parametrize(
    ("text", "seconds"), [("00:05:00", 300), ("1.02:00:00", 93_600), ("00:00:00.500", 0.5), ("0:0:1", 1)]
)
def test_time_spans_are_read(text: str, seconds: float) -> None:
    assert parse_timespan(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "5", "00:60:00", "24:00:00", "-00:01:00"])
def test_other_texts_are_no_time_spans(text: str) -> None:
    with pytest.raises(ValueError, match="no"):
        parse_timespan(text)


def test_references_to_settings_are_replaced_and_missing_ones_refused() -> None:
    settings = AppSettings({"NAME": "work"})
    assert settings.expand("x-%NAME%-y") == "x-work-y"
    with pytest.raises(HostStartError, match="OTHER"):
        settings.expand("%OTHER%")


@pytest.mark.parametrize(
    ("connection", "value"), [(None, "host"), ("", "host"), ("Data", "prefixed"), ("Other", "other")]
)
def test_a_connection_is_looked_up_as_azure_does(connection: str | None, value: str) -> None:
    values = {"AzureWebJobsStorage": "host", "AzureWebJobsData": "prefixed", "Data": "plain", "Other": "other"}
    assert AppSettings(values).connection_string(connection) == value


def test_the_emulators_short_name_is_understood() -> None:
    text = AppSettings({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}).connection_string(None)
    assert "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1" in text


@pytest.mark.parametrize(
    ("value", "disabled"), [("true", True), ("1", True), ("TRUE", True), ("0", False), ("", False)]
)
def test_a_function_is_disabled_by_its_setting(value: str, disabled: bool) -> None:
    assert AppSettings({"AzureWebJobs.work.Disabled": value}).is_disabled("work") is disabled


SETTINGS = AppSettings({"QUEUE": "Work", "WHEN": "0 * * * * *"})
QUEUE_IN = {"type": "queueTrigger", "name": "message", "direction": "IN", "queueName": "%QUEUE%", "connection": "C"}


def _built(*bindings: dict[str, Any]) -> Any:
    return build_function("f", "id", list(bindings), None, SETTINGS)


def test_a_queue_function_with_an_output_is_understood() -> None:
    function = _built(
        {"type": "queue", "name": "out", "direction": "OUT", "queueName": "o", "connection": "D"}, QUEUE_IN
    )
    assert function.trigger == QueueTrigger("message", "work", "C", binary=False)
    assert function.outputs == (QueueOutput("out", "o", "D"),)


def test_an_http_function_without_route_has_its_name_and_without_methods_takes_all() -> None:
    http_in = {"type": "httpTrigger", "name": "req", "direction": "IN", "authLevel": "ADMIN"}
    function = _built(http_in, {"type": "http", "name": "$return", "direction": "OUT"})
    assert function.trigger == HttpTrigger("req", "f", None, AuthLevel.ADMIN)


def test_a_timer_is_monitored_unless_it_says_otherwise() -> None:
    timer = {"type": "timerTrigger", "name": "t", "direction": "IN", "schedule": "%WHEN%"}
    assert _built(timer).trigger == TimerTrigger("t", "0 * * * * *", run_on_startup=False, use_monitor=True)


@pytest.mark.parametrize(
    "bindings",
    [
        [{"type": "blobTrigger", "name": "blob", "direction": "IN"}],
        [QUEUE_IN, {"type": "cosmosDB", "name": "doc", "direction": "OUT"}],
        [{**QUEUE_IN, "queueName": "{name}"}],
        [],
    ],
)
def test_what_the_host_does_not_serve_is_refused(bindings: list[dict[str, Any]]) -> None:
    with pytest.raises(HostStartError, match="this host"):
        _built(*bindings)


KEYS = HostKeys(master="m", function="f", system="s")


@pytest.mark.parametrize(
    ("level", "opened_by"),
    [
        (AuthLevel.ANONYMOUS, {"m", "f", "s", ""}),
        (AuthLevel.FUNCTION, {"m", "f"}),
        (AuthLevel.SYSTEM, {"m", "s"}),
        (AuthLevel.ADMIN, {"m"}),
    ],
)
def test_each_level_opens_to_its_key_and_to_the_master_key(level: AuthLevel, opened_by: set[str]) -> None:
    assert {key for key in ("m", "f", "s", "") if KeyAuthorization(KEYS).allows(key, level)} == opened_by


def test_empty_keys_open_nothing() -> None:
    assert not KeyAuthorization(HostKeys(master="", function="", system="")).allows("", AuthLevel.FUNCTION)


def _request(headers: list[tuple[bytes, bytes]], query: bytes) -> Request:
    return Request({"type": "http", "headers": headers, "query_string": query})


def test_the_header_wins_over_the_address_even_when_it_is_empty() -> None:
    assert presented_key(_request([(b"x-functions-key", b"")], b"code=f")) == ""
    assert presented_key(_request([], b"code=f")) == "f"


def test_keys_are_not_shown() -> None:
    assert "m" not in repr(KEYS).removeprefix("HostKeys")
