"""The admin endpoints, with what they add for tests."""

import pytest

from tests.integration.host.conftest import MASTER, RunningHost


def test_a_timer_can_be_run_now_and_tells_whether_it_succeeded(host: RunningHost) -> None:
    before = len(host.seen("tick"))
    assert host.run_now("tick") is True
    assert len(host.seen("tick")) == before + 1


def test_a_run_that_fails_is_told_as_failed(host: RunningHost) -> None:
    assert host.run_now("work", "fail by hand") is False


def test_a_queue_function_gets_the_input_as_its_message(host: RunningHost) -> None:
    assert host.run_now("work", "by hand") is True
    fact = host.seen("work")[-1]
    assert (fact["body"], fact["id"], fact["dequeue_count"]) == ("by hand", None, 0)


def test_without_waiting_the_answer_comes_at_once_and_the_host_is_not_idle(host: RunningHost) -> None:
    answer = host.call("POST", "/admin/functions/WORK", body='{"input": "slow 0.7 by hand"}', headers=MASTER)
    assert answer.status == 202
    assert host.get("/admin/host/idle").json == {"idle": False}
    host.wait_until_idle()
    assert host.seen("work")[-1]["body"] == "slow 0.7 by hand"


@pytest.mark.parametrize(
    ("function", "body", "status"),
    [
        pytest.param("nobody", '{"input": ""}', 404, id="no such function"),
        pytest.param("echo", '{"input": ""}', 400, id="an HTTP function has a route"),
        pytest.param("work", "{}", 400, id="a message needs a text"),
        pytest.param("tick", "not JSON", 400, id="the body is not JSON"),
        pytest.param("on_event", '{"input": "not JSON"}', 400, id="the event is not JSON"),
    ],
)
def test_what_cannot_be_run_is_refused(host: RunningHost, function: str, body: str, status: int) -> None:
    assert host.call("POST", f"/admin/functions/{function}", body=body, headers=MASTER).status == status


def test_the_status_needs_no_key(host: RunningHost) -> None:
    assert host.get("/admin/host/status").json == {"state": "Running"}
