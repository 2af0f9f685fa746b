"""Functions that only one of the two apps performs, whatever its settings hold."""

import json
import os
import subprocess
import sys
from functools import cache

import pytest

import functions.provider.collect
import functions.provider.moved
import shared.bootstrap
from functions.provider.collect import collect
from functions.provider.moved import acknowledge_moved
from functions.site.not_found import Routes
from local.stack.environment import PASSPHRASE, developer_settings
from shared.composition.services import Services
from shared.config.settings import Settings, SettingsError
from tests.builders import MORNING, ROOT
from tests.generated_keys import generated_keys
from tests.unit.functions.http_requests import Outbox
from tests.unit.functions.provider.fake_services import request

# A developer's machine has everything: the private key, the passphrase, and links in the mails.
EVERYTHING = {**developer_settings(), **generated_keys(), "REFERRAL_DELIVERY": "link"}


def services(role: str, **changes: str) -> Services:
    return Services(Settings.from_environment(EVERYTHING | {"SERVICE_ROLE": role} | changes), lambda: MORNING)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_app_that_faces_the_public_opens_no_referral_even_if_it_is_given_every_key(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = services("web")
    for module in (functions.provider.collect, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: built)
    token = services("worker").referrals.links.to_collect("34679CDF", MORNING).rpartition("/")[2]

    answer = collect(request(method, token, "", {"passphrase": PASSPHRASE}), Outbox())

    assert built.referrals.collector is None
    assert answer.status_code == 404
    assert b"Page not found" in answer.get_body()


@pytest.mark.parametrize("role", ["worker", "all"])
def test_the_app_that_may_open_referrals_does(role: str) -> None:
    assert services(role).referrals.collector is not None


def test_the_app_that_faces_the_public_can_make_no_link_of_the_providers_even_if_it_is_given_the_key() -> None:
    with pytest.raises(SettingsError, match="PROVIDER_LINK_KEY"):
        _ = services("web").referrals.links


PROVIDER = {"acknowledge_form": ["GET", "HEAD"], "acknowledge": ["POST"], "collect": ["GET", "HEAD", "POST"]}
WORK = {
    "back_up",
    "delivery_report",
    "notify_report",
    "forward_referral",
    "mail_failed",
    "referral_failed",
    "schedule",
    "send_mail",
}
PERSON = {"withdraw_form", "withdraw"}
BOTH = {"assets", "health", "health_details", "zz_elsewhere"}


@cache
def registered(role: str) -> dict[str, dict[str, list[str]]]:
    """The routes of an app with their methods, by function; those without a route have none.

    In a process of its own: the SDK can be asked for an app's functions only once.
    """
    script = (
        "import function_app, json\n"
        "bindings = lambda f: [each.get_dict_repr() for each in f.get_bindings()]\n"
        "print(json.dumps({f.get_function_name(): {b['route']: sorted(map(str, b['methods']))"
        " for b in bindings(f) if b['type'] == 'httpTrigger'} for f in function_app.app.get_functions()}))"
    )
    environment = {**os.environ, "SERVICE_ROLE": role}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, dict[str, list[str]]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("role", "own"),
    [("web", {"acknowledge_moved": ["GET", "HEAD"]}), ("worker", PROVIDER), ("all", PROVIDER)],
)
def test_the_providers_pages_are_registered_in_the_worker_alone(role: str, own: dict[str, list[str]]) -> None:
    pages = {
        name: methods
        for name, routes in registered(role).items()
        for route, methods in routes.items()
        if route.startswith(("acknowledge", "collect"))
    }

    assert pages == own


def test_the_worker_has_no_page_for_staff_and_the_web_app_does_no_work() -> None:
    web, worker, both = (set(registered(role)) for role in ("web", "worker", "all"))

    assert worker == WORK | PROVIDER.keys() | PERSON | BOTH
    assert web & worker == BOTH
    assert both == (web | worker) - {"acknowledge_moved", "withdraw_moved"}
    assert len(web) >= 30


@pytest.mark.parametrize("role", ["", "canary"])
def test_an_app_without_a_role_is_both_and_its_health_says_what_is_wrong(role: str) -> None:
    assert registered(role) == registered("all")
    with pytest.raises(SettingsError, match="SERVICE_ROLE"):
        services("canary")


@pytest.mark.parametrize(
    ("role", "others"),
    [
        ("web", ["collect/abc", "collect/abc/open"]),
        ("worker", ["", "bookings", "one-to-one", "manage/abc", "sessions"]),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_of_the_other_app_is_a_page_that_is_not_found(role: str, others: list[str], method: str) -> None:
    routes = [(route, frozenset(found)) for each in registered(role).values() for route, found in each.items()]
    served = Routes(lambda: [(route, methods) for route, methods in routes if route != "{*path}"])

    assert {path: served.methods_at(path) for path in others} == dict.fromkeys(others, frozenset())
    assert [route for route, methods in routes if route == "{*path}" and method in methods] == ["{*path}"]


@pytest.mark.parametrize(
    "token", ["a" * 47, "../../evil.example", "%2f%2fevil.example", "a b\r\nX-Evil: 1", "?x=//evil"]
)
def test_a_link_of_before_leads_from_the_web_app_to_the_worker_and_nowhere_else(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = services("web", COLLECT_URL="https://collect.example.nhs.uk/")
    monkeypatch.setattr(functions.provider.moved, "services", lambda: built)

    answer = acknowledge_moved(request("GET", token))

    assert answer.status_code == 303
    where = answer.headers["Location"]
    assert where.startswith("https://collect.example.nhs.uk/acknowledge/")
    assert not set("/?# \r\n") & set(where.removeprefix("https://collect.example.nhs.uk/acknowledge/"))


def test_without_the_workers_address_the_web_app_has_no_such_page(monkeypatch: pytest.MonkeyPatch) -> None:
    built = services("web", COLLECT_URL="")
    for module in (functions.provider.moved, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: built)

    answer = acknowledge_moved(request("GET", "a" * 47))

    assert (answer.status_code, b"Page not found" in answer.get_body()) == (404, True)


def test_without_a_passphrase_there_is_nothing_to_collect() -> None:
    assert services("worker", REFERRAL_DELIVERY="inline", REFERRAL_PASSPHRASE="").referrals.collector is None
