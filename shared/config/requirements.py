"""Settings that are required or forbidden because of others: the role of the app, its content file, another setting."""

from collections.abc import Collection, Iterable, Mapping

from shared.config.choices import Delivery, MailService, Role, Support

WORKER_NEEDS = ("MAIL_SERVICE", "REFERRAL_RECIPIENT", "REFERRAL_DELIVERY")
"""Required by the app that sends email."""

PUBLIC_KEY = "REFERRAL_PUBLIC_KEY"
"""Required by both apps: the one seals with it, the other proves that it can open what is sealed with it."""

PROVIDER_KEYS = "REFERRAL_PROVIDER_KEYS"
"""Required in its place with REFERRAL_DELIVERY=sealed, by the app that seals: the other opens nothing."""

MAIL_NEEDS: Mapping[str, tuple[str, ...]] = {
    MailService.ACS: ("EMAIL_ENDPOINT",),
    MailService.NOTIFY: ("NOTIFY_API_KEY", "NOTIFY_TEMPLATE_ID", "NOTIFY_CALLBACK_TOKEN"),
}
"""Required beside them by each email service."""

INTAKE_NEEDS = ("REFERRAL_KEY", PUBLIC_KEY)
"""Required by the app that takes referrals."""

SHARED_KEY = "needs a key of its own: the web app has LINK_KEY, and must not be able to make the provider's links"

NOT_SEALED = "is for REFERRAL_DELIVERY=sealed: with any other, the worker could open what is sealed"

NOT_INLINE = (
    "must be link or sealed with MAIL_SERVICE=notify: answers in an email could be read at GOV.UK Notify for "
    "days by whoever has a key or sees its dashboard, and it cannot be made to encrypt an email on its way"
)

_PROVIDER_NEEDS = {
    "PROVIDER_LINK_KEY": "missing: it signs the links in emails to the provider",
    "COLLECT_URL": "missing: every email to the provider has a link to the worker app, whatever REFERRAL_DELIVERY is",
}
_OPENS_REFERRALS = ("REFERRAL_PRIVATE_KEY", "REFERRAL_VAULT_KEY")
_STORAGES = ("BOOKINGS_STORAGE", "REFERRALS_STORAGE")


def missing_settings(given: Mapping[str, str], offered: Collection[Support] = frozenset(Support)) -> dict[str, str]:
    """Returns the settings that are missing beside those `given`, each with its problem.

    Those of one-to-one sessions are needed only where they are among the kinds of support `offered`.
    """
    found: dict[str, str] = {}
    role = given.get("SERVICE_ROLE")
    if Support.ONE_TO_ONE not in offered:
        found |= _missing_of_storage(_STORAGES[0], given)
        return found if role == Role.WEB else found | _missing_of_sender(given, _STORAGES[:1])
    for storage in _STORAGES:
        found |= _missing_of_storage(storage, given)
    found |= {name: "missing" for name in ("REFERRAL_MAC_KEY",) if name not in given}
    found |= {name: "missing" for name in _needs_to_seal(role, is_sealed=_is_sealed(given)) if name not in given}
    return found if role == Role.WEB else found | _missing_of_worker(given)


def refused_settings(given: Mapping[str, str]) -> dict[str, str]:
    """Returns the settings that those `given` beside them forbid, each with its problem."""
    by_notify = given.get("MAIL_SERVICE") == MailService.NOTIFY
    is_inline = given.get("REFERRAL_DELIVERY") == Delivery.INLINE
    found = {"REFERRAL_DELIVERY": NOT_INLINE} if by_notify and is_inline else {}
    return found | {PROVIDER_KEYS: NOT_SEALED} if PROVIDER_KEYS in given and not _is_sealed(given) else found


def _is_sealed(given: Mapping[str, str]) -> bool:
    return given.get("REFERRAL_DELIVERY") == Delivery.SEALED


def _needs_to_seal(role: str | None, *, is_sealed: bool) -> tuple[str, ...]:
    if role == Role.WORKER:
        return () if is_sealed else (PUBLIC_KEY,)
    return tuple(PROVIDER_KEYS if is_sealed and name == PUBLIC_KEY else name for name in INTAKE_NEEDS)


def _missing_of_sender(given: Mapping[str, str], storages: Iterable[str]) -> dict[str, str]:
    """Returns what is missing to send email and to back up these storage accounts."""
    blobs = {
        f"{name}__blobServiceUri": "missing: the worker keeps its backups there"
        for name in storages
        if name not in given and f"{name}__blobServiceUri" not in given and f"{name}__tableServiceUri" in given
    }
    named = ("MAIL_SERVICE", *MAIL_NEEDS.get(given.get("MAIL_SERVICE", ""), ()))
    return blobs | {name: "missing" for name in named if name not in given}


def _missing_of_worker(given: Mapping[str, str]) -> dict[str, str]:
    is_link = given.get("REFERRAL_DELIVERY") == Delivery.LINK
    named = [*WORKER_NEEDS, *(["REFERRAL_PASSPHRASE"] if is_link else [])]
    needs = dict.fromkeys(named, "missing") | _PROVIDER_NEEDS
    found = _missing_of_sender(given, _STORAGES) | {name: why for name, why in needs.items() if name not in given}
    key, vault = _OPENS_REFERRALS
    return found if _is_sealed(given) or key in given or vault in given else found | {key: f"missing (or {vault})"}


def _missing_of_storage(name: str, given: Mapping[str, str]) -> dict[str, str]:
    # This code uses the table endpoint and the platform's bindings the queue endpoint: either alone is not enough.
    endpoints = (f"{name}__tableServiceUri", f"{name}__queueServiceUri")
    if name in given or all(endpoint in given for endpoint in endpoints):
        return {}
    if not any(endpoint in given for endpoint in endpoints):
        return {name: f"missing (or {' and '.join(endpoints)})"}
    return {endpoint: "missing" for endpoint in endpoints if endpoint not in given}
