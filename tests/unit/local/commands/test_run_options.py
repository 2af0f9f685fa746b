"""The options of a local run, and the notice about its clock."""

from datetime import UTC, datetime

import pytest

from local.commands.run import MAIL_SERVICES, clock_notice, options


def _refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit):
        options(arguments)
    return capsys.readouterr().err


def test_without_options_the_clock_starts_when_the_example_schedule_is_still_to_come() -> None:
    said = clock_notice(options([]))

    assert "Friday 1 September 2023, 9am" in said
    assert "--now" in said
    assert "because the example sessions are of 2023" in said


def test_a_moment_is_read_as_london_time() -> None:
    assert options(["--at", "2023-09-07 14:00"]).at == datetime(2023, 9, 7, 13, 0, tzinfo=UTC)
    assert options(["--at", "2023-11-07 14:00"]).at == datetime(2023, 11, 7, 14, 0, tzinfo=UTC)


def test_the_moment_that_was_chosen_is_said_back() -> None:
    assert "Thursday 7 September 2023, 2pm" in clock_notice(options(["--at", "2023-09-07 14:00"]))


def test_the_real_time_can_be_had() -> None:
    assert clock_notice(options(["--now"])) == "The clock shows the real time."


def test_a_time_that_the_clocks_skip_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "does not exist" in _refusal(capsys, "--at", "2023-03-26 01:30")


def test_what_is_no_moment_is_refused_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert 'like "2023-09-07 14:00"' in _refusal(capsys, "--at", "tomorrow")


def test_the_real_time_and_another_moment_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert "not allowed with" in _refusal(capsys, "--now", "--at", "2023-09-07 14:00")


@pytest.mark.parametrize("speed", ["0", "-1", "inf", "nan", "fast"])
def test_a_clock_that_stands_still_or_runs_backwards_is_refused(capsys: pytest.CaptureFixture[str], speed: str) -> None:
    assert "--speed" in _refusal(capsys, f"--speed={speed}")


def test_the_email_service_can_be_chosen_and_notify_goes_with_links(capsys: pytest.CaptureFixture[str]) -> None:
    assert options([]).mail is None
    assert MAIL_SERVICES[options(["--mail", "notify"]).mail]["REFERRAL_DELIVERY"] == "link"
    assert MAIL_SERVICES[options(["--mail", "acs"]).mail] == {"MAIL_SERVICE": "acs"}
    assert "invalid choice" in _refusal(capsys, "--mail", "smtp")
