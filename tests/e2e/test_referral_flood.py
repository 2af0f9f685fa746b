"""Invented referrals, 180 in an hour, and a genuine one every ten minutes, on the running service: how long each waits.

The emulator keeps the quota of Azure (30 in a minute, 100 in an hour, refused requests included) or that of GOV.UK
Notify (3,000 in a minute). The clock is moved by hand: an hour of the service takes half a minute.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.stack.stack import Stack, running_stack
from tests.alarms import went_off
from tests.builders import MORNING
from tests.e2e.canaries import CANARIES
from tests.e2e.conftest import mails_to
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A flood, and the minutes that a genuine referral waits at most; `gone` of them all have gone at its end."""

    mode: str
    quota: dict[str, int]
    hours: int = 4
    marks: dict[str, str] = field(default_factory=lambda: BROWSER)
    wait: tuple[int, int] = (0, 15)
    gone: tuple[int, int] | None = None


AT_ONCE = (0, 5)
LINK_AZURE = Case(mode="link", quota=AZURE)
TOLD_APART = Case(mode="inline", quota=AZURE, marks={}, gone=(190, 400))
# Nothing tells the invented ones apart: the oldest have gone, as many as the quota allows.
ALIKE = Case(mode="inline", quota=AZURE, wait=(85, 115), gone=(380, 400))


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(replace(LINK_AZURE, hours=1), id="link at Azure's quota for an hour"),
        pytest.param(LINK_AZURE, id="link at Azure's quota", marks=pytest.mark.nightly),
        pytest.param(
            replace(LINK_AZURE, quota=NOTIFY, wait=AT_ONCE), id="link at Notify's quota", marks=pytest.mark.nightly
        ),
        pytest.param(TOLD_APART, id="inline at Azure's quota, told apart", marks=pytest.mark.nightly),
        pytest.param(ALIKE, id="inline at Azure's quota", marks=pytest.mark.nightly),
        pytest.param(
            replace(TOLD_APART, quota=NOTIFY, gone=None),
            id="inline at Notify's quota, told apart",
            marks=pytest.mark.nightly,
        ),
        pytest.param(
            Case(mode="inline", quota=NOTIFY, wait=AT_ONCE), id="inline at Notify's quota", marks=pytest.mark.nightly
        ),
    ],
)
def test_genuine_referrals_wait_no_longer_than_stated_while_invented_ones_pour_in(case: Case) -> None:
    most = NEVER if case.marks else TWENTY
    with flooded(case.mode, case.quota, most) as stack:
        stack.mail.settings(case.quota)
        flood = Flood(stack)
        flood.run(case.hours, case.marks)
        if case.gone is None:
            flood.drain(3)

        sent, came = flood.emailed(), flood.invented | flood.genuine
        gone = sorted(came[each] for each, times in sent.items() if times)
        least, longest = case.wait
        assert len(flood.genuine) == 6 * case.hours
        assert least <= flood.longest_wait() <= longest
        assert {len(times) for times in sent.values() if times} == {1}, "each once"
        fewest, most_gone = case.gone or (len(came), len(came))
        assert fewest <= len(gone) <= most_gone
        assert not case.marks or gone == sorted(came.values())[: len(gone)], "the oldest"
        assert stack.log_text().count("came within an hour: none is refused") == (0 if case.marks else 1)
        assert went_off(stack.log_text(), "invented-volume") == (not case.marks)
        assert stack.mail.requests()["send_refused"] == 0
