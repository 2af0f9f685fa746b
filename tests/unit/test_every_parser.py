"""Bad input into every parser: it is read, or refused with an error of its own, and no parser is left out."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bad_input.corpus import BAD, DATES, TEXTS, TYPED
from tests.bad_input.derived_parsers import parsers
from tests.bad_input.parsers import PARSERS
from tests.builders import ROOT

type Faults = Mapping[str, Mapping[str, str]]

SLOW = {"endpoint", "settings", "content file", "spreadsheet"}
"""Parsers of what is read when an app starts, or on a developer's machine."""

ELSEWHERE = {
    "of storage, or of rows that other parsers read one by one": {
        "shared/backups/azure_blobs.py:AzureBlobs.read",
        "shared/bookings/retention/inventory.py:read_inventory",
        "shared/bookings/retention/session_tallies.py:SessionTallies.read",
        "shared/bookings/staff_emails/digest_log.py:DigestLogTable.read",
        "shared/bookings/tables/place_counts.py:read_place_counts",  # tables/test_place_counts.py tries any row
        "shared/referrals/collection/acknowledgement.py:AcknowledgementRecorder.read",
        "shared/referrals/delivery/release/batch_log.py:BatchLog.read",
        "shared/tables/service_table.py:read_service_rows",
    },
    "of what the service has sealed or signed itself": {
        "functions/bookings/several/session_line.py:SessionLine.read",
        "functions/bookings/several/session_line.py:read_lines",
        "shared/referrals/collection/collector.py:Collector._collected",
        "shared/referrals/delivery/links.py:_with_moment",
        "shared/referrals/delivery/provider_emails.py:ProviderEmails.referral",
    },
    "of what the service has read before, or of its own files and days": {
        "shared/backups/daily_backup.py:AccountBackup._delete_old",
        "shared/backups/daily_backup.py:AccountBackup._note_missing",
        "shared/config/rsa_keys.py:_public_jwk",
        "shared/content/language/dates.py:Dates.iso_day",
        "shared/fields/answer_text.py:in_words",
        "shared/local_time.py:iso_day_in_words",
        "shared/mail/services/notify/token.py:NotifyKey.parse",
        "shared/referrals/delivery/links.py:ProviderLink.is_expired",
        "shared/referrals/follow_up/operator_digest.py:openings",
        "shared/referrals/follow_up/provider_reminder.py:ProviderReminder.remind",
        "shared/referrals/follow_up/uncollected_notice.py:UncollectedNotice.announce",
        "shared/referrals/intake/fixed_answers.py:fixed_record",
        "shared/referrals/provider_sealing/provider_keys.py:read_provider_keys",
        "shared/referrals/row_mac.py:RowMac.migration_is_open",
        "shared/referrals/sealing.py:LocalKey.__init__",
        "shared/referrals/withdrawal/withdrawal.py:Withdrawals._finish",
        "shared/wording/sentences.py:_file",
    },
    "of ids in rows of the email log, by the emails of that session": {
        "shared/bookings/emails/address_limit/part_rows.py:PartRows.carrier",
        "shared/bookings/emails/mailer.py:BookingMailer.record_report",
        "shared/mail/ledger.py:MailLedger._carrier",
    },
}
"""Parsers that are given no text of the corpus here, by the reason."""


@contextmanager
def noting_what_runs(found: set[str]) -> Iterator[None]:
    """Adds each function of the project that runs in the body, as `path:Class.function`."""
    tool, events = sys.monitoring.OPTIMIZER_ID, sys.monitoring.events

    def note(code: CodeType, _offset: int) -> object:
        path = Path(code.co_filename)
        if path.is_relative_to(ROOT):
            found.add(f"{path.relative_to(ROOT)}:{code.co_qualname}")
        return sys.monitoring.DISABLE

    sys.monitoring.use_tool_id(tool, "parsers")
    sys.monitoring.register_callback(tool, events.PY_START, note)
    sys.monitoring.set_events(tool, events.PY_START)
    sys.monitoring.restart_events()
    try:
        yield
    finally:
        sys.monitoring.set_events(tool, 0)
        sys.monitoring.free_tool_id(tool)


def faults_of(name: str, texts: list[str]) -> dict[str, str]:
    return {ascii(text)[:60]: fault for text in texts if (fault := PARSERS[name].fault(text))}


@pytest.fixture(scope="module")
def tried() -> tuple[Faults, set[str]]:
    """The faults of each parser in the corpus, and every function that ran."""
    ran: set[str] = set()
    with noting_what_runs(ran):
        faults = {name: faults_of(name, BAD if name in SLOW else TEXTS) for name in PARSERS}
    return faults, ran


def test_the_corpus_is_long() -> None:
    assert len(BAD) > 60
    assert len(DATES) > 40
    assert len(TYPED) > 200
    assert len(set(TEXTS)) == len(TEXTS)


def test_every_text_of_the_corpus_is_read_or_refused_by_every_parser(tried: tuple[Faults, set[str]]) -> None:
    faults, _ = tried

    assert {name: found for name, found in faults.items() if found} == {}


def test_every_parser_of_the_code_is_tried(tried: tuple[Faults, set[str]]) -> None:
    """A new one fails this until it is called by one of `PARSERS`, or there is a reason why no text reaches it."""
    _, ran = tried
    elsewhere = set().union(*ELSEWHERE.values())

    assert sorted(parsers() - ran - elsewhere) == []


# Signs of numbers, dates, JSON, keys and addresses; drawing from all of Unicode takes a minute to begin.
SIGNS = "aéZ李\u0301\u0663 \n\x00\u202e\ud800019-+.,:;/@#?=<>[]{}()\"'\\$%_TZPDWHM"


@pytest.mark.parametrize("examples", [30, pytest.param(3_000, marks=pytest.mark.nightly)])
def test_any_text_is_read_or_refused_by_every_parser(examples: int) -> None:
    @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
    @given(st.text(st.sampled_from(SIGNS), max_size=40), st.sampled_from(TEXTS), st.integers(0, 60))
    def tried_with(text: str, known: str, at: int) -> None:
        """The text by itself, and put into one of the corpus."""
        for each in (text, known[:at] + text + known[at:200]):
            faults = {name: PARSERS[name].fault(each) for name in PARSERS if name not in SLOW}
            assert {name: fault for name, fault in faults.items() if fault} == {}

    tried_with()
