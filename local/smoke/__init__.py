"""Tests of a running installation, from outside: what a visitor sees and does, each within its time."""
