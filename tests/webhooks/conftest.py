"""The fixture of the tests of webhooks."""

from __future__ import annotations

import pytest
from receiving import Store


@pytest.fixture
def store() -> Store:
    """A function in place of the one that stores callbacks."""
    return Store()
