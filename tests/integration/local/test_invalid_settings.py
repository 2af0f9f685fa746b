"""The function host started with settings that cannot be used."""

import json
from collections.abc import Iterator

import pytest

from local.clock import set_clock
from local.process.ports import free_ports
from local.setup.keys import new_keys
from local.stack.environment import developer_settings
from local.stack.host_client import HostClient
from local.stack.processes import Plan, running_host
from tests.builders import MORNING
from tests.e2e.http_client import get, get_json
from tests.registered_functions import FUNCTIONS  # an app can be asked for its functions once in a process

CANARY = "canary-value"
BAD = {
    "BOOKINGS_STORAGE": f"AccountName={CANARY}",
    "BOOKINGS_STORAGE__tableServiceUri": f"http://{CANARY}.example",
    "BOOKINGS_STORAGE__credential": CANARY,
    "REFERRALS_STORAGE": CANARY,
    "REFERRAL_PUBLIC_KEY": json.dumps({"kty": "RSA", "kid": CANARY, "n": "!!", "e": "AQAB"}),
    "REFERRAL_PRIVATE_KEY": json.dumps({"kty": "RSA", "kid": CANARY, "n": CANARY, "e": "AQAB", "d": CANARY}),
    "REFERRAL_VAULT_KEY": f"http://{CANARY}.example/keys/a",
    "EMAIL_ACCESS_KEY": f"{CANARY}?",
    "EMAIL_SENDER": CANARY,
}


def of_queues() -> Iterator[str]:
    """The functions that the host itself would not start without a storage account."""
    for name, function in FUNCTIONS.items():
        if any("queue" in str(binding.type) for binding in function.get_bindings()):
            yield name


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostClient]:
    plan = Plan(at=MORNING, folder=tmp_path_factory.mktemp("run"), keys={})
    set_clock(plan.clock, at=MORNING)
    off = {f"AzureWebJobs.{name}.Disabled": "true" for name in of_queues()}
    with running_host(plan, 0, free_ports(1)[0], developer_settings() | new_keys() | BAD | off) as running:
        running.child.wait_until(running.is_running)
        yield running


def test_details_name_every_one_of_them_and_show_none(host: HostClient) -> None:
    answer = get(f"{host.url}/health/details", **{"x-functions-key": host.master_key})

    assert (answer.status, answer.json) == (503, {"status": "unhealthy", "settings": sorted(BAD)})


def test_who_has_no_key_is_told_that_it_is_not_ready(host: HostClient) -> None:
    answer = get(f"{host.url}/health")

    assert (answer.status, answer.json) == (503, {"status": "unhealthy"})
    assert get(f"{host.url}/health/details").status == 401


@pytest.mark.parametrize("path", ["/", "/sessions", "/one-to-one"])
def test_pages_are_busy_and_say_nothing_of_settings(host: HostClient, path: str) -> None:
    for answer in (get(f"{host.url}{path}"), get_json(f"{host.url}{path}")):
        assert answer.status == 503
        assert CANARY not in answer.text
        assert not [name for name in BAD if name in answer.text]


def test_the_log_names_them_and_shows_none(host: HostClient) -> None:
    assert get(f"{host.url}/health").status == 503

    logged = host.child.log_text()
    assert [name for name in BAD if name not in logged] == []
    assert CANARY not in logged
