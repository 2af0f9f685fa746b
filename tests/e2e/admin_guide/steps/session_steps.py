"""Steps on the row of a session: what an administrator writes, deletes and puts back."""

from tests.admin_guide import quoted
from tests.e2e.admin_guide.phrases import Phrases
from tests.e2e.admin_guide.stage import Stage, Step

SESSION_STEPS: Phrases[Step] = Phrases()


@SESSION_STEPS.saying(
    r"do nothing(?:: the next run writes it again| if the state is right, because it was not changed)?"
)
def _nothing() -> Step:
    return lambda stage: None


@SESSION_STEPS.saying(r"write `([^`]*)` into `(\w+)`(?: of the session that Ann had booked)?")
def write(text: str, column: str) -> Step:
    return lambda stage: stage.write(**{column: text})


@SESSION_STEPS.saying(r"write `([^`]*)` into `(\w+)` and `([^`]*)` into `(\w+)`")
def _write_two(text: str, column: str, other: str, column_of_other: str) -> Step:
    return lambda stage: stage.write(**{column: text, column_of_other: other})


@SESSION_STEPS.saying(r"write ([\d,]+) letters into `(\w+)`")
def _write_long(number: str, column: str) -> Step:
    return lambda stage: stage.write(**{column: "x" * int(number.replace(",", ""))})


@SESSION_STEPS.saying(r"empty ((?:`\w+`(?:, | and )?)+)")
def _empty(columns: str) -> Step:
    return lambda stage: stage.write(**dict.fromkeys(quoted(columns), ""))


@SESSION_STEPS.saying(r"delete the row")
def _delete() -> Step:
    return Stage.delete


@SESSION_STEPS.saying(r"put the row back(?: with `([^`]*)` in `(\w+)`)?")
def _put_back(text: str | None, column: str | None) -> Step:
    return lambda stage: stage.put_back(**({column: text} if column else {}))


@SESSION_STEPS.saying(r"add a second row with the `PartitionKey` `(\w+)`(?: and `([^`]*)` in `(\w+)`)?")
def _add_second(partition: str, text: str | None, column: str | None) -> Step:
    return lambda stage: stage.add_second(partition, **({column: text} if column else {}))


@SESSION_STEPS.saying(r"delete the second row")
def _delete_second() -> Step:
    return Stage.delete_second


@SESSION_STEPS.saying(r"delete the first row")
def _delete_first() -> Step:
    return Stage.delete_first
