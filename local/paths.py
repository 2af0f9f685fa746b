"""Paths of a local run."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local"
NODE = STATE / "node"
VENV = ROOT / ".venv"
EXAMPLE_SESSIONS = ROOT / "local" / "sessions.csv"
RUNNING = "running.json"  # in the folder of state: the addresses of the latest run
