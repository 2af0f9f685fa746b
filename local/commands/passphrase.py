"""`python dev.py passphrase`: prints the hash that the service keeps of the provider's passphrase."""

import getpass
import secrets
import sys

from shared.passphrase import PassphraseHash
from shared.references import ALPHABET

_GROUPS, _GROUP = 5, 4  # 22 ** 20 is some 2 ** 89 possibilities


def main() -> int:
    """Returns the exit code: 1 if the passphrase is too short."""
    typed = getpass.getpass("Passphrase of at least 20 characters, such as five words (leave empty to generate one): ")
    passphrase = typed or new_passphrase()
    try:
        made = PassphraseHash.of(passphrase)
    except ValueError as error:
        print(f"The passphrase {error}.", file=sys.stderr)
        return 1
    if not typed:
        print(f"Tell the provider by phone, never by email: {passphrase}")
    print(f"REFERRAL_PASSPHRASE={made}")
    return 0


def new_passphrase() -> str:
    """Five groups of four characters that cannot be mistaken for each other on the phone."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


if __name__ == "__main__":
    sys.exit(main())
