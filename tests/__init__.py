"""Tests: units open no socket, contracts hold fakes to the real thing, integration uses Azurite, e2e runs it all."""
