"""Services are built from the settings on first use, each once, and only the parts that are asked for."""

import subprocess
import sys

import pytest

from local.stack.environment import developer_settings
from shared.bookings.places.service import BookingService
from shared.composition.services import Services
from shared.config.settings import Settings
from shared.content.content import ContentError
from shared.timer.marks import Heartbeat
from tests.builders import MORNING, ROOT
from tests.generated_keys import generated_keys

SETTINGS = {**developer_settings(), **generated_keys()}


def services(**changes: str) -> Services:
    return Services(Settings.from_environment(SETTINGS | changes), lambda: MORNING)


def test_services_are_composed_without_reading_the_content_until_it_is_needed() -> None:
    built = services(CONTENT_FILE="functions/content/missing.toml")

    assert isinstance(built.bookings.places, BookingService)
    assert isinstance(built.heartbeat, Heartbeat)
    for part in (lambda: built.content, lambda: built.referrals.intake, lambda: built.mail.renderer):
        with pytest.raises(ContentError):
            part()


def test_composing_the_services_loads_no_adapter() -> None:
    late = ("azure.identity", "azure.communication", "azure.keyvault", "azure.data", "jinja2", "cryptography")
    program = (
        "import os, sys\n"
        "from shared.bootstrap import services\n"
        "built = services()\n"
        "assert built.bookings.policy and built.signer and built.site_url and built.bookings.kept_days\n"
        f"print([name for name in {(*late, 'icalendar', 'requests', 'jwt')} if name in sys.modules])\n"
    )
    # A private key is checked by `cryptography`; the public app has none in its settings.
    public = {name: value for name, value in SETTINGS.items() if not name.startswith("REFERRAL_PRIVATE_KEY")}
    public["SERVICE_ROLE"] = "web"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=public, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_every_part_is_built_once() -> None:
    built = services()

    assert built.bookings.places is built.bookings.places
    assert built.referrals.links is built.referrals.links
    assert built.content is built.content
    assert built.timer_run.heartbeat is built.heartbeat
    assert built.timer_run.pause is built.mail.pause


@pytest.mark.parametrize(
    ("organiser", "facilitator", "names"),
    [
        ("", "", []),
        ("organiser@example.nhs.uk", "", ["organiser", "organiser list"]),
        ("", "facilitator@example.nhs.uk", ["facilitators"]),
        ("organiser@example.nhs.uk", "facilitator@example.nhs.uk", ["organiser", "organiser list", "facilitators"]),
    ],
)
def test_the_timer_emails_the_staff_whose_address_is_set(organiser: str, facilitator: str, names: list[str]) -> None:
    built = services(ORGANISER_EMAIL=organiser, FACILITATOR_EMAIL=facilitator)

    assert list(built.timer_run.staff) == names
    assert built.bookings.adjustments_are_read is bool(names)


def test_whatever_is_due_in_working_days_knows_the_bank_holidays_of_the_content() -> None:
    built = services()
    holidays = built.content.working_days

    assert holidays.bank_holidays
    assert built.bookings.mailer.policy.working_days == holidays
    assert built.bookings.reconciler.reconciler.policy.working_days == holidays
    assert built.referrals.reconciler.provider_reminder.deadlines.working_days == holidays
