"""What the mail service reports of a mail that it took: which one, and what became of it. The recipient is left out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Receipt:
    """One delivery report. `status` in small letters; `at` is when delivery was tried (UTC), None where it is not said.

    Statuses: delivered, expanded (to the members of a list: not the end), failed, bounced, suppressed, quarantined,
    filteredspam.
    """

    operation_id: UUID
    status: str
    at: datetime | None = None
