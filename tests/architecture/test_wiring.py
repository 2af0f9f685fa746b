"""What is connected to what: routes, queues, the timer, and the documents that name them."""

import json
from typing import Any

from shared.config.settings import Settings
from tests.builders import ROOT
from tests.every_row import every_row
from tests.registered_functions import FUNCTIONS

PLATFORM = {
    "AzureWebJobsStorage",
    "AzureWebJobsDisableHomepage",
    "PYTHON_THREADPOOL_THREAD_COUNT",
    "FUNCTIONS_WORKER_RUNTIME",
}


def bindings(kind: str) -> list[tuple[str, dict[str, Any]]]:
    found = [(name, binding.get_dict_repr()) for name, each in FUNCTIONS.items() for binding in each.get_bindings()]
    return [(name, binding) for name, binding in found if binding["type"] == kind]


def test_every_queue_that_is_written_to_is_read() -> None:
    read = {(binding["queueName"], binding["connection"]) for _, binding in bindings("queueTrigger")}

    assert {(binding["queueName"], binding["connection"]) for _, binding in bindings("queue")} <= read


def test_every_queue_has_someone_who_looks_after_what_failed() -> None:
    read = {binding["queueName"]: binding["connection"] for _, binding in bindings("queueTrigger")}

    for queue, connection in read.items():
        assert queue.endswith("-poison") or read.get(f"{queue}-poison") == connection


def test_referrals_have_an_account_of_their_own() -> None:
    for _, binding in bindings("queueTrigger") + bindings("queue"):
        referrals = binding["queueName"].startswith("referrals")
        assert binding["connection"] == ("REFERRALS_STORAGE" if referrals else "BOOKINGS_STORAGE")


def test_one_timer_runs_every_five_minutes_and_one_at_night_in_utc_and_neither_at_start() -> None:
    timers = dict(bindings("timerTrigger"))

    expected = {"schedule": "0 */5 * * * *", "back_up": "0 40 1-5 * * *"}
    assert {name: binding["schedule"] for name, binding in timers.items()} == expected
    assert not any(binding.get("runOnStartup") for binding in timers.values())


def test_every_page_is_open_to_everybody_and_none_is_where_the_host_has_its_own() -> None:
    """The one exception is for operators: it names what failed."""
    for name, binding in bindings("httpTrigger"):
        level = str(binding["authLevel"]).casefold().rpartition(".")[2]
        assert level == ("function" if name == "health_details" else "anonymous")
        assert not binding["route"].startswith(("admin", "runtime"))


def test_no_setting_stands_in_a_binding_where_its_absence_would_take_the_app_down() -> None:
    assert "%" not in json.dumps([function.get_raw_bindings() for function in FUNCTIONS.values()])


IN_AZURE = {"APPLICATIONINSIGHTS_CONNECTION_STRING", "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"}


def described() -> set[str]:
    lines = (ROOT / "docs" / "settings.md").read_text("utf-8").splitlines()
    return {line.split("`")[1] for line in lines if line.startswith("| `")}


def test_every_setting_is_described_and_nothing_else_is() -> None:
    assert described() - PLATFORM - IN_AZURE - {"AzureWebJobs.<function>.Disabled"} == Settings.names()


def test_every_setting_stands_in_the_example_and_nothing_else_does() -> None:
    example = json.loads((ROOT / "local" / "local.settings.example.json").read_text("utf-8"))

    assert set(example["Values"]) == Settings.names() | PLATFORM


def in_the_readme() -> dict[str, str]:
    """The auth of each function, as the table of functions says."""
    lines = (ROOT / "README.md").read_text("utf-8").partition("## Functions")[2].partition("\n## ")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| `")]
    return {name.strip("`"): row[2] for row in rows for name in row[0].split(", ")}


def test_every_function_stands_in_the_readme_and_no_other() -> None:
    assert set(in_the_readme()) == set(FUNCTIONS)


@every_row("name", sorted(FUNCTIONS))
def test_the_readme_says_who_may_call_a_function(name: str) -> None:
    levels = [str(binding["authLevel"]).rpartition(".")[2] for at, binding in bindings("httpTrigger") if at == name]

    assert in_the_readme()[name] == (levels[0].upper() if levels else "-")


@every_row("name", sorted(name for name, _ in bindings("httpTrigger") if name != "zz_elsewhere"))
def test_the_readme_says_which_methods_a_page_takes(name: str) -> None:
    lines = (ROOT / "README.md").read_text("utf-8").partition("## Functions")[2].splitlines()
    rows = [line.strip("|").split(" | ") for line in lines if line.startswith("| `")]
    [row] = [row for row in rows if f"`{name}`" in row[0]]
    named = [each.strip(" `") for each in row[0].split(",")]
    taken = {str(method) for at, binding in bindings("httpTrigger") if at in named for method in binding["methods"]}

    assert set(row[1].partition(" `")[0].split(", ")) == taken
