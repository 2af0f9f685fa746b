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

The links of earlier emails die with their generation: `ManageLinks` signs it, and opens none of another one.
"""

from collections.abc import Callable
from dataclasses import replace

from shared.bookings.model.attendee import Attendee


def next_generation(attendee: Attendee) -> int:
    """The generation after this one: nothing that was sent before is about the booking any more."""
    return attendee.generation + 1


def first_unused_generation(attendee: Attendee, is_used: Callable[[int], bool]) -> Attendee:
    """The attendee in the first generation from theirs on of which the email log does not say that it is used."""
    generation = attendee.generation
    while is_used(generation):
        generation += 1
    return attendee if generation == attendee.generation else replace(attendee, generation=generation)
