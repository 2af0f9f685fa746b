"""Messages that failed too often, the daily copies, and the command that puts back what was lost."""

from collections.abc import Callable
from datetime import timedelta

from local.commands.restore import restore
from local.restore.account import Account
from shared.bookings.model.email_ids import MailKind
from tests.integration.faults.flows import bookings
from tests.integration.faults.flows.attendee_emails import confirmation, is_sent, named
from tests.integration.faults.flows.flow import Flow, Tables, referral_state, state
from tests.integration.faults.flows.referrals import forwarded, is_forwarded, referred
from tests.integration.faults.installation import Facts, Installation, Prepare


def _poison(function: str) -> Callable[[Installation, Facts], None]:
    def act(app: Installation, _: Facts) -> None:
        app.deliver(app.queue[0], function)

    return act


def _lost(before: Prepare, *tables: str) -> Prepare:
    """The rows of these tables are gone, and there is a copy of them."""

    def prepare(app: Installation) -> Facts:
        app.reach(before)
        app.run_timer("back_up")
        stored = app.storage.read()
        for table in tables:
            for partition, key in stored[table]:
                app.storage.delete(table, partition, key)
        app.now += timedelta(minutes=5)
        return {}

    return prepare


def _restore(account: str) -> Callable[[Installation, Facts], None]:
    def act(app: Installation, _: Facts) -> None:
        restore(Account.of(app.settings[account], lambda: app.now), "2023-09-01", write=True)

    return act


def _is_copied(tables: Tables, _: Facts) -> bool:
    return sum(name.endswith("/complete.json") for _, name in tables["copies"]) == len(("bookings", "referrals"))


def _is_referral_back(tables: Tables, _: Facts) -> bool:
    return referral_state(tables) == "sent" and bool(tables["SealedReferrals"])


COPIES = {
    "poison: email": Flow("mail_failed", named(confirmation, MailKind.CONFIRMATION), _poison("mail_failed"), is_sent),
    "poison: referral": Flow("referral_failed", referred, _poison("referral_failed"), is_forwarded),
    "back up": Flow("back_up", bookings.waiting, lambda app, _: app.run_timer("back_up"), _is_copied, goes_on=False),
    "restore bookings": Flow(
        "",
        _lost(bookings.waiting, "Bookings"),
        _restore("BOOKINGS_STORAGE"),
        lambda t, _: state(t, "cem") == "waiting",
        goes_on=False,
    ),
    "restore referrals": Flow(
        "",
        _lost(forwarded, "Referrals"),
        _restore("REFERRALS_STORAGE"),
        _is_referral_back,
        goes_on=False,
    ),
}
