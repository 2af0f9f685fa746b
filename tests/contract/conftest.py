"""Contract tests speak to the same Azurite as the integration tests do."""

from tests.integration.conftest import azurite

__all__ = ["azurite"]
