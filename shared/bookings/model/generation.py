"""The generation of a booking: the part of its email ids that makes the same kind of email news again.

The row of a booking keeps its key for as long as the person and the session are the same, and each email is sent once
for each key and generation. So the generation rises whenever what was sent before no longer counts:

1. The person books again after a cancellation: the new booking gets emails and links of its own (`next_generation`).
2. An administrator writes a live state over `cancelled`: as if the person had booked again (`next_generation`).
3. An administrator corrects the address: the other mailbox knows nothing yet (`next_generation`).
4. The row was deleted and the person booked anew, so that it starts at 1: what the email log holds from before the
   booking belongs to the earlier row (`first_unused_generation`).
5. An administrator writes a state that is less than what the person was told, such as `waiting` over `confirmed`: when
   they are given the place, they are told once more (`first_unused_generation`).
6. The email came back, as many of its domain did, and is sent once more (`next_generation`).

`ManageLinks` signs the generation into the links of emails. A link opens the booking as it stands now, whatever was
booked, cancelled or confirmed since, as long as the booking is the same person's: its generation is the present one or
an earlier one, and not before `address_since`, in which the row got its present address. So nobody opens by an old link
what is now at another mailbox: not after an administrator changed the address, not in the minutes until the schedule
has noted the change, and not where a row was deleted and booked anew, of whose addresses nothing is known.
"""

from collections.abc import Callable
from dataclasses import replace

from shared.bookings.model.attendee import Attendee
from shared.normalised_address import normalised_address


def next_generation(attendee: Attendee) -> int:
    """The generation after this one: nothing that was sent before is about the booking any more."""
    return attendee.generation + 1


def first_unused_generation(attendee: Attendee, is_used: Callable[[int], bool]) -> Attendee:
    """The attendee in the first generation from theirs on of which the email log does not say that it is used."""
    generation = attendee.generation
    while is_used(generation):
        generation += 1
    return attendee if generation == attendee.generation else replace(attendee, generation=generation)


def is_same_person(attendee: Attendee, generation: int) -> bool:
    """True if the booking is now at the mailbox to which the links of that generation were sent."""
    noted = _is_same_mailbox(attendee.known_email or attendee.email, attendee.email)
    return noted and attendee.address_since <= generation <= attendee.generation


def address_since(before: Attendee, address: str, generation: int) -> int:
    """The first generation whose links open the row of `before`, once `generation` has this address."""
    same = all(_is_same_mailbox(known or address, address) for known in (before.email, before.known_email))
    return before.address_since if same else generation


def _is_same_mailbox(one: str, other: str) -> bool:
    return normalised_address(one) == normalised_address(other)
