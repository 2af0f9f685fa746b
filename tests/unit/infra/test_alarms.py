"""The alarms of infra/alarms.json: each goes off at what the code really writes, and every error sets one off."""

import ast
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.alarms import OPERATIONS, alarms, error_lines, not_alarmed_once, set_off, text_conditions, texts
from tests.architecture.source_code import DEPLOYED, relative
from tests.architecture.test_log_lines import SAYS_ERROR, calls
from tests.builders import ROOT
from tests.registered_functions import FUNCTIONS
from tests.unit.infra.bicep import Expression, template

type Line = tuple[str, str]
"""The file of a log line and its text before values are put in."""

ATTENTION = "referral %s needs attention: %s"
PROVOKED_BY: dict[Line, str] = {
    ("functions/bookings/send_email.py", "email could not be processed and will be retried later, session %s"): (
        "functions/test_queue_triggers.py::test_an_email_that_failed_repeatedly_is_postponed_and_told_by_its_session"
    ),
    (
        "functions/referrals/forward_referral.py",
        "a batch of referrals could not be processed and will be retried later",
    ): (
        "functions/referrals/test_turns.py"
        "::test_a_batch_that_failed_again_and_again_is_an_error_and_its_members_are_tried_by_the_timer"
    ),
    ("functions/site/health.py", "not healthy: %s"): (
        "functions/site/test_health.py::test_a_schedule_that_never_ran_is_told"
    ),
    ("functions/web/error_log.py", "not ready %s: %s"): (
        "functions/web/test_responses.py::test_no_answer_allows_another_origin_to_read_it"
    ),
    ("functions/web/error_log.py", "unexpected %s: %s"): (
        "functions/web/test_responses.py::test_no_answer_allows_another_origin_to_read_it"
    ),
    ("shared/bookings/emails/mailer.py", "email %s was not delivered: %s"): (
        "shared/mail/test_delivery_reports.py"
        "::test_a_mail_to_those_who_run_the_sessions_that_comes_back_is_an_error_in_the_log"
    ),
    (
        "shared/bookings/reconcile/bounced_addresses.py",
        "emails to %d addresses of one domain came back within an hour",
    ): (
        "shared/bookings/test_bounced_addresses.py"
        "::test_more_than_three_of_one_domain_within_an_hour_release_nothing_and_raise_an_alarm"
    ),
    ("shared/bookings/retention/batch_delete.py", "%s could not be deleted, %s: %s"): (
        "shared/bookings/retention/test_retention.py::test_one_bad_row_is_counted_and_logged_by_reference_only"
    ),
    ("shared/bookings/retention/run.py", "joining link of session %s could not be removed: %s"): (
        "shared/bookings/retention/test_retention.py"
        "::test_a_joining_link_that_cannot_be_removed_is_logged_and_goes_with_the_run_of_the_next_day"
    ),
    ("shared/failure_isolation.py", "%s failed: %s"): (
        "shared/bookings/staff_emails/test_facilitator_briefing.py"
        "::test_a_session_whose_mail_fails_does_not_stop_the_others"
    ),
    ("shared/referrals/collection/linked_referral.py", "referral %s needs attention: unseal-%s"): (
        "shared/referrals/collection/test_collector.py::test_one_that_lacks_its_answers_is_said_to_be_damaged"
    ),
    ("shared/referrals/collection/wrong_tries.py", "%d wrong passphrases within an hour, over all links"): (
        "shared/referrals/collection/test_collector.py"
        "::test_too_many_wrong_ones_raise_the_alarm_once_an_hour_without_a_reference"
    ),
    ("shared/referrals/delivery/delivery_reports.py", "email to the operators was not delivered: %s"): (
        "shared/referrals/delivery/test_delivery_reports.py"
        "::test_an_email_to_the_operators_that_comes_back_is_an_error_in_the_log"
    ),
    ("shared/referrals/withdrawal/withdrawal.py", ATTENTION): (
        "shared/referrals/withdrawal/test_withdrawal.py::test_a_notice_that_cannot_be_sent_for_a_day_needs_a_person"
    ),
    ("shared/referrals/delivery/delivery_reports.py", "referral %s needs attention: delivery report %s"): (
        "shared/referrals/delivery/test_delivery_reports.py::test_a_mail_that_fails_again_and_again_waits_for_a_person"
    ),
    ("shared/referrals/delivery/forwarder.py", "a referral could not be processed: kept and retried later"): (
        "shared/referrals/test_log_lines.py"
        "::test_one_whose_email_cannot_be_composed_is_named_after_five_days_when_a_person_has_to_look"
    ),
    ("shared/referrals/delivery/forwarder.py", "composing the email of a referral failed: %s"): (
        "shared/referrals/test_log_lines.py"
        "::test_one_whose_email_cannot_be_composed_is_named_after_five_days_when_a_person_has_to_look"
    ),
    ("shared/referrals/delivery/forwarder.py", ATTENTION): (
        "shared/referrals/delivery/test_retries.py::test_after_five_days_a_person_has_to_look_and_everything_is_kept"
    ),
    (
        "shared/referrals/delivery/mailbox_health.py",
        "email to the provider is bouncing: the referral page says so until one is delivered",
    ): (
        "shared/referrals/delivery/test_mailbox_health.py"
        "::test_two_bounces_in_a_row_mark_the_mailbox_failing_until_a_delivery"
    ),
    ("shared/referrals/delivery/release/batch_sender.py", ATTENTION): (
        "shared/referrals/delivery/release/test_batches.py"
        "::test_batch_that_is_refused_waits_for_a_person_with_everything_kept"
    ),
    ("shared/referrals/follow_up/overdue_alarm.py", "referrals waiting over %d h to be sent: %d"): (
        "shared/referrals/delivery/release/test_turns.py::test_one_that_comes_while_others_wait_takes_its_turn"
    ),
    (
        "shared/referrals/follow_up/referral_reconciler.py",
        "referral %s needs attention: not acknowledged by the provider",
    ): (
        "shared/referrals/follow_up/test_reminders_and_alarms.py"
        "::test_unacknowledged_referral_needs_attention_after_five_weekdays"
    ),
    ("shared/referrals/follow_up/referral_reconciler.py", "referral run: a referral failed: %s"): (
        "shared/referrals/test_log_lines.py::test_an_alarm_that_could_not_be_noted_is_raised_again"
    ),
    (
        "shared/referrals/follow_up/referral_release.py",
        "more than %d referrals came within an hour: none is refused",
    ): ("shared/referrals/delivery/release/test_turns.py::test_alarm_goes_by_the_last_hour"),
    ("shared/referrals/follow_up/uncollected_notice.py", "referrals that nobody has collected will be erased: %d"): (
        "shared/referrals/retention/test_uncollected.py"
        "::test_the_status_goes_ninety_days_later_and_is_announced_no_more"
    ),
    ("shared/referrals/intake/status_lookup.py", "over %d unknown references were asked for in a minute"): (
        "functions/referrals/test_status.py::test_who_guesses_too_often_has_to_wait_and_a_right_one_is_answered"
    ),
    # Below errors, what an alarm is about all the same.
    ("shared/referrals/follow_up/referral_release.py", "%d referrals wait for a later run: sending quota"): (
        "shared/referrals/delivery/release/test_turns.py::test_one_that_comes_while_others_wait_takes_its_turn"
    ),
    ("shared/referrals/intake/service.py", "a referral was refused: no one could open it again: %s"): (
        "shared/referrals/key_proofs/test_key_proofs.py"
        "::test_a_referral_that_cannot_be_opened_is_not_stored_and_its_person_is_asked_to_send_it_again"
    ),
    (
        "shared/referrals/key_proofs/key_prover.py",
        "a key for referrals does not open what it seals: the form is closed until it does",
    ): (
        "shared/referrals/key_proofs/test_key_proofs.py"
        "::test_a_key_that_stops_opening_closes_the_form_and_opens_it_when_it_is_mended"
    ),
    (
        "shared/referrals/key_proofs/key_prover.py",
        "a key for referrals is not proven, or was last over 3 hours ago: %s",
    ): (
        "shared/referrals/key_proofs/test_key_proofs.py"
        "::test_once_proven_referrals_are_taken_for_as_long_as_vault_and_timer_are_down"
    ),
    (
        "shared/referrals/key_proofs/key_readiness.py",
        "referrals are refused: the key that they are sealed with is not proven",
    ): (
        "shared/referrals/key_proofs/test_key_proofs.py"
        "::test_a_referral_is_refused_until_the_worker_has_opened_a_canary"
    ),
    (
        "shared/referrals/key_proofs/proof_rows.py",
        "the proof of a key for referrals was not written by this service: it counts as none",
    ): ("shared/referrals/key_proofs/test_key_proofs.py::test_a_proof_that_this_service_did_not_write_is_none"),
    ("shared/mail/delivery.py", "the set-up of the email service is wrong, all email is paused: %s"): (
        "shared/mail/test_set_up.py::test_a_wrong_set_up_sends_nothing_says_so_and_loses_nothing"
    ),
    ("shared/mail/services/notify/answers.py", "the edge of the email service refused a request"): (
        "shared/mail/test_notify_answers.py::test_a_refusal_of_the_edge_holds_up_one_email_and_is_told_to_a_person"
    ),
    ("shared/mail/delivery.py", "the email service has had too many requests, email is paused: %s"): (
        "shared/mail/test_set_up.py::test_a_pause_for_too_many_requests_is_a_warning_and_no_wrong_set_up"
    ),
    ("shared/backups/daily_backup.py", "there is no backup of %s of %s"): (
        "shared/backups/test_daily_backup.py::test_a_day_without_a_copy_is_an_error_in_the_log"
    ),
}
"""The test under tests/unit/ that has the code write each line."""

WRITTEN_IN_PEACE: dict[Line, str] = {
    ("shared/referrals/delivery/smoke_test.py", "a test of the service has arrived"): (
        "shared/referrals/delivery/test_smoke_test.py"
        "::test_it_ends_when_the_operators_were_told_and_is_tried_again_until_then"
    ),
}
"""Lines whose absence is an alarm, each with such a test."""


ON_THE_RUNNING_SERVICE = {
    "backup-missing": "test_restore.py",
    "deletion-failed": "test_failing_session.py",
    "invented-volume": "test_referral_flood.py",
    "mail-paused": "test_notify.py",
    "mail-set-up-wrong": "test_notify.py",
    "message-failed-repeatedly": "test_poison_queues.py",
    "not-healthy": "test_notify.py",
    "part-failed": "test_failing_session.py",
    "provider-mailbox-bounces": "test_delivery_reports.py",
    "referral-key-not-proven": "test_referral_faults.py",
    "referral-needs-a-person": "test_delivery_reports.py",
    "referral-not-sent": "test_referral_faults.py",
    "referral-uncollected": "test_waiting_referrals.py",
    "references-guessed": "test_provider_link.py",
    "smoke-test-silent": "test_smoke.py",
    "staff-email-bounces": "test_staff_emails.py",
    "unexpected-error": "test_failing_session.py",
    "wrong-passphrases": "test_provider_link.py",
}
"""The test under tests/e2e/ that sets each alarm off on the running service."""

LASTS = {"PT5M": 5, "PT15M": 15, "PT30M": 30, "PT6H": 360, "P1D": 1440}
"""How long, in minutes; Azure takes these, among others, for how often it looks and how far back."""


def texts_by_name(source: str) -> dict[str, str]:
    """Constants of a module that are literal texts."""
    assigned = [each for each in ast.parse(source).body if isinstance(each, ast.Assign)]
    literal = [(each.targets, each.value.value) for each in assigned if isinstance(each.value, ast.Constant)]
    return {ast.unparse(target): str(value) for targets, value in literal for target in targets}


def errors(source: str) -> Iterator[str]:
    """The text of each line at error level, before values are put in; the code of one that no constant holds."""
    constants = texts_by_name(source)
    for call in calls(source):
        if isinstance(call.func, ast.Attribute) and call.func.attr in SAYS_ERROR:
            text = call.args[0]
            yield str(
                text.value if isinstance(text, ast.Constant) else constants.get(ast.unparse(text), ast.unparse(text))
            )


def error_lines_of_the_code() -> set[Line]:
    return {(relative(path), text) for path in DEPLOYED for text in errors(path.read_text("utf-8"))}


def errors_by_level(source: str) -> list[str]:
    """Lines whose level is an argument that may be an error: `errors` does not see those."""
    found = [each for each in calls(source) if isinstance(each.func, ast.Attribute) and each.func.attr == "log"]
    return [ast.unparse(each) for each in found if re.search(r"ERROR|CRITICAL|\d", ast.unparse(each.args[0]))]


class Recorder(logging.Handler):
    """A plugin for pytest that keeps what the code logs, by the file and text of each line."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: dict[Line, list[tuple[int, str]]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        line = (relative(Path(record.pathname)), str(record.msg))
        self.lines.setdefault(line, []).append((record.levelno, record.getMessage()))


@pytest.fixture(scope="module")
def written() -> dict[Line, list[tuple[int, str]]]:
    """What the code writes in the tests of `PROVOKED_BY`, run here with the loggers that it has in Azure."""
    recorder = Recorder()
    loggers = [logging.getLogger(name) for name in ("functions", "shared")]
    for logger in loggers:
        logger.addHandler(recorder)
        logger.setLevel(logging.INFO)
    try:
        tests = [
            str(ROOT / "tests" / "unit" / each) for each in dict.fromkeys((PROVOKED_BY | WRITTEN_IN_PEACE).values())
        ]
        assert pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly", *tests]) == 0
    finally:
        for logger in loggers:
            logger.removeHandler(recorder)
            logger.setLevel(logging.NOTSET)
    return recorder.lines


def test_each_line_at_error_level_is_provoked_by_a_test() -> None:
    assert error_lines_of_the_code() - PROVOKED_BY.keys() == set()
    assert [each for path in DEPLOYED for each in errors_by_level(path.read_text("utf-8"))] == []


def test_each_line_is_written_as_the_alarms_expect_it(written: dict[Line, list[tuple[int, str]]]) -> None:
    assert PROVOKED_BY.keys() - written.keys() == set(), "lines that nothing writes"
    assert not_alarmed_once(each for line in PROVOKED_BY for each in written[line]) == []


def test_every_error_sets_off_exactly_one_alarm(written: dict[Line, list[tuple[int, str]]]) -> None:
    """Those besides that the same tests provoke, too."""
    lines = [each for found in written.values() for each in found if each[0] >= logging.ERROR]

    assert len(lines) > len(error_lines_of_the_code())
    assert not_alarmed_once(lines) == []


def test_each_text_of_each_alarm_sets_it_off(written: dict[Line, list[tuple[int, str]]]) -> None:
    lines = [each for line in PROVOKED_BY | WRITTEN_IN_PEACE for each in written[line]]

    assert {text for text, one in texts().items() if not any(one.matches(*each) for each in lines)} == set()


def test_each_alarm_on_lines_is_set_off_on_the_running_service() -> None:
    silent = {name: (ROOT / "tests" / "e2e" / file).read_text("utf-8") for name, file in ON_THE_RUNNING_SERVICE.items()}

    assert ON_THE_RUNNING_SERVICE.keys() == text_conditions().keys()
    assert [name for name, text in silent.items() if "went_off(" not in text or f'"{name}"' not in text] == []


def test_a_line_that_no_alarm_is_about_is_found() -> None:
    source = 'logger.error("all is lost, %s", why)\nlogger.exception(text)\nlogger.warning("mind %s", gap)'
    other = 'logger.log(logging.ERROR, "x")\nlogger.log(40, "x")\nlogger.log(logging.INFO, "x")'

    assert list(errors(source)) == ["all is lost, %s", "text"]
    assert list(errors('LOST = "lost: %s"\nlogger.error(LOST, why)')) == ["lost: %s"]
    assert len(errors_by_level(other)) == 2
    assert (
        len(not_alarmed_once([(logging.ERROR, "all is lost, why"), (logging.ERROR, "not healthy: x failed: y")])) == 2
    )
    assert set_off(logging.WARNING, "referral X needs attention: HTTP 400") == []


def test_the_log_of_a_running_service_is_read() -> None:
    log = "2023-09-01 09:00:00,000 {} {}: {}\n"
    text = "".join(
        [
            log.format("ERROR", "shared.timer.run", "memory failed: KeyError"),
            log.format("INFO", "shared.timer.run", "fine"),
            log.format("ERROR", "functions.host", "the host's own"),
        ]
    )

    assert error_lines(text) == [(logging.ERROR, "memory failed: KeyError")]


# ---- The table itself ----


def test_no_alarm_gives_back_a_line() -> None:
    """What a query gives back is linked to in the alarm's email: moments, and no text that could name a referral."""
    queries = {each["name"]: each["query"] for each in alarms()["log"]}

    assert [name for name, query in queries.items() if not query.endswith(" | project TimeGenerated")] == []
    assert {name for name, query in queries.items() if query.startswith("AppTraces")} == text_conditions().keys()


def test_functions_that_queries_name_are_there() -> None:
    named = {
        name
        for each in alarms()["log"]
        for name in re.findall(r'\bName !?(?:in|==) \(?((?:"\w+"(?:, )?)+)', each["query"])
    }
    functions = {each for group in named for each in re.findall(r"\w+", group)}

    assert functions == {"schedule", "health", "health_details", "back_up"}
    assert functions - FUNCTIONS.keys() == set()


def test_silence_is_noticed_after_three_runs_of_the_timer() -> None:
    silent = {each["name"]: each["window"] for each in alarms()["log"] if each["operator"] == "LessThan"}

    assert silent == {"timer-silent": "PT15M", "backup-silent": "P1D", "smoke-test-silent": "P1D"}
    assert '"0 */5 * * * *"' in str(FUNCTIONS["schedule"].get_function_json())


def test_lines_are_looked_for_longer_than_until_the_next_look() -> None:
    """A line comes some minutes late; the next look still finds it."""
    found = [(LASTS[each["window"]], LASTS[each["every"]]) for each in alarms()["log"]]

    assert [each for each in found if each[0] < 2 * each[1]] == []


def test_names_and_titles_are_their_own() -> None:
    every = [each for kind in alarms().values() for each in kind]

    assert len({each["name"] for each in every}) == len({each["title"] for each in every}) == len(every)
    assert [each["name"] for each in every if not re.fullmatch(r"[a-z]+(-[a-z]+)*", each["name"])] == []


# ---- What is deployed of it ----


def test_each_alarm_is_deployed_with_its_query_and_section() -> None:
    deployed = template("modules/alarms.bicep")
    rule, change = deployed.named("resource", "rule"), deployed.named("resource", "change")
    criteria: Any = rule.get("properties", "criteria", "allOf")

    assert deployed.named("variable", "alarms").value == Expression("loadJsonContent('../alarms.json')")
    assert "for alarm in alarms.log:" in deployed.text
    assert "for alarm in alarms.activity:" in deployed.text
    assert criteria[0]["query"] == Expression(
        "replace(replace(alarm.query, '{web}', webClientId), '{worker}', workerClientId)"
    )
    assert criteria[0]["operator"] == Expression("alarm.operator")
    assert {str(each.get("properties", "description")) for each in (rule, change)} == {
        str(Expression("'${runbook} \"${alarm.title}\"'"))
    }


def test_who_is_emailed_is_a_parameter() -> None:
    main = template("main.bicep")
    given: Any = main.named("module", "alarms").get("params")

    assert main.named("variable", "alarmAddresses").value == Expression(
        "empty(alarmEmails) ? [operatorsEmail] : alarmEmails"
    )
    assert given["alarmEmails"] == main.named("module", "budget").get("params", "contactEmails")
    assert given["auditEmails"] == Expression("empty(auditEmails) ? alarmAddresses : auditEmails")


def test_keys_and_rights_are_told_to_those_who_audit() -> None:
    audited = {each["name"] for each in alarms()["log"] if each["audience"] == "audit"}

    assert audited == {"key-used-by-others", "secret-read-by-others"}
    assert template("modules/alarms.bicep").text.count("actionGroupId: auditors.id") == 1


def test_what_would_hide_a_change_is_an_alarm_itself() -> None:
    changed = {operation for each in alarms()["activity"] for operation in each["operations"]}
    watched = ("scheduledQueryRules", "activityLogAlerts", "actionGroups", "diagnosticSettings")

    assert {f"Microsoft.Insights/{each}/{act}" for each in watched for act in ("write", "delete")} <= changed
    assert {f"Microsoft.OperationalInsights/workspaces/{act}" for act in ("write", "delete", "purge/action")} <= changed
    assert {f"Microsoft.Authorization/roleAssignments/{act}" for act in ("write", "delete")} <= changed
    assert {"Microsoft.KeyVault/vaults/write", "Microsoft.Storage/storageAccounts/write"} <= changed


def test_sampling_drops_nothing_that_alarms_are_built_on() -> None:
    host = json.loads((ROOT / "host.json").read_text("utf-8"))
    sampling = host["logging"]["applicationInsights"]["samplingSettings"]

    assert set(sampling["excludedTypes"].split(";")) == {"Request", "Exception", "Trace", "Event"}


def test_each_alarm_has_its_section_in_the_documents() -> None:
    sections = re.findall(r"^### (.+)$", OPERATIONS.read_text("utf-8"), re.MULTILINE)

    assert [each["title"] for kind in alarms().values() for each in kind if each["title"] not in sections] == []
