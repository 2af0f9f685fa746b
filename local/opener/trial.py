"""A made-up referral that is sealed to the provider's public keys, to be opened with each key before they are used."""

import json
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from local.paths import ROOT
from shared.local_time import local_day
from shared.references import reference
from shared.referrals.model import Referral, ReferralState
from shared.referrals.provider_sealing.referral_file import file_name, referral_file
from shared.referrals.provider_sealing.sealer import ProviderSealer

_RECORD = ROOT / "local" / "opener" / "trial.json"


def write_trial(public_keys: Path, folder: Path, now: datetime) -> Path:
    """Writes the file into the folder, under a reference of chance.

    Args:
        public_keys: the file that the opener saves, a JSON Web Key Set.
        folder: where to put it; made if need be.
        now: UTC.

    Raises:
        OSError: the file of keys cannot be read.
        ValueError: it is no set of two different public RSA keys or more.
    """
    sealer = ProviderSealer(_keys(public_keys.read_text("utf-8")))
    name = reference(secrets.token_bytes(32), "trial")
    day = local_day(now)
    referral = Referral(
        reference=name, state=ReferralState.RECEIVED, received_on=day, consent_version="trial", submission=""
    )
    target = folder / file_name(name)
    folder.mkdir(parents=True, exist_ok=True)
    target.write_bytes(referral_file(referral, sealer.seal(referral, _RECORD.read_bytes())))
    return target


def _keys(text: str) -> list[dict[str, str]]:
    try:
        found = json.loads(text)
    except RecursionError:
        found = None
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or not all(map(_is_texts, keys)):
        raise ValueError("needs a JSON Web Key Set, as the opener saves it")
    return keys


def _is_texts(jwk: Any) -> bool:
    return isinstance(jwk, dict) and all(isinstance(each, str) for each in jwk.values())
