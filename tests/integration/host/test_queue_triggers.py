"""Queue triggers: tries, poison queue, metadata."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.queue import QueueClient

from local.clock import set_clock
from local.stack.azurite import Azurite
from tests.integration.host.conftest import START, RunningHost, serving


@pytest.fixture(scope="module")
def worker(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    with serving(tmp_path_factory.mktemp("worker"), azurite.connection_string()) as running:
        yield running


def _tries(host: RunningHost, body: str) -> list[int]:
    return [fact["dequeue_count"] for fact in host.seen("work") if fact["body"] == body]


def test_a_message_that_is_handled_is_deleted_and_its_result_sent(worker: RunningHost) -> None:
    with worker.queue("work") as queue:
        sent = queue.send_message("hello")
        worker.wait_until_idle()
        assert queue.get_queue_properties().approximate_message_count == 0
    [fact] = [fact for fact in worker.seen("work") if fact["body"] == "hello"]
    assert sent.inserted_on
    assert (fact["id"], fact["dequeue_count"]) == (sent.id, 1)
    assert fact["inserted"] == sent.inserted_on.isoformat()
    assert worker.messages("done") == ["done: hello"]


def test_a_message_that_fails_three_times_is_copied_to_the_poison_queue(worker: RunningHost) -> None:
    with worker.queue("work") as queue:
        queue.send_message("fail for good")
        worker.wait_until_idle()
        assert queue.get_queue_properties().approximate_message_count == 0
    assert _tries(worker, "fail for good") == [1, 2, 3]
    assert worker.seen("poisoned").count("fail for good") == 1


def test_a_message_that_was_taken_too_often_goes_to_the_poison_queue_without_being_run(
    azurite: Azurite, tmp_path: Path
) -> None:
    with QueueClient.from_connection_string(azurite.connection_string(), "early-work") as queue:
        queue.create_queue()
        queue.send_message(base64.b64encode(b"taken before").decode())
        list(queue.receive_messages(visibility_timeout=1, max_messages=1))
    once = {"AzureFunctionsJobHost__extensions__queues__maxDequeueCount": "1"}
    with serving(tmp_path, azurite.connection_string(), {"QUEUES": "early", **once}) as host:
        host.wait_until_seen("poisoned", 1)
        host.wait_until_idle()
        assert (host.seen("poisoned"), host.seen("work")) == (["taken before"], [])


def test_what_fails_on_a_poison_queue_stays_there_hidden(worker: RunningHost) -> None:
    with worker.queue("work-poison") as queue:
        queue.send_message("fail here too")
        worker.wait_until_idle()
        assert worker.seen("poisoned").count("fail here too") == 1
        assert queue.get_queue_properties().approximate_message_count == 1


def test_on_a_fast_clock_tries_come_sooner_and_a_long_run_keeps_its_message(azurite: Azurite, tmp_path: Path) -> None:
    set_clock(tmp_path / "clock.json", at=START, speed=600)
    patient = {"AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:10:00"}
    with serving(tmp_path, azurite.connection_string(), patient) as host, host.queue("work") as queue:
        queue.send_message("fail patiently")
        queue.send_message("slow 6 because it takes longer than its lease of 5 seconds")
        host.wait_until_seen("poisoned", 1)
        assert _tries(host, "fail patiently") == [1, 2, 3]
        host.wait_until_idle()
        assert queue.get_queue_properties().approximate_message_count == 0
        assert len(host.seen("work")) == 4


def test_a_field_of_a_json_body_overwrites_the_metadata_of_the_same_name(worker: RunningHost) -> None:
    with worker.queue("work") as queue:
        queue.send_message('{"id": "from the body"}')
    worker.wait_until_idle()
    assert worker.seen("work")[-1]["id"] == "from the body"


def test_a_binary_function_gets_bytes(worker: RunningHost) -> None:
    with QueueClient.from_connection_string(worker.storage, f"{worker.queues}-binary") as queue:
        queue.send_message(base64.b64encode(b"\xff\x00").decode())
    worker.wait_until_idle()
    assert worker.seen("binary_work") == [base64.b64encode(b"\xff\x00").decode()]


def test_a_message_that_is_not_base64_ends_in_the_poison_queue_and_is_never_run(worker: RunningHost) -> None:
    before = len(worker.seen("work"))
    with QueueClient.from_connection_string(worker.storage, f"{worker.queues}-work") as queue:
        queue.send_message("** not base64 **")
        worker.wait_until_idle()
        assert queue.get_queue_properties().approximate_message_count == 0
    assert len(worker.seen("work")) == before


def test_no_body_is_ever_logged(worker: RunningHost) -> None:
    with worker.queue("work") as queue:
        queue.send_message("fail: Ms Secret")
    worker.wait_until_idle()
    assert _tries(worker, "fail: Ms Secret") == [1, 2, 3]
    assert "Secret" not in worker.child.log_text()


def test_two_hosts_share_the_messages_of_a_queue_and_none_is_handled_twice(
    worker: RunningHost, azurite: Azurite, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bodies = [f"shared {number}" for number in range(20)]
    folder = tmp_path_factory.mktemp("second")
    with serving(folder, azurite.connection_string(), {"QUEUES": worker.queues}) as second:
        with worker.queue("work") as queue:
            for body in bodies:
                queue.send_message(body)
        worker.wait_until_idle()
        second.wait_until_idle()
        worker.wait_until_idle()
        handled = [fact["body"] for one in (worker, second) for fact in one.seen("work")]
    assert sorted(body for body in handled if body.startswith("shared")) == sorted(bodies)
