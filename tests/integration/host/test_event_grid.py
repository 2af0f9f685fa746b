"""Event Grid's webhook: handshake and deliveries."""

import json
from typing import Any

import pytest

from tests.integration.host.conftest import KEYS, RunningHost

WEBHOOK = f"/runtime/webhooks/EventGrid?functionName=on_event&code={KEYS['system']}"


def _event(event_id: str, **data: Any) -> dict[str, Any]:
    return {
        "id": event_id,
        "topic": "/a/topic",
        "subject": "a subject",
        "eventType": "Sample.Happened",
        "eventTime": "2023-09-01T09:00:00.1234567Z",
        "data": data,
        "dataVersion": "1",
        "metadataVersion": "1",
    }


def test_the_handshake_is_answered_with_the_code(host: RunningHost) -> None:
    event = _event("handshake", validationCode="a-code", validationUrl="https://example.org")
    answer = host.post_json(WEBHOOK, [event], aeg_event_type="SubscriptionValidation")
    assert (answer.status, answer.json) == (200, {"validationResponse": "a-code"})


def test_every_event_of_a_delivery_is_a_call(host: RunningHost) -> None:
    events = [_event("first", number=1), _event("second", number=2)]
    assert host.post_json(WEBHOOK, events, aeg_event_type="Notification").status == 202
    seen = {fact["id"]: fact for fact in host.seen("on_event")}
    assert seen["first"] == {"id": "first", "type": "Sample.Happened", "data": {"number": 1}}
    assert seen["second"]["data"] == {"number": 2}


def test_a_failed_event_is_answered_with_500_so_that_it_is_delivered_again(host: RunningHost) -> None:
    assert host.post_json(WEBHOOK, [_event("bad", fail=True)], aeg_event_type="Notification").status == 500


@pytest.mark.parametrize(
    ("address", "kind", "status"),
    [
        pytest.param("?functionName=on_event", "Notification", 401, id="no key"),
        pytest.param(f"?functionName=on_event&code={KEYS['function']}", "Notification", 401, id="not the system key"),
        pytest.param(f"?functionName=nobody&code={KEYS['system']}", "Notification", 404, id="no such function"),
        pytest.param(f"?functionName=echo&code={KEYS['system']}", "Notification", 404, id="not an Event Grid function"),
        pytest.param(f"?functionName=on_event&code={KEYS['system']}", "Other", 400, id="no such kind of delivery"),
    ],
)
def test_other_deliveries_are_refused(host: RunningHost, address: str, kind: str, status: int) -> None:
    answer = host.post_json(f"/runtime/webhooks/eventgrid{address}", [_event("x")], aeg_event_type=kind)
    assert answer.status == status


def test_an_event_can_be_given_by_hand(host: RunningHost) -> None:
    assert host.run_now("on_event", json.dumps(_event("by hand")))
    assert "by hand" in [fact["id"] for fact in host.seen("on_event")]
