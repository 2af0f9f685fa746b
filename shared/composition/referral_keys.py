"""The keys of referrals, each built on first use: what seals and signs, and the proof that what is sealed opens."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property

from shared.composition import azure_clients
from shared.composition.context import AppContext
from shared.config.requirements import PUBLIC_KEY
from shared.config.settings import Role, SettingsError
from shared.local_time import Clock
from shared.referrals.errors import KeyNotProvenError
from shared.referrals.intake.mac_migration import MacMigration
from shared.referrals.key_proofs.key_prover import KeyProver
from shared.referrals.key_proofs.key_readiness import KeyReadiness
from shared.referrals.key_proofs.proof_rows import KeyProofs, ProofMac, thumbprint
from shared.referrals.model import Referral
from shared.referrals.provider_sealing.sealed_row import to_sealed
from shared.referrals.provider_sealing.sealer import ProviderSealer
from shared.referrals.repository import ReferralRepository
from shared.referrals.row_mac import RowMac
from shared.referrals.sealed_answers import Sealed
from shared.referrals.sealing import Sealer, unseal


class ReferralKeys:
    """The worker's prover, the readiness that the app which takes referrals asks for, and the MACs of rows."""

    def __init__(self, context: AppContext, clock: Clock) -> None:
        self._context = context
        self._settings = context.settings
        self._clock = clock

    @cached_property
    def prover(self) -> KeyProver:
        unwrapper = azure_clients.unwrapper(self._settings)
        seals = {key: sealer.seal for key, sealer in self._sealers.items()}
        return KeyProver(self._proofs, seals, lambda referral, sealed: unseal(referral, sealed, unwrapper))

    @cached_property
    def readiness(self) -> KeyReadiness:
        prove = self.prover.run if self._settings.role is Role.ALL else None
        return KeyReadiness(self._proofs, tuple(self._sealers), prove)

    @cached_property
    def row_mac(self) -> RowMac:
        """Makes MACs with the key in use and accepts those of before."""
        key, before = self._settings.mac_key, self._settings.referral_mac_key_previous
        secrets = tuple(each.get_secret_value() for each in before)
        return RowMac.of(key.get_secret_value(), secrets, self._settings.referral_mac_migration)

    @cached_property
    def signing_mac(self) -> RowMac:
        """Makes MACs with the key in use alone: the app that takes referrals knows no other."""
        return RowMac.of(self._settings.mac_key.get_secret_value())

    def check_to_send(self, *, opens_links: bool) -> Callable[[Referral, Referral, Sealed, datetime], None]:
        """Returns the check of a row before an email about it goes out.

        `opens_links`: a passphrase opens what was sealed before the provider had keys of its own. Where none does, an
        email about it would lead nowhere, and a person has to look.
        """
        is_alone = self._settings.is_sealed_for_provider and not opens_links
        return self.row_mac.check_for_provider if is_alone else self.row_mac.check

    def mac_migration(self, rows: ReferralRepository) -> MacMigration | None:
        """None if no setting opens its window."""
        return None if self._settings.referral_mac_migration is None else MacMigration(rows, self.row_mac)

    def sealing(self) -> Callable[[Referral, bytes], Sealed]:
        """Returns the function that seals, with the provider's keys or the first that is proven, and signs the row."""
        mac = self.signing_mac
        if self._settings.is_sealed_for_provider:
            sealer = ProviderSealer(self._settings.referral_provider_keys)
            return lambda referral, answers: mac.sign(referral, to_sealed(sealer.seal(referral, answers)))
        return lambda referral, answers: mac.sign(referral, self._seal(referral, answers))

    def _seal(self, referral: Referral, answers: bytes) -> Sealed:
        """Seals with the first key that is proven.

        Raises:
            KeyNotProvenError: no key is.
            UnsealError: what was sealed does not open.
        """
        key = self.readiness.usable(self._clock())
        if key is None:
            raise KeyNotProvenError("no key is proven")
        return self._sealers[key].seal(referral, answers)

    @cached_property
    def _sealers(self) -> dict[str, Sealer]:
        """By thumbprint, the key in use first; none where the provider's keys are in use."""
        if self._settings.is_sealed_for_provider:
            return {}
        current, previous = self._settings.referral_public_key, self._settings.referral_public_key_previous
        if current is None:
            raise SettingsError({PUBLIC_KEY: "required by both apps"})
        return {thumbprint(key): Sealer(key) for key in (current, previous) if key is not None}

    @cached_property
    def _proofs(self) -> KeyProofs:
        settings = self._settings
        # The worker signs with each, because the web app is given a new key after it.
        before = () if settings.role is Role.WEB else settings.referral_mac_key_previous
        secrets = [each.get_secret_value() for each in (settings.mac_key, *before)]
        return KeyProofs(self._context.referral_tables("ReferralService"), ProofMac.of(*secrets))
