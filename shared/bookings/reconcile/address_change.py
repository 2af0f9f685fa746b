"""An address that an administrator corrected in a row: another mailbox, which knows nothing of the booking yet."""

from collections.abc import Mapping
from dataclasses import replace

from shared.bookings.model.attendee import Attendee
from shared.bookings.model.generation import address_since, first_unused_generation, next_generation
from shared.mail.log_rows import MailLogEntry


def note_address_change(before: Attendee, edited: Attendee, log: Mapping[str, MailLogEntry]) -> Attendee:
    """The attendee `edited` in a generation of which nobody was sent anything, if the address of `before` changed.

    An address that is another person's on the same roster is not noted: nothing is sent until it is corrected.
    """
    if before.same_person or not before.known_email or before.email == before.known_email:
        return edited
    begun = replace(edited, generation=max(edited.generation, next_generation(before)))
    # A row that someone saved as it was long ago has an old generation, and the later ones were sent to others.
    unsent = first_unused_generation(begun, lambda generation: _is_sent(log, before.key, generation))
    return replace(unsent, address_since=address_since(before, before.email, unsent.generation))


def _is_sent(log: Mapping[str, MailLogEntry], key: str, generation: int) -> bool:
    return any(mail_id.startswith(f"{key}-{generation}-") for mail_id in log)
