"""Every fault at every request of every flow: what is promised holds after the recovery.

The test command runs some of the cases, the same ones each time; `--nightly` runs all of them.
"""

import sys
from collections.abc import Collection, Iterator

import pytest

from local.mail import running_emulator
from local.setup.keys import new_keys
from local.stack import environment
from local.stack.shared_azurite import unused_accounts
from tests.integration.faults import pages
from tests.integration.faults.cases import SEED, Laboratory, all_cases, some_cases, some_flows
from tests.integration.faults.flows import FLOWS
from tests.integration.faults.installation import Installation
from tests.integration.faults.storage import Storage
from tests.integration.faults.transport import Fault, faulty_network
from tests.registered_functions import FUNCTIONS
from tests.vault import running_vault

_ANSWERS = frozenset({200, 204, 303, 404, 405, 415, 422, 500, 503})
_NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    keys, example = new_keys(), environment.developer_settings()
    with (
        pytest.MonkeyPatch.context() as environ,
        running_vault(tmp_path_factory.mktemp("vault")) as vault,
        running_emulator(
            senders=(example["EMAIL_SENDER"],),
            access_key=keys["EMAIL_ACCESS_KEY"],
            notify_key=keys["NOTIFY_API_KEY"],
            notify_template_id=example["NOTIFY_TEMPLATE_ID"],
            per_minute=0,
            per_hour=0,
            status_per_minute=0,
            status_per_hour=0,
        ) as emulator,
        faulty_network() as network,
    ):
        key = vault.settings(vault.new_version())
        for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "REQUESTS_CA_BUNDLE"):
            environ.setenv(name, key[name])
        installations = dict[tuple[str, str], Installation]()
        for mail, delivery in sorted({(flow.mail, flow.delivery) for flow in FLOWS.values()}):
            settings = environment.settings(
                azurite=unused_accounts(), mail_url=emulator.url, site_url=_NOWHERE, keys=keys
            )
            chosen = {
                "MAIL_SERVICE": mail,
                "REFERRAL_DELIVERY": delivery,
                "MAILS_PER_MINUTE": "0",
                "MAILS_PER_HOUR": "0",
            }
            settings |= {**key, **chosen}
            installations[mail, delivery] = Installation(settings, Storage(settings), emulator, network)
        yield Laboratory(installations)


@pytest.mark.parametrize("each", [2, pytest.param(0, marks=pytest.mark.nightly, id="all")])
def test_promises_hold_whatever_request_of_a_flow_goes_wrong(
    laboratory: Laboratory, each: int, capsys: pytest.CaptureFixture[str]
) -> None:
    requests = {name: laboratory.requests(name) for name in (some_flows() if each else FLOWS)}
    possible = all_cases(requests)
    cases = some_cases(requests, each) if each else possible
    with capsys.disabled():
        sys.stdout.write(f"\n{len(cases)} of {len(possible)} cases (flow, request, fault), seed {SEED}\n")

    assert {FLOWS[case.flow].function for case in cases} == {flow.function for flow in FLOWS.values()}
    assert {case.fault for case in cases} == set(Fault)
    found = {case: laboratory.run(case) for case in cases}
    wrong = [f"{case}: {'; '.join(how)}" for case, how in found.items() if how]
    assert not wrong, "\n".join(wrong)


def test_pages_store_nothing_and_answer_whatever_fails(laboratory: Laboratory) -> None:
    app, wrong = laboratory.installations["acs", "link"], list[str]()
    faults = [each for each in Fault if "crash" not in each]
    for number, name in enumerate(pages.shown(FUNCTIONS)):
        app.network.at, requests = None, _shown(app, name)[1]
        wrong += [f"{name} sends a {method}" for method, _ in requests if method != "GET"]
        for at in range(len(requests)):
            app.network.at, app.network.fault = at, faults[(number + at) % len(faults)]
            status, _ = _shown(app, name)
            wrong += [f"{name}, request {at}, {app.network.fault}: {status}"] if status not in _ANSWERS else []
    assert not wrong, "\n".join(wrong)


def _shown(app: Installation, name: str) -> tuple[int, list[tuple[str, str]]]:
    facts = app.reach(pages.prepare)
    app.network.requests.clear()
    with app.network.armed():
        status = pages.show(app, name, facts).status_code
    return int(status), list(app.network.requests)


def _without_a_flow(names: Collection[str]) -> list[str]:
    known = {flow.function for flow in FLOWS.values()} | set(pages.shown(FUNCTIONS))
    return sorted(set(names) - known)


def test_every_registered_function_has_a_flow_or_stores_nothing() -> None:
    assert _without_a_flow(FUNCTIONS) == []
    assert _without_a_flow([*FUNCTIONS, "a_new_act"]) == ["a_new_act"], "the negative control"
