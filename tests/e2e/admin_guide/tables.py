"""The tables of the guide by the heading of their section, and how their rows are tried."""

from collections.abc import Mapping

from tests.admin_guide import GuideRow, quoted
from tests.builders import MORNING
from tests.e2e.admin_guide.booking_columns import column_of_a_booking
from tests.e2e.admin_guide.cells.empty_cells import column_written_or_empty
from tests.e2e.admin_guide.cells.service_cells import column_of_the_service
from tests.e2e.admin_guide.cells.typed_cells import what_is_asked_back, what_is_read, when_it_starts
from tests.e2e.admin_guide.cells.wrong_cells import cell_put_right
from tests.e2e.admin_guide.claims.claim import Claim
from tests.e2e.admin_guide.claims.expected import Expected, expected_of
from tests.e2e.admin_guide.claims.row_claims import cell_is
from tests.e2e.admin_guide.health import health_answer
from tests.e2e.admin_guide.list_age import age_of_the_list
from tests.e2e.admin_guide.phrases import UnknownPhraseError
from tests.e2e.admin_guide.places import room_and_link
from tests.e2e.admin_guide.problems import booking_put_right, session_put_right
from tests.e2e.admin_guide.same_key import row_that_is_the_session
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.steps.timed_steps import steps_of
from tests.e2e.admin_guide.steps.times import moment
from tests.e2e.admin_guide.trials import MakeTrial, Scene, Trial, played

SESSION = Scene()
_REMINDED = Scene(people=["ann"])
_PAST = Scene(people=(), cells={"Date": "2023-08-01"})
_TO_CHECK = Scene(people=["dee"])
_UNPROVEN = Scene(people=["dee"], cells={"Capacity": 5}, proves=False)


def happens(scene: Scene) -> MakeTrial:
    """Tries a row that says what you do, and what happens."""

    def make(service: Service, row: GuideRow) -> Trial:
        steps, expected = steps_of(row["You do"], MORNING), expected_of(row["What happens"])
        return played(service, scene, steps, expected)

    return make


def past_session(service: Service, row: GuideRow) -> Trial:
    return happens(SESSION if "that Ann had booked" in row["You do"] else _PAST)(service, row)


def noticed(service: Service, row: GuideRow) -> Trial:
    """Tries a row that also says what `Notice` holds."""
    expected = expected_of(row["What happens"])
    notice = Claim(look=cell_is("Notice", "".join(quoted(row["`Notice` says"]))))
    return played(service, SESSION, steps_of(row["You do"], MORNING), Expected([*expected.claims, notice]))


def saved_at(day: str, scene: Scene) -> MakeTrial:
    """Tries a row that says at what time of a day in September you save."""

    def make(service: Service, row: GuideRow) -> Trial:
        steps = steps_of(row["You do"], moment(day, row["You save at"]))
        return played(service, scene, steps, expected_of(row["What happens"]))

    return make


def saved_as_opened(service: Service, row: GuideRow) -> Trial:
    """Tries a save of a row that has changed meanwhile, and counts the places that are free for it."""
    text = row["You do"]
    name = text.rpartition("save ")[2].partition("'s row")[0].casefold()
    free = {"One": 1, "None": 0, "None, because Ben got it": 0}.get(row["Places free"])
    if free is None or not name:
        raise UnknownPhraseError(f"the trials do not know: {row}")
    people = ["ann", "ben"] if "Ben" in f"{text} {row['What happens']}" else ["ann"]
    counted = Claim(look=lambda stage: _not_free(stage, name, free))
    expected = Expected([*expected_of(row["What happens"]).claims, counted])
    return played(service, Scene(people), steps_of(text, MORNING), expected)


def _not_free(stage: Stage, name: str, free: int) -> str:
    found = int(stage.cells["Capacity"]) - stage.held_by_others(name)
    return "" if found == free else f"{found} places are free for {name}"


TRIALS: Mapping[str, MakeTrial] = {
    "See what no cell can stop": happens(SESSION),
    "Fill in the columns": column_written_or_empty,
    "Hold a session in a room": room_and_link,
    "Write a cell as you like": what_is_read,
    "Write again what could mean two things": what_is_asked_back,
    "Check when it starts": when_it_starts,
    "Read what the service says": column_of_the_service,
    "Put a cell right": cell_put_right,
    "Put a session right": session_put_right,
    "Change a session": noticed,
    "Change a session on the day": saved_at("8", SESSION),
    "Know when a reminder goes": saved_at("7", _REMINDED),
    "Hold the emails of a session": noticed,
    "Change a past session": past_session,
    "Cancel a session": happens(SESSION),
    "Put back a session that was deleted": happens(SESSION),
    "Look after bookings": column_of_a_booking,
    "Change a booking": happens(SESSION),
    "Check that someone works for the trust": happens(_TO_CHECK),
    "Know what happens before someone has pressed the button": happens(_UNPROVEN),
    "Put a booking right": booking_put_right,
    "Delete one of two rows with the same `RowKey`": happens(SESSION),
    "See which of two rows is the session": row_that_is_the_session,
    "Save a row that has changed since you opened it": saved_as_opened,
    "Keep one of two bookings of the same person": happens(SESSION),
    "Restore bookings that are missing": happens(SESSION),
    "See if the service is well": health_answer,
    "Allow for a list that is a little old": age_of_the_list,
}
