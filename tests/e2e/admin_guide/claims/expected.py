"""A cell that says what happens, as a whole: the emails that it names are all that anyone gets.

One more is as wrong as one less, to whatever address of the session it goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.e2e.admin_guide.claims.claim import Claim, ExpectedMail
from tests.e2e.admin_guide.claims.email_claims import EMAIL_CLAIMS
from tests.e2e.admin_guide.claims.page_claims import NEWCOMER, PAGE_CLAIMS
from tests.e2e.admin_guide.claims.row_claims import ROW_CLAIMS
from tests.e2e.admin_guide.phrases import Phrases, UnknownPhraseError, sentences
from tests.e2e.admin_guide.service import Mail
from tests.e2e.admin_guide.stage import Stage

CLAIMS: Phrases[Claim] = Phrases([*EMAIL_CLAIMS.known, *ROW_CLAIMS.known, *PAGE_CLAIMS.known])
_NEXT_RUN = timedelta(minutes=6)


@dataclass(frozen=True, slots=True)
class Expected:
    """All that a row says."""

    claims: Sequence[Claim] = field(default_factory=list)

    def seen_now(self, stage: Stage) -> list[str]:
        return [said for claim in self.claims if claim.look and (said := str(claim.look(stage) or ""))]

    def seen_late(self, stage: Stage, steps: Sequence[datetime]) -> list[str]:
        return [said for claim in self.claims if claim.late and (said := str(claim.late(stage, steps) or ""))]

    def mails(self, stage: Stage, steps: Sequence[datetime]) -> list[str]:
        """The differences between the emails since the first of the `steps` and those that the row names."""
        expected = [claim.mail for claim in self.claims if claim.mail]
        named = {stage.address_of(to) for each in expected for to in each.to}
        addresses = (named | stage.addresses_emailed()) - {stage.address(NEWCOMER)}
        return [said for to in sorted(addresses) if (said := _difference(stage, to, expected, steps))]


def expected_of(cell: str) -> Expected:
    """All that a cell says.

    Raises:
        UnknownPhraseError: one of its sentences cannot be tried, or they contradict each other.
    """
    claims = [CLAIMS.understand(sentence) for sentence in sentences(cell)]
    if any(claim.nobody for claim in claims) and any(claim.mail for claim in claims):
        raise UnknownPhraseError(f"nobody is emailed, and someone is: {cell}")
    return Expected(claims)


def _difference(stage: Stage, to: str, expected: Sequence[ExpectedMail], steps: Sequence[datetime]) -> str:
    wanted = [each for each in expected if to in map(stage.address_of, each.to)]
    got = [mail for mail in stage.mails_to(to) if mail.at >= steps[0]]
    if len(wanted) == len(got) and all(map(lambda one, mail: _is_that(one, mail, steps), wanted, got)):
        return ""
    when = [f"{mail.kind} {(mail.at - steps[0]).total_seconds() / 60:.0f} minutes after the first step" for mail in got]
    return f"{to} got {when or 'no email'}"


def _is_that(wanted: ExpectedMail, mail: Mail, steps: Sequence[datetime]) -> bool:
    before = max(step for step in steps if step <= mail.at)
    due = wanted.at or before + wanted.after
    return wanted.kind == mail.kind and timedelta() <= mail.at - due <= _NEXT_RUN
