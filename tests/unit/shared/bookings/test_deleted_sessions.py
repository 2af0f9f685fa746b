"""A session row that somebody deletes does not take its attendees with it."""

from datetime import timedelta

from tests.builders import london, session_cells
from tests.unit.shared.bookings.booking_system import House


def deleted(house: House, session_id: str = "s1") -> None:
    row = house.session_row(session_id)
    del house.sessions.rows[(row.partition, row.key)]


def house_with(*names: str) -> House:
    house = House()
    for name in names:
        house.book(name)
    house.tick()
    return house


def test_for_a_day_nobody_is_told_because_it_may_have_been_a_slip() -> None:
    house = house_with("ann")
    deleted(house)
    house.live(until=house.now + timedelta(hours=23, minutes=55))

    assert house.kinds("ann") == ["booked"]


def test_after_a_day_everybody_is_told_once_that_it_is_cancelled() -> None:
    house = house_with("ann", "ben")
    deleted(house)
    house.live(until=house.now + timedelta(hours=25))

    for name in ("ann", "ben"):
        assert house.kinds(name) == ["booked", "cancelled"]
        assert "Friday 8 September 2023, 3pm" in house.mails(name)[1].text


def test_they_are_told_before_it_would_have_started() -> None:
    house = house_with("ann")
    house.at(london("2023-09-08 12:00"))
    house.tick()
    deleted(house)
    house.live(until=london("2023-09-08 16:30"))

    assert house.kinds("ann") == ["booked", "reminder", "cancelled"]


def test_a_row_that_is_put_back_in_time_goes_on_as_if_nothing_had_been() -> None:
    house = house_with("ann")
    kept = house.session_row().cells
    deleted(house)
    house.live(until=house.now + timedelta(hours=3))
    house.sessions.put(kept)
    house.live(until=london("2023-09-08 15:00"))

    assert house.kinds("ann") == ["booked", "reminder", "reminder"]


def test_a_row_that_nobody_had_booked_is_forgotten() -> None:
    house = House()
    house.tick()
    deleted(house)
    house.tick()

    assert house.service.query(PartitionKey="service") == []


def test_another_session_is_not_touched() -> None:
    house = house_with("ann")
    house.add_session(**session_cells(RowKey="s2", Date="2023-10-03"))
    house.book("ben", "s2")
    house.tick()
    deleted(house)
    house.live(until=house.now + timedelta(hours=30))

    assert house.kinds("ben") == ["booked"]


def test_a_row_that_is_put_back_with_another_time_is_told_to_everybody() -> None:
    house = house_with("ann")
    deleted(house)
    house.pass_time(minutes=5)
    house.tick()
    house.add_session(Time="17:00")
    house.live(until=house.now + timedelta(minutes=30))

    assert house.kinds("ann") == ["booked", "changed"]
    assert "5pm to 6:15pm" in house.mails("ann")[1].text


def test_who_was_told_that_it_is_cancelled_hears_that_it_takes_place_after_all() -> None:
    house = house_with("ann")
    deleted(house)
    house.live(until=house.now + timedelta(hours=26))
    house.add_session()
    house.live(until=house.now + timedelta(minutes=30))
    house.edit_session(Time="17:00")
    house.live(until=house.now + timedelta(minutes=30))

    assert house.kinds("ann") == ["booked", "cancelled", "changed", "changed"]
    assert "The session takes place after all" in house.mails("ann")[2].text


def test_the_link_opens_while_the_row_is_missing_and_the_place_can_be_given_up() -> None:
    house = house_with("ann")
    token = house.token("ann")
    deleted(house)
    house.tick()

    assert house.managing().look(token, house.now).attendee.name == "Ann"
    assert not house.managing().cancel(token, house.now).already


def test_a_row_put_back_at_another_time_before_anybody_noticed_is_news_even_if_somebody_books_it_first() -> None:
    house = house_with("ann")
    deleted(house)
    house.sessions.insert(session_cells(Time="16:00"))
    house.book("ben")
    house.live(until=house.now + timedelta(hours=1))

    assert house.kinds("ann") == ["booked", "changed"]
    assert "4pm" in house.mails("ann")[1].text


def test_a_row_put_back_as_it_was_is_no_news_even_if_somebody_books_it_first() -> None:
    house = house_with("ann")
    deleted(house)
    house.sessions.insert(session_cells())
    house.book("ben")
    house.live(until=house.now + timedelta(hours=1))

    assert (house.kinds("ann"), house.kinds("ben")) == (["booked"], ["booked"])
