import base64
from datetime import timedelta
from typing import Any

import pytest

from local.mail import EmulatorSettings
from tests.unit.local.mail.message_builders import ACCESS_KEY, SENDER


def test_the_limits_are_those_of_a_custom_domain_unless_told_otherwise() -> None:
    settings = EmulatorSettings(senders=(SENDER,), access_key=ACCESS_KEY)
    assert (settings.per_minute, settings.per_hour) == (30, 100)
    assert (settings.status_per_minute, settings.status_per_hour) == (60, 200)


@pytest.mark.parametrize(
    "changes",
    [
        {"access_key": "not base64"},
        {"access_key": ""},
        {"per_minute": -1},
        {"repeat": "perhaps"},
        {"status_lag": timedelta(seconds=-1)},
        {"per_day": 5},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    valid: dict[str, Any] = {"senders": (SENDER,), "access_key": base64.b64encode(b"key").decode()}
    with pytest.raises((ValueError, TypeError)):
        EmulatorSettings(**valid | changes)
