"""Every fault at every request of every flow: what is promised holds after the recovery.

The test command runs some of the cases, the same ones each time; `--nightly` runs all of them.
"""

import json
import sys
from collections.abc import Collection, Iterator, Sequence

import pytest

from functions.web import render as pages_of_site
from local.mail import running_emulator
from local.setup.keys import new_keys
from local.stack import environment
from local.stack.kept_templates import keep_compiled_templates
from local.stack.shared_azurite import unused_accounts
from shared.bookings.model.email_ids import MailKind
from shared.composition import context
from shared.mail import renderer as emails
from shared.template_cache import CompiledTemplates
from tests import builders
from tests.integration.faults import pages
from tests.integration.faults.cases import SEED, Laboratory, all_cases, some_cases, some_flows
from tests.integration.faults.flows import FLOWS
from tests.integration.faults.flows.provider import PROVIDER_KEYS
from tests.integration.faults.installation import Facts, Installation
from tests.integration.faults.storage import Storage
from tests.integration.faults.transport import Fault, faulty_network
from tests.opener_files import keys
from tests.registered_functions import FUNCTIONS
from tests.vault import running_vault

_ANSWERS = frozenset({200, 204, 303, 404, 405, 415, 422, 503})
ERRORS = [each for each in Fault if "crash" not in each]
_NOWHERE = "http://127.0.0.1:9"
STAFF_IS_TOLD = {"FACILITATOR_EMAIL": "facilitators@provider.example", "FEEDBACK_EMAILS": "yes"}


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    own, example = new_keys(), environment.developer_settings()
    with (
        pytest.MonkeyPatch.context() as environ,
        running_vault(tmp_path_factory.mktemp("vault")) as vault,
        running_emulator(
            senders=(example["EMAIL_SENDER"],),
            access_key=own["EMAIL_ACCESS_KEY"],
            notify_key=own["NOTIFY_API_KEY"],
            notify_template_id=example["NOTIFY_TEMPLATE_ID"],
            per_minute=0,
            per_hour=0,
            status_per_minute=0,
            status_per_hour=0,
        ) as emulator,
        faulty_network() as network,
    ):
        for module in (pages_of_site, emails):
            environ.setattr(module, "COMPILED", module.COMPILED)
        environ.setattr(CompiledTemplates, "dump_bytecode", CompiledTemplates.dump_bytecode)
        keep_compiled_templates()  # every process would compile them anew, and read the content file
        pages_of_site._environment.cache_clear()  # another test may have shown a page in this process
        environ.setattr(context, "load_content", lambda _: builders.content())
        key = vault.settings(vault.new_version())
        for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "REQUESTS_CA_BUNDLE"):
            environ.setenv(name, key[name])
        installations = dict[tuple[str, str], Installation]()
        for mail, delivery in sorted({(flow.mail, flow.delivery) for flow in FLOWS.values()}):
            settings = environment.settings(
                azurite=unused_accounts(), mail_url=emulator.url, site_url=_NOWHERE, keys=own
            )
            chosen = {
                "MAIL_SERVICE": mail,
                "REFERRAL_DELIVERY": delivery,
                "MAILS_PER_MINUTE": "0",
                "MAILS_PER_HOUR": "0",
            }
            settings |= {**key, **chosen, **STAFF_IS_TOLD}
            if delivery == "sealed":
                settings["REFERRAL_PROVIDER_KEYS"] = json.dumps({"keys": [each.jwk for each in keys(PROVIDER_KEYS)]})
            installations[mail, delivery] = Installation(settings, Storage(settings, network), emulator, network)
        yield Laboratory(installations)
    pages_of_site._environment.cache_clear()


BY_DAY_AND_AT_NIGHT = pytest.mark.parametrize("each", [1, pytest.param(0, marks=pytest.mark.nightly, id="all")])


@pytest.mark.parametrize(
    ("names", "each"),
    [
        pytest.param(some_flows(), 1, id="some"),
        *(pytest.param([name], 0, id=name.replace(" ", "-"), marks=pytest.mark.nightly) for name in FLOWS),
    ],
)
def test_promises_hold_whatever_request_of_a_flow_goes_wrong(
    laboratory: Laboratory, names: Sequence[str], each: int, capsys: pytest.CaptureFixture[str]
) -> None:
    requests = {name: laboratory.requests(name) for name in names}
    possible = all_cases(requests)
    cases = some_cases(requests, each) if each else possible
    with capsys.disabled():
        sys.stdout.write(f"\n{len(cases)} of {len(possible)} cases (flow, request, fault), seed {SEED}\n")

    assert {case.fault for case in cases} == set(Fault)
    found = {case: laboratory.run(case) for case in cases}
    wrong = [f"{case}: {'; '.join(how)}" for case, how in found.items() if how]
    assert not wrong, "\n".join(wrong)


def test_the_flows_by_day_call_every_function_and_send_by_both_email_services() -> None:
    by_day = [FLOWS[name] for name in some_flows()]
    assert {flow.function for flow in by_day} == {flow.function for flow in FLOWS.values()}
    assert {flow.mail for flow in by_day} == {flow.mail for flow in FLOWS.values()}


@BY_DAY_AND_AT_NIGHT
def test_pages_store_nothing_and_answer_whatever_fails(laboratory: Laboratory, each: int) -> None:
    app, wrong = laboratory.installations["acs", "link"], list[str]()
    facts = app.reach(pages.prepare)
    stored = app.storage.read()
    for number, name in enumerate(pages.shown(FUNCTIONS)):
        status, requests = _shown(app, name, facts)
        wrong += [f"{name} sends a {method}" for method, _ in requests if method != "GET"]
        wrong += [f"{name}: {status}"] if status >= 500 else []
        of_name = [(at, fault) for at in range(len(requests)) for fault in ERRORS]
        for at, fault in of_name[number % len(ERRORS) :][:each] if each else of_name:
            status, _ = _shown(app, name, facts, at, fault)
            wrong += [f"{name}, request {at}, {fault}: {status}"] if status not in _ANSWERS else []
    assert not wrong, "\n".join(wrong)
    assert app.storage.read() == stored


def _shown(
    app: Installation, name: str, facts: Facts, at: int | None = None, fault: Fault = Fault.REFUSED
) -> tuple[int, list[tuple[str, str]]]:
    app.restart()
    app.network.requests.clear()
    app.network.at, app.network.fault = at, fault
    with app.network.armed():
        status = pages.show(app, name, facts).status_code
    return int(status), list(app.network.requests)


def _without_a_flow(names: Collection[str]) -> list[str]:
    known = {flow.function for flow in FLOWS.values()} | set(pages.shown(FUNCTIONS))
    return sorted(set(names) - known)


def test_every_registered_function_has_a_flow_or_stores_nothing() -> None:
    assert _without_a_flow(FUNCTIONS) == []
    assert _without_a_flow([*FUNCTIONS, "a_new_act"]) == ["a_new_act"], "the negative control"


def _kinds() -> list[str]:
    """The kinds of email: one for each template, parts of templates aside."""
    return [each.stem for each in emails.TEMPLATES.glob("[!_]*.jinja")]


def _without_an_email(kinds: Collection[str]) -> list[str]:
    """Kinds that no flow sends by an email service that may send them; a flow that does not is told when it runs."""
    sent = {(kind, flow.mail) for flow in FLOWS.values() for kind in flow.emails}
    refused = {("referral", "notify")}  # by the settings: no answers are emailed through GOV.UK Notify
    wanted = {(kind, mail) for kind in kinds for mail in ("acs", "notify")} - refused
    return sorted(f"{kind} by {mail}" for kind, mail in wanted - sent)


def test_every_kind_of_email_has_a_flow_for_each_email_service() -> None:
    assert set(MailKind) <= set(_kinds())
    assert _without_an_email(_kinds()) == []
    assert _without_an_email([*_kinds(), "a-new-kind"]) == ["a-new-kind by acs", "a-new-kind by notify"], "the control"
