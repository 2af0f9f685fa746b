"""Mistakes of one line that would break a promise: each of them turns a test red."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.builders import ROOT
from tests.mutation.drill import WORKERS, Mutation, Verdict, drill, mutations, report

ALL = mutations()
PROMISES = {"place", "referral"}
LEAST = 60
# One about places and one about referrals, whose tests are quick.
FEW = [
    next(each for each in ALL if each.mistake == mistake)
    for mistake in ("one place more is shown and given than there is", "an objection until a day is not heard")
]
UNNOTICED = Mutation(
    "referral",
    "shared/referrals/retention/retention_rules.py",
    "ERASED_AFTER = 30",
    "ERASED_AFTER = 31",
    "answers are erased a day late",
    (
        "tests/unit/shared/referrals/retention/test_rules.py::test_an_objection_until_a_day_is_heard_until_that_day_comes",
    ),
)


def names_of_tests(path: Path) -> set[str]:
    return {each.name for each in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(each, ast.FunctionDef)}


def test_the_list_is_long_and_is_about_both_promises() -> None:
    by_promise = Counter(each.promise for each in ALL)

    assert set(by_promise) == PROMISES
    assert by_promise.total() >= LEAST
    assert min(by_promise.values()) >= LEAST // 3
    assert all(number == 1 for number in Counter((each.file, each.old, each.new) for each in ALL).values())


def test_every_listed_line_stands_in_its_file_exactly_once_and_can_be_compiled_with_the_mistake() -> None:
    for each in ALL:
        assert each.file.startswith(("functions/", "shared/")), each.file
        assert each.new != each.old
        compile(each.apply((ROOT / each.file).read_text("utf-8")), each.file, "exec")


def test_every_listed_test_exists() -> None:
    named = {test.partition("[")[0] for each in ALL for test in each.tests}
    missing = [test for test in named if test.partition("::")[2] not in names_of_tests(ROOT / test.partition("::")[0])]

    assert all(each.tests for each in ALL)
    assert missing == []


@pytest.mark.parametrize("mistakes", [FEW, pytest.param(ALL, marks=pytest.mark.nightly)], ids=["few", "all"])
def test_every_mistake_turns_a_test_red(mistakes: list[Mutation]) -> None:
    outcomes = drill([*mistakes, UNNOTICED], WORKERS if len(mistakes) > len(FEW) else 1)

    assert [str(each) for each in outcomes[:-1] if each.verdict is not Verdict.RED or not each.failed] == []
    assert outcomes[-1].verdict is Verdict.SURVIVED, "the negative control: a mistake that its test cannot notice"
    assert f"{len(mistakes)} of {len(mistakes) + 1} mutations" in report(outcomes)


@pytest.mark.parametrize("lines", [0, 2])
def test_a_line_that_is_gone_or_stands_there_twice_is_no_mutation(lines: int) -> None:
    with pytest.raises(ValueError, match=f"{lines} lines of"):
        FEW[0].apply(f"{FEW[0].old}\n" * lines)
