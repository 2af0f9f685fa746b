"""The emulator's settings, some of which a test may change while it runs."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Base64Bytes, ConfigDict, Field, TypeAdapter, field_validator
from pydantic.dataclasses import dataclass

Limit = Annotated[int, Field(ge=0)]
NO_TIME = timedelta(0)
ACCESS_KEY_VARIABLE = "EMAIL_ACCESS_KEY"
"""The environment variable that has the emulator's key: every user of a machine can read its command lines."""

NOTIFY_KEY_VARIABLE = "NOTIFY_API_KEY"
"""The same for the API key of GOV.UK Notify."""

SECRETS = frozenset({"access_key", "notify_key", "notify_callback_token"})
"""Settings that are shown to nobody."""


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class EmulatorSettings:
    """Settings of the emulated email resource. Durations and limits are measured on the emulator's clock.

    Attributes:
        senders: addresses it may send from; their domains are the linked ones.
        access_key: base64, what requests are signed with.
        per_minute: sends a minute; 0 = no limit, as for the three below.
        per_hour: sends an hour.
        status_per_minute: status requests a minute.
        status_per_hour: status requests an hour.
        repeat: a second POST under a known operation id either changes nothing (`dedupe`) or sends again
            (`duplicate`). The service documents neither and has been seen to do both.
        status_lag: how long after acceptance the operation is still unknown (404).
        running_for: how long after acceptance (and after the lag) the operation is still `Running`.
        poll_after: seconds that `retry-after` tells a poller to wait; 0 = no such header.
        report_webhook: URL that gets delivery reports as Event Grid posts them; None = no reports.
        notify_key: live API key of GOV.UK Notify, `name-<service id>-<secret>`; "" = its API takes no key.
        notify_template_id: its one template, with ((subject)) and ((body)).
        notify_reply_to_id: its one reply-to address.
        notify_per_minute: requests a minute for each type of key; 0 = no limit, as for the next.
        notify_per_day: emails a day in UTC.
        notify_trial: in trial mode 50 emails a day are sent, to the team alone.
        notify_team: addresses of the team and the guest list.
        notify_retention_days: days for which the API shows an email.
        notify_callback: URL that gets delivery reports as Notify posts them; None = no reports.
        notify_callback_token: the bearer token that they come with.

    Raises:
        ValueError: a value is out of range, or the key is not base64.
    """

    senders: tuple[str, ...]
    access_key: str
    per_minute: Limit = 30
    per_hour: Limit = 100
    status_per_minute: Limit = 60
    status_per_hour: Limit = 200
    repeat: Literal["dedupe", "duplicate"] = "dedupe"
    status_lag: timedelta = NO_TIME
    running_for: timedelta = NO_TIME
    poll_after: Limit = 30
    report_webhook: str | None = None
    notify_key: str = ""
    notify_template_id: str = ""
    notify_reply_to_id: str = ""
    notify_per_minute: Limit = 3000
    notify_per_day: Limit = 250_000
    notify_trial: bool = False
    notify_team: tuple[str, ...] = ()
    notify_retention_days: Limit = 7
    notify_callback: str | None = None
    notify_callback_token: str = ""

    @field_validator("access_key")
    @classmethod
    def _is_base64(cls, key: str) -> str:
        if not TypeAdapter(Base64Bytes).validate_python(key):
            raise ValueError("the key is missing")
        return key

    @field_validator("status_lag", "running_for")
    @classmethod
    def _is_not_negative(cls, span: timedelta) -> timedelta:
        if span < NO_TIME:
            raise ValueError("a duration cannot be negative")
        return span


SETTINGS = TypeAdapter(EmulatorSettings)
