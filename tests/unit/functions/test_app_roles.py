"""Functions that only one of the two apps performs, whatever its settings hold."""

import pytest

import functions.provider.collect
import shared.bootstrap
from functions.provider.collect import collect
from local.setup.keys import new_keys
from local.stack.environment import developer_settings
from shared.composition.services import Services
from shared.config.settings import Settings
from tests.builders import MORNING
from tests.unit.functions.http_requests import Outbox
from tests.unit.functions.provider.fake_services import request

# A developer's machine has everything: the private key, the passphrase, and links in the mails.
EVERYTHING = developer_settings() | new_keys() | {"REFERRAL_DELIVERY": "link"}


def services(role: str, **changes: str) -> Services:
    return Services(Settings.from_environment(EVERYTHING | {"SERVICE_ROLE": role} | changes), lambda: MORNING)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_app_that_faces_the_public_opens_no_referral_even_if_it_is_given_every_key(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = services("web")
    for module in (functions.provider.collect, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: built)
    token = built.referrals.links.to_collect("34679CDF").rpartition("/")[2]

    answer = collect(request(method, token, "", {"passphrase": "only on this machine"}), Outbox())

    assert built.referrals.collector is None
    assert answer.status_code == 404
    assert b"Page not found" in answer.get_body()


@pytest.mark.parametrize("role", ["worker", "all"])
def test_the_app_that_may_open_referrals_does(role: str) -> None:
    assert services(role).referrals.collector is not None


def test_without_a_passphrase_there_is_nothing_to_collect() -> None:
    assert services("worker", REFERRAL_DELIVERY="inline", REFERRAL_PASSPHRASE="").referrals.collector is None
