"""`/health`: everything that is wrong is told by name, and nothing of what was set."""

import json
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import functions.health
import shared.bootstrap
from functions.health import bp
from shared.content import Content, load_content
from shared.rows import Row, StorageUnavailableError
from shared.service_rows import Heartbeat
from tests.builders import MORNING, ROOT
from tests.fakes import FakeTable
from tests.unit.functions.requests import get

[HEALTH] = [function.get_user_function() for function in bp.build_functions()] if False else [None]
