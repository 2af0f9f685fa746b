"""Messages that functions put on queues, as the host changes them on the way."""

import json

import pytest

from tests.integration.host.conftest import RunningHost


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        pytest.param("plain text, é", ["plain text, é"], id="text stays as it is"),
        pytest.param('{"b":1,"a":"x"}', ['{\n  "b": 1,\n  "a": "x"\n}'], id="an object is printed again"),
        pytest.param('["one", {"n":2}]', ["one", '{\n  "n": 2\n}'], id="an array becomes several messages"),
    ],
)
def test_a_text_is_sent_as_the_host_prints_it(host: RunningHost, body: str, messages: list[str]) -> None:
    assert host.call("POST", "/api/send", body=body.encode()).status == 202
    assert host.messages("out") == messages


def test_each_element_of_a_list_is_a_message_of_its_own_and_is_left_alone(host: RunningHost) -> None:
    assert host.post_json("/api/send_list", ["one", '{"n":2}']).status == 202
    assert host.messages("out") == ["one", '{"n":2}']


def test_bytes_are_sent_as_they_are(host: RunningHost) -> None:
    assert host.call("POST", "/api/send_bytes", body=b'["one"]').status == 202
    assert host.messages("out") == ['["one"]']


@pytest.mark.parametrize(
    "body", [pytest.param("{oops}", id="it only looks like JSON"), pytest.param("x" * 60_000, id="it is too large")]
)
def test_the_caller_gets_500_when_the_output_cannot_be_sent(host: RunningHost, body: str) -> None:
    answer = host.call("POST", "/api/send", body=body)
    assert (answer.status, answer.body) == (500, b"")
    assert host.messages("out") == []


def test_the_output_of_a_timer_is_sent_too(host: RunningHost) -> None:
    host.wait_until_idle()
    [message] = host.messages("started")
    assert json.loads(message) == {"past_due": False, "cwd": "sample_app", "home": host.queues}
