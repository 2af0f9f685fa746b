"""A restoration puts back what is missing and nothing else, and no one is emailed anew."""

from datetime import timedelta

import pytest

from local.restore.report import LeftOut
from shared.backups.copies import CopyError
from shared.bookings.model.errors import SessionSuspendedError
from shared.bookings.tables.repository import GUARD
from shared.tables.table import Row
from tests.builders import booking_request, london
from tests.unit.local.restore.backed_up import BackedUp

ALL = ("Sessions", "Bookings", "MailLog", "MailIndex", "Service", "Numbers")


def booked(*names: str, **cells: object) -> BackedUp:
    """People who booked, in a session whose copy was made an hour later."""
    system = BackedUp(**cells)
    for name in names:
        system.book(name, join_waiting_list=True)
        system.pass_time(minutes=1)
    system.tick()
    system.pass_time(hours=1)
    system.back_up()
    system.pass_time(hours=1)
    return system


def as_stored(system: BackedUp) -> dict[tuple[str, str, str], Row]:
    return {(name, *key): row for name, table in system.tables.items() for key, row in table.rows.items()}


def emails(system: BackedUp) -> int:
    return len(system.sender.sent)


@pytest.mark.parametrize(
    "lost", [("Bookings",), ("Bookings", "MailLog"), ("Bookings", "MailLog", "MailIndex"), ("Sessions",), ALL]
)
def test_after_any_loss_everyone_has_what_they_had_and_hears_nothing(lost: tuple[str, ...]) -> None:
    system = booked("ann", "ben", "cem", Capacity=2)
    before, states = emails(system), system.states()
    system.lose(*lost)
    system.tick()

    system.restore()
    system.live(until=system.now + timedelta(hours=3))

    assert system.states() == states == {"ann": "confirmed", "ben": "confirmed", "cem": "waiting"}
    assert [mail.to for mail in system.sender.messages[before:] if "organiser" not in mail.to] == []
    assert system.session_row().text("Problem") == ""
    assert GUARD in {key for _, key in system.bookings.rows}
    system.at(london("2023-09-07 15:00"))
    system.tick()
    assert [system.kinds(name).count("reminder") for name in ("ann", "ben", "cem")] == [1, 1, 0]


def test_check_writes_nothing_and_says_what_a_restoration_does() -> None:
    system = booked("ann", "ben", "cem", Capacity=2)
    system.lose(*ALL)
    stored, notes = as_stored(system), dict(system.blobs.blobs)

    found = system.restore(write=False)

    assert (as_stored(system), system.blobs.blobs) == (stored, notes)
    done = system.restore()
    assert (found.back, found.there, found.left) == (done.back, done.there, done.left)
    lines = list(found.lines())
    assert "Bookings: 3 to put back, 0 there already" in lines
    assert not any("ann" in line.casefold() for line in lines)


def test_what_exists_is_not_changed_and_a_second_restoration_adds_nothing() -> None:
    system = booked("ann", "ben", Capacity=2)
    system.edit("ann", Adjustments="captions")
    system.edit_session(Title="Another title")
    stored = as_stored(system)
    assert sum(system.restore().back.values()) == 0
    assert as_stored(system) == stored

    system.lose("Bookings")
    system.restore()
    stored = as_stored(system)
    assert sum(system.restore().back.values()) == 0
    assert as_stored(system) == stored


def test_no_more_places_than_there_are_even_if_someone_booked_meanwhile() -> None:
    system = booked("ann", "ben", "cem", Capacity=3)
    system.lose("Bookings", "MailLog", "MailIndex")
    system.book("dan")
    system.tick()

    found = system.restore()
    system.live(until=system.now + timedelta(hours=1))

    assert system.left_out(found) == {LeftOut.NO_PLACE: 1}
    assert system.states() == {"ann": "confirmed", "ben": "confirmed", "dan": "confirmed"}


def test_fewer_places_than_before_are_not_exceeded() -> None:
    system = booked("ann", "ben", "cem", Capacity=3)
    system.edit_session(Capacity=1)
    system.lose("Bookings")

    assert system.left_out(system.restore()) == {LeftOut.NO_PLACE: 2}
    assert system.states() == {"ann": "confirmed"}
    # Those who were promised a place and have no row: the session waits for a person.
    system.tick()
    assert system.session_row().text("Problem").startswith("2 people were emailed")


@pytest.mark.parametrize("lost", [("Bookings",), ("Bookings", "MailLog")])
def test_who_cancelled_after_the_copy_stays_away(lost: tuple[str, ...]) -> None:
    system = booked("ann", "ben", "cem", Capacity=2)
    system.cancel("ben")
    system.tick()
    assert system.states()["cem"] == "confirmed"
    before = emails(system)
    system.lose(*lost)

    found = system.restore()
    system.live(until=system.now + timedelta(hours=1))

    assert system.left_out(found) == {LeftOut.CANCELLED: 1}
    assert system.states() == {"ann": "confirmed", "cem": "confirmed"}
    assert [mail.to for mail in system.sender.messages[before:] if "organiser" not in mail.to] == []


@pytest.mark.parametrize("lost", [("Bookings",), ALL])
def test_what_someone_deleted_after_the_copy_stays_deleted(lost: tuple[str, ...]) -> None:
    system = booked("ann", "ben")
    system.delete("ann")
    system.pass_time(minutes=5)
    system.tick()
    before = emails(system)
    system.lose(*lost)

    found = system.restore()
    system.live(until=system.now + timedelta(hours=1))

    assert system.left_out(found) == {LeftOut.DELETED: 1}
    assert system.states() == {"ben": "confirmed"}
    assert system.session_row().text("Problem") == ""
    assert emails(system) == before
    assert system.book("dan").state == "confirmed"


def test_what_a_later_copy_has_no_more_was_deleted_and_a_copy_of_lost_tables_says_nothing() -> None:
    system = booked("ann", "ben", "cem")
    system.delete("ann")
    system.pass_time(days=1)
    system.back_up()
    system.blobs.blobs = {name: blob for name, blob in system.blobs.blobs.items() if "/deleted/" not in name}
    system.lose(*ALL)
    system.pass_time(days=1)
    system.back_up()

    found = system.restore()

    assert (system.left_out(found), system.left_out(found, "Sessions")) == ({LeftOut.DELETED: 1}, {})
    assert system.states() == {"ben": "confirmed", "cem": "confirmed"}


def test_bookings_that_were_deleted_by_mistake_are_put_back_if_their_session_is_named() -> None:
    system = booked("ann", "ben", "cem", Capacity=2)
    system.delete("ann")
    system.delete("cem")
    system.pass_time(minutes=5)
    system.tick()
    system.book("dan")
    assert system.left_out(system.restore()) == {LeftOut.DELETED: 2}
    before = emails(system)

    found = system.restore(undeleted=["s1"])
    system.live(until=system.now + timedelta(hours=1))

    assert system.left_out(found) == {LeftOut.NO_PLACE: 1}
    assert system.states() == {"ben": "confirmed", "dan": "confirmed", "cem": "waiting"}
    assert emails(system) == before
    # They are back: the note that they were deleted is gone, too.
    system.lose("Bookings", "MailLog")
    assert system.left_out(system.restore()) == {LeftOut.DELETED: 1}
    assert system.states() == {"ben": "confirmed", "cem": "waiting"}


def test_who_booked_again_after_they_were_deleted_comes_back() -> None:
    system = booked("ann", "ben")
    system.delete("ann")
    system.pass_time(minutes=5)
    system.tick()
    system.pass_time(days=1)
    system.book("ann")
    system.tick()
    system.pass_time(days=1)
    system.back_up()
    system.lose("Bookings")

    assert system.left_out(system.restore("2023-09-03")) == {}
    assert system.states() == {"ann": "confirmed", "ben": "confirmed"}


def test_what_retention_has_passed_stays_away_and_what_it_soon_passes_is_not_copied() -> None:
    system = booked("ann", "ben")
    over = london("2023-09-08 16:15")
    for days, copied in ((79, 3), (80, 0)):
        system.at(over + timedelta(days=days, minutes=1))
        system.back_up()
        [name] = [each for each in system.blobs.names() if each.startswith(str(system.now.date())) and "Book" in each]
        assert system.blobs.blobs[name].count(b"\n") == copied
    stored = system.blobs.blobs
    system.lose(*ALL)
    system.at(over + timedelta(days=90))

    found = system.restore(str((over + timedelta(days=79)).date()))

    assert set(system.left_out(found)) == set(system.left_out(found, "MailLog")) == {LeftOut.EXPIRED}
    assert (len(system.bookings.rows), len(system.log.rows)) == (0, 0)
    assert not any(b"ann@" in blob for name, blob in stored.items() if name.startswith("2023-11-27"))


def test_a_session_that_was_called_off_or_deleted_stays_away() -> None:
    system = booked("ann")
    for session_id in ("s2", "s3"):
        system.add_session(RowKey=session_id)
    system.pass_time(days=1)
    system.back_up()
    system.edit_session(State="cancelled")
    system.live(until=system.now + timedelta(hours=1))
    del system.sessions.rows["sessions", "s3"]
    system.pass_time(days=1)
    system.back_up()
    before = emails(system)
    system.lose("Sessions")

    found = system.restore("2023-09-02")
    system.tick()

    assert system.left_out(found, "Sessions") == {LeftOut.CANCELLED: 1, LeftOut.DELETED: 1}
    assert [row.key for row in system.sessions.query()] == ["s2"]
    assert emails(system) == before


def test_bookings_of_a_session_that_is_gone_are_left_out() -> None:
    system = booked("ann")
    system.add_session(RowKey="s2")
    system.book("ben", "s2")
    del system.sessions.rows["sessions", "s2"]
    system.pass_time(days=1)
    system.back_up()
    system.lose("Bookings")

    assert system.left_out(system.restore("2023-09-02")) == {LeftOut.NO_SESSION: 1}
    assert (system.states(), system.states("s2")) == ({"ann": "confirmed"}, {})


@pytest.mark.parametrize("table", ["Sessions", "Bookings", "MailLog", "Service"])
def test_a_copy_that_is_damaged_anywhere_is_refused_by_the_check(table: str) -> None:
    system = booked("ann")
    system.blobs.blobs = {name: blob[1:] if table in name else blob for name, blob in system.blobs.blobs.items()}

    with pytest.raises(CopyError):
        system.restore(write=False)


def test_the_numbers_for_a_board_are_put_back_and_none_is_changed() -> None:
    system, month = BackedUp(), {"PartitionKey": "months", "RowKey": "2023-07", "Booked": 12, "Final": "yes"}
    system.numbers.insert(month)
    system.numbers.insert(month | {"RowKey": "2023-08"})
    system.back_up()
    system.lose("Numbers")
    system.numbers.insert(month | {"RowKey": "2023-08", "Booked": 13})
    system.restore()

    assert [row.cells["Booked"] for row in system.numbers.query()] == [12, 13]


def test_while_the_log_is_back_and_the_bookings_are_not_no_place_is_given() -> None:
    """The order of a restoration, seen between each two of its writes."""
    system = booked("ann", "ben", Capacity=2)
    system.lose(*ALL)
    seen, before = list[str](), emails(system)

    def look(name: str) -> None:
        seen.append(name)
        if name == "Bookings":
            with pytest.raises(SessionSuspendedError):
                system.booking().book(booking_request(full_name="Zoe", email="zoe@example.nhs.uk"), system.now)
            system.tick()

    system.before_writing = look
    system.restore()
    system.before_writing = lambda _: None
    system.live(until=system.now + timedelta(hours=1))

    assert list(dict.fromkeys(seen)) == ["Service", "MailLog", "Sessions", "MailIndex", "Bookings"]
    assert system.states() == {"ann": "confirmed", "ben": "confirmed"}
    assert [mail.to for mail in system.sender.messages[before:] if "organiser" not in mail.to] == []


def test_emails_that_went_after_the_copy_are_not_sent_again_although_no_log_knows_them() -> None:
    system = booked("ann", "ben")
    system.at(london("2023-09-07 02:40"))
    system.back_up()
    system.at(london("2023-09-07 15:05"))
    system.tick()
    assert system.kinds("ann").count("reminder") == 1
    before = emails(system)
    system.lose("Bookings", "MailLog", "MailIndex")

    found = system.restore("2023-09-07")
    system.live(until=system.now + timedelta(hours=1))

    assert found.asked == {"s1": 6}  # of each a reminder, and that they wait or are to be checked
    assert emails(system) == before
    assert len(system.sender.asked) >= 2


def test_an_email_that_is_owed_is_sent_after_all() -> None:
    system = booked("ann")
    system.at(london("2023-09-07 02:40"))
    system.back_up()
    system.lose("Bookings", "MailLog", "MailIndex")
    system.at(london("2023-09-07 15:05"))

    system.restore("2023-09-07")
    system.live(until=system.now + timedelta(hours=1))

    assert system.kinds("ann") == ["booked", "reminder"]


def test_a_roster_of_more_than_a_transaction_comes_back_whole() -> None:
    system = BackedUp(Capacity=150)
    for number in range(120):
        system.bookings.put(
            {
                **dict(system.bookings.rows.get(("s1", "x"), Row({}, "")).cells),
                "PartitionKey": "s1",
                "RowKey": f"typed-{number:03}",
                "Name": f"Person {number}",
                "Email": f"person{number}@example.nhs.uk",
                "State": "confirmed",
            }
        )
    system.live(until=system.now + timedelta(hours=1))
    system.back_up()
    before = emails(system)
    system.lose("Bookings")

    assert system.restore().back["Bookings"] == 120
    system.live(until=system.now + timedelta(hours=1))

    assert set(system.states().values()) == {"confirmed"}
    assert len(system.states()) == 120
    assert emails(system) == before


@pytest.mark.parametrize("versions", ["as noted", "of before they were noted"])
def test_who_is_known_by_the_index_alone_is_told_of_a_later_change(versions: str) -> None:
    system = booked("ann")
    system.book("ben")
    if versions != "as noted":
        for row in system.index.query():
            system.index.put({name: value for name, value in row.cells.items() if name != "Version"})
    system.lose("MailLog")
    system.restore()
    system.edit_session(Time="16:00")

    system.live(until=system.now + timedelta(hours=1))

    assert [system.kinds(name)[-1] for name in ("ann", "ben")] == ["changed", "changed"]
