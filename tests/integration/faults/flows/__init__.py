"""The flows that may be interrupted: each is one call of a registered function, or of a command."""

from collections.abc import Mapping

from tests.integration.faults.flows.attendee_emails import EMAILS
from tests.integration.faults.flows.bookings import BOOKINGS
from tests.integration.faults.flows.copies import COPIES
from tests.integration.faults.flows.flow import Flow
from tests.integration.faults.flows.provider import PROVIDER
from tests.integration.faults.flows.referrals import REFERRALS
from tests.integration.faults.flows.timer import TIMER

FLOWS: Mapping[str, Flow] = {**BOOKINGS, **EMAILS, **TIMER, **REFERRALS, **PROVIDER, **COPIES}

__all__ = ["FLOWS", "Flow"]
