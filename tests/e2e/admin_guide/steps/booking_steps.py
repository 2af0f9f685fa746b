"""Steps on bookings: what an administrator does to their rows, and people by their links."""

from tests.e2e.admin_guide.phrases import Phrases
from tests.e2e.admin_guide.stage import Stage, Step
from tests.e2e.admin_guide.steps.session_steps import write

BOOKING_STEPS: Phrases[Step] = Phrases()


@BOOKING_STEPS.saying(r"write `([^`]*)` into (\w+)'s `(\w+)`(?: to book her all the same)?")
def _write_booking(text: str, name: str, column: str) -> Step:
    return lambda stage: stage.write_booking(name.casefold(), **{column: stage.own(text)})


@BOOKING_STEPS.saying(r"write `([^`]*)` into `(\w+)` and `([^`]*)` into (\w+)'s `(\w+)`")
def _write_both(text: str, column: str, other: str, name: str, column_of_other: str) -> Step:
    both: tuple[Step, Step] = (write(text, column), _write_booking(other, name, column_of_other))
    return lambda stage: [act(stage) for act in both]


@BOOKING_STEPS.saying(r"write (\w+)'s address into (\w+)'s `Email`")
def _write_address(owner: str, name: str) -> Step:
    return lambda stage: stage.write_booking(name.casefold(), Email=stage.address(owner.casefold()))


@BOOKING_STEPS.saying(r"delete (\w+)'s row")
def _delete_booking(name: str) -> Step:
    return lambda stage: stage.delete_booking(name.casefold())


@BOOKING_STEPS.saying(r"add a row for (\w+) with `([^`]*)` in `(\w+)`")
def _add_booking(name: str, text: str, column: str) -> Step:
    return lambda stage: stage.add_booking(name.casefold(), **{column: text})


@BOOKING_STEPS.saying(r"add a row for (\w+) with the same `RowKey`")
def _add_under_used_key(name: str) -> Step:
    return lambda stage: stage.add_under_used_key(name.casefold())


@BOOKING_STEPS.saying(r"add (\w+)'s row with all its cells under another session as well")
def _copy_to_other(name: str) -> Step:
    return lambda stage: stage.copy_to_other(name.casefold())


@BOOKING_STEPS.saying(r"add a row for (\w+) again")
def _add_again(name: str) -> Step:
    return lambda stage: stage.add_booking(name.casefold())


@BOOKING_STEPS.saying(r"add a row for (\w+) under `P8` where the session is `p8`")
def _add_stray(name: str) -> Step:
    return lambda stage: stage.add_booking(name.casefold(), PartitionKey=stage.id.upper())


@BOOKING_STEPS.saying(r"delete the row that you added")
def _delete_added() -> Step:
    return Stage.delete_added


@BOOKING_STEPS.saying(r"delete the row that you added, and add it under `p8`")
def _add_under_session() -> Step:
    def act(stage: Stage) -> None:
        stage.delete_added()
        stage.add_booking("cem")

    return act


@BOOKING_STEPS.saying(r"open (\w+)'s row")
def _open(name: str) -> Step:
    return lambda stage: stage.open(name.casefold())


@BOOKING_STEPS.saying(r"save (\w+)'s row as you opened it")
def _save_as_opened(name: str) -> Step:
    return lambda stage: stage.save_as_opened(name.casefold())


@BOOKING_STEPS.saying(r"(\w+) cancels by (?:her|his) link")
def _cancel_by_link(name: str) -> Step:
    return lambda stage: stage.cancel_by_link(name.casefold())


@BOOKING_STEPS.saying(r"(\w+) moves to another session by her link")
def _move_by_link(name: str) -> Step:
    return lambda stage: stage.move_by_link(name.casefold())


@BOOKING_STEPS.saying(r"(\w+) presses the button")
def _prove_by_link(name: str) -> Step:
    return lambda stage: stage.prove_by_link(name.casefold())


@BOOKING_STEPS.saying(r"(\w+) books(?: again)?")
def _book_again(name: str) -> Step:
    def act(stage: Stage) -> None:
        assert stage.book(name.casefold()).status == 201
        stage.service.settle()

    return act


@BOOKING_STEPS.saying(r"delete all rows of the session from `Bookings`")
def _lose() -> Step:
    return Stage.lose_bookings


@BOOKING_STEPS.saying(r"put the rows back( without `guard`)?")
def _restore(without: str | None) -> Step:
    return lambda stage: stage.restore_bookings(guard=not without)


@BOOKING_STEPS.saying(r"add a row with the `RowKey` `guard`")
def _add_guard() -> Step:
    return Stage.add_guard
