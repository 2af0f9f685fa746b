"""Links to whose end email programmes and people left something stuck: they open the same page."""

import base64
import re
import string
from typing import Any

import azure.functions as func
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.web.links import token_in
from functions.web.opaque_tokens import OpaqueToken
from shared.signing import Signer
from tests.builders import MORNING
from tests.nightly import NIGHTLY_EXAMPLES
from tests.registered_functions import FUNCTIONS
from tests.unit.functions import http_requests
from tests.unit.functions.app_with_links import AppWithLinks
from tests.unit.functions.bookings.test_steps import ANSWERS
