"""Invented referrals, 180 in an hour, and a genuine one every ten minutes, on the running service: how long each waits.

The emulator keeps the quota of Azure (30 in a minute, 100 in an hour, refused requests included) or that of GOV.UK
Notify (3,000 in a minute). The clock is moved by hand: an hour of the service takes half a minute.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.stack.stack import Stack, running_stack
from tests.builders import MORNING
from tests.e2e.canaries import CANARIES
from tests.e2e.conftest import mails_to, rows
from tests.e2e.http_client import post_json

MINUTE = timedelta(minutes=1)
AZURE = {"per_minute": 30, "per_hour": 100}
NOTIFY = {"per_minute": 3000, "per_hour": 0}
BROWSER = {"accept-language": "en-GB", "sec-fetch-site": "same-origin"}
NEVER, TWENTY = "0", "20"


@dataclass
class Flood:
    """What came when, by reference, and when it was emailed to the provider."""

    stack: Stack
    invented: dict[str, datetime] = field(default_factory=dict)
    genuine: dict[str, datetime] = field(default_factory=dict)

    def run(self, hours: int, marks: dict[str, str]) -> None:
        """`marks` are the headers of the invented ones."""
        for minute in range(hours * 60):
            for seconds in (0, 20, 40):
                self.at = MORNING + minute * MINUTE + timedelta(seconds=seconds)
                self._come(self.invented, marks)
            if minute % 10 == 5:
                self._come(self.genuine, BROWSER)
            self.stack.settle()
            if minute % 5 == 4:
                self.stack.tick()
                self.stack.settle()

    def drain(self, runs: int) -> None:
        for _ in range(runs):
            self.at += 5 * MINUTE
            self.stack.set_clock(self.at)
            self.stack.tick()
            self.stack.settle()

    def _come(self, kind: dict[str, datetime], marks: dict[str, str]) -> None:
        self.stack.set_clock(self.at)
        answer = post_json(f"{self.stack.site}/one-to-one", CANARIES, **marks)
        assert answer.status == 201, "none is refused"
        kind[answer.json["reference"]] = self.at

    def emailed(self) -> dict[str, list[datetime]]:
        """When the provider got each reference."""
        found: dict[str, list[datetime]] = {each: [] for each in self.invented | self.genuine}
        for mail in mails_to(self.stack, self.stack.settings["REFERRAL_RECIPIENT"]):
            text, at = mail["content"]["plainText"], datetime.fromisoformat(mail["time"])
            for word in set(text.replace(",", " ").split()) & found.keys():
                found[word].append(at)
        return found

    def longest_wait(self) -> float:
        """Minutes, of the genuine ones; those that have not gone have waited until now."""
        sent = self.emailed()
        return max(((sent[each] or [self.at])[0] - came) / MINUTE for each, came in self.genuine.items())


def flooded(mode: str, quota: dict[str, int], most: str, **settings: str) -> Any:
    limits = {"MAILS_PER_MINUTE": str(quota["per_minute"]), "MAILS_PER_HOUR": str(quota["per_hour"])}
    changes = {"REFERRAL_DELIVERY": mode, "REFERRALS_PER_HOUR": most} | limits | settings
    return running_stack(at=MORNING, load=None, settings=changes)


@pytest.mark.parametrize(
    ("quota", "hours"),
    [
        pytest.param(AZURE, 1, id="azure"),
        pytest.param(AZURE, 4, id="azure for four hours", marks=pytest.mark.nightly),
        pytest.param(NOTIFY, 4, id="notify for four hours", marks=pytest.mark.nightly),
    ],
)
def test_with_link_every_genuine_one_is_with_the_provider_within_fifteen_minutes(
    quota: dict[str, int], hours: int
) -> None:
    """The invented ones carry a browser's marks: nothing tells them apart."""
    with flooded("link", quota, NEVER) as stack:
        stack.mail.settings(quota)
        flood = Flood(stack)
        flood.run(hours, BROWSER)
        flood.drain(3)

        assert len(flood.genuine) == 6 * hours
        assert flood.longest_wait() <= 15
        assert {len(times) for times in flood.emailed().values()} == {1}, "each once"
        assert stack.mail.requests()["send_refused"] == 0
        states = {row["State"] for row in rows(stack, "Referrals", "REFERRALS_STORAGE").list_entities()}
        assert states == {"sent"}


@pytest.mark.nightly
def test_inline_at_azures_quota_sends_a_hundred_in_an_hour_oldest_first() -> None:
    """Nothing tells the invented ones apart: after four hours the oldest have gone, as many as the quota allows."""
    with flooded("inline", AZURE, NEVER) as stack:
        stack.mail.settings(AZURE)
        flood = Flood(stack)
        flood.run(4, BROWSER)

        sent = flood.emailed()
        came = flood.invented | flood.genuine
        gone = sorted(came[each] for each, times in sent.items() if times)
        assert 380 <= len(gone) <= 400
        assert gone == sorted(came.values())[: len(gone)]
        assert 85 <= flood.longest_wait() <= 115, "minutes, after four hours"


@pytest.mark.nightly
@pytest.mark.parametrize("quota", [AZURE, NOTIFY], ids=["azure", "notify"])
def test_inline_genuine_ones_go_first_where_the_invented_lack_a_browsers_marks(quota: dict[str, int]) -> None:
    with flooded("inline", quota, TWENTY) as stack:
        stack.mail.settings(quota)
        flood = Flood(stack)
        flood.run(4, {})

        assert flood.longest_wait() <= 15
        assert stack.log_text().count("more than 20 referrals came within an hour: none is refused") == 1


@pytest.mark.nightly
def test_inline_at_notifys_quota_sends_each_at_once() -> None:
    with flooded("inline", NOTIFY, NEVER) as stack:
        stack.mail.settings(NOTIFY)
        flood = Flood(stack)
        flood.run(4, BROWSER)

        assert flood.longest_wait() <= 5
        assert {len(times) for times in flood.emailed().values()} == {1}
