"""Authorisation levels: anonymous, function, admin, system."""

import pytest

from tests.integration.host.conftest import KEYS, RunningHost


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/api/for_friends", None, 401),
        ("/api/for_friends", "wrong", 401),
        ("/api/for_friends", KEYS["system"], 401),
        ("/api/for_friends", KEYS["function"], 200),
        ("/api/for_friends", KEYS["master"], 200),
        ("/api/for_masters", KEYS["function"], 401),
        ("/api/for_masters", KEYS["master"], 200),
        ("/api/switched_off", KEYS["master"], 200),
    ],
)
def test_a_function_opens_to_the_keys_of_its_level(host: RunningHost, path: str, key: str | None, status: int) -> None:
    assert host.call("GET", path, headers={"x-functions-key": key} if key else None).status == status


def test_the_key_may_be_in_the_address_but_the_header_wins(host: RunningHost) -> None:
    address = f"/api/for_friends?code={KEYS['function']}"
    assert host.get(address).status == 200
    assert host.get(address, x_functions_key="wrong").status == 401


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("wrong", 401), (KEYS["function"], 403)])
def test_functions_are_run_by_hand_with_the_master_key_only(host: RunningHost, key: str | None, status: int) -> None:
    headers = {"x-functions-key": key} if key else {}
    assert host.call("POST", "/admin/functions/tick", body='{"input": ""}', headers=headers).status == status
