"""Tests: unit opens no socket, integration speaks to Azurite, contract compares fakes with the real thing, e2e runs it all."""
