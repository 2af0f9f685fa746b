"""Lines of the log name a referral only where a person is needed.

With its moment, any other line that did would say when someone referred themselves.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source_code import DEPLOYED, nodes, offenders, relative
from tests.builders import ROOT

NAMES_ONE = {"reference", "referral", "operation_id", "token", "typed"}
SAYS_ERROR = {"error", "exception", "critical"}
LEVELS = {"debug", "info", "warning", "log", *SAYS_ERROR}
LOGGERS = {"logger", "_logger", "log", "logging"}
# Where references are at hand. Bookings are named by their session, and have tests of their own.
PLACES = ("shared/referrals/", "shared/mail/", "shared/timer/", "shared/tables/", "functions/")
NEEDS_A_PERSON = ("needs attention",)
"""Words of an error that may name a referral. All others are over by themselves, or say so again when they are not."""
ROWS_THAT_NEED_A_PERSON = {"_unclear_error"}
"""The function that names a row which would fail in each run."""
LATE = "shared/referrals/follow_up/overdue_alarm.py"


def calls(source: str) -> Iterator[ast.Call]:
    for node in nodes(source):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
            yield from [node] if ast.unparse(node.func.value).rpartition(".")[2] in LOGGERS else []


def names_in(call: ast.Call) -> set[str]:
    nodes = [each for argument in (*call.args, *(kw.value for kw in call.keywords)) for each in ast.walk(argument)]
    attributes = {each.attr for each in nodes if isinstance(each, ast.Attribute)}
    return attributes | {each.id for each in nodes if isinstance(each, ast.Name)}


def naming_without_need(source: str) -> list[str]:
    """Lines below an error that name a referral; the level of `log` is not known before it runs."""
    return [
        ast.unparse(call)
        for call in calls(source)
        if isinstance(call.func, ast.Attribute) and call.func.attr not in SAYS_ERROR and names_in(call) & NAMES_ONE
    ]


def naming(source: str) -> list[str]:
    return [ast.unparse(call) for call in calls(source) if names_in(call) & NAMES_ONE]


def test_no_line_but_an_error_names_a_referral() -> None:
    found = [path for path in DEPLOYED if relative(path).startswith(PLACES)]

    assert sum(len(list(calls(path.read_text("utf-8")))) for path in found) > 30
    assert offenders(naming_without_need, found) == {}


def naming_without_reason(source: str) -> list[str]:
    """Errors that name a referral without saying what a person has to do, and parts of a run that do at all."""
    errors = [call for call in calls(source) if names_in(call) & NAMES_ONE]
    found = [call for call in errors if not any(each in ast.unparse(call.args[0]) for each in NEEDS_A_PERSON)]
    functions = [each for each in nodes(source) if isinstance(each, ast.FunctionDef)]
    texts = [(each, text) for each in functions if runs_isolated(each) for text in ast.walk(each)]
    naming = [(each, text) for each, text in texts if isinstance(text, ast.JoinedStr) and attributes(text) & NAMES_ONE]
    return [ast.unparse(call) for call in found] + [
        f"{each.name}: {ast.unparse(text)}" for each, text in naming if each.name not in ROWS_THAT_NEED_A_PERSON
    ]


def runs_isolated(function: ast.FunctionDef) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "run_isolated" for each in ast.walk(function))


def attributes(node: ast.AST) -> set[str]:
    walked = list(ast.walk(node))
    names = {each.id for each in walked if isinstance(each, ast.Name)}
    return names | {each.attr for each in walked if isinstance(each, ast.Attribute)}


def test_every_error_that_names_a_referral_needs_a_person() -> None:
    found = [path for path in DEPLOYED if relative(path).startswith(PLACES)]
    errors = [call for path in found for call in calls(path.read_text("utf-8")) if names_in(call) & NAMES_ONE]

    assert len(errors) >= 5
    assert offenders(naming_without_reason, found) == {}


def test_lines_about_lateness_name_none_at_any_level() -> None:
    [late] = [path for path in DEPLOYED if relative(path) == LATE]

    assert len(list(calls(late.read_text("utf-8")))) == 1
    assert offenders(naming, [late]) == {}


@pytest.mark.parametrize(
    "line",
    [
        'logger.info("referral %s sent", reference)',
        'logger.warning("referral %s", referral.reference)',
        'logger.debug(f"{self.referral}")',
        'logger.log(level, "%s", status.reference)',
        'self._logger.info("%s", extra={"token": token})',
    ],
)
def test_line_that_names_one_is_found(line: str) -> None:
    assert len(naming_without_need(line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        'logger.error("referral %s is erased", referral.reference)',
        'logger.critical("%s failed", reference)',
        'def run():\n    part = f"referral {referral.reference}"\n    run_isolated(logger, part, act)',
        'def run():\n    run_isolated(logger, f"referral {reference}", act)',
    ],
)
def test_error_that_names_one_without_need_is_found(line: str) -> None:
    assert len(naming_without_reason(line)) == 1


@pytest.mark.parametrize(
    "line",
    ['logger.error("referral %s needs attention", reference)', 'logger.info("%d left", left)', "form.log(typed)"],
)
def test_line_that_may_be_logged_is_left_alone(line: str) -> None:
    assert naming_without_need(line) == []
    assert naming_without_reason(line) == []


WAYS_OUT = {"basicConfig", "fileConfig", "dictConfig", "print"}


def other_ways_out(source: str) -> list[str]:
    """Handlers of lines that the source makes, and what it prints or writes to a stream of the process."""
    found = [node for node in nodes(source) if isinstance(node, ast.Call)]
    made = [ast.unparse(each.func).rpartition(".")[2] for each in found]
    named = [ast.unparse(node) for node in nodes(source) if isinstance(node, ast.Attribute)]
    streams = [each for each in named if each in {"sys.stdout", "sys.stderr"}]
    return streams + [each for each in made if each.endswith("Handler") or each in WAYS_OUT]


def test_lines_of_the_log_go_to_the_host_and_nowhere_else() -> None:
    """The host's handlers pass them on to Application Insights, the one place of the log that is documented."""
    assert offenders(other_ways_out, DEPLOYED) == {}
    assert "Application Insights" in (ROOT / "docs" / "security.md").read_text("utf-8")


@pytest.mark.parametrize(
    "source",
    ["logging.FileHandler('x')", "logging.basicConfig()", "print(1)", "sys.stderr.write('x')", "root.addHandler(x)"],
)
def test_another_way_out_is_found(source: str) -> None:
    assert other_ways_out(source) != []
