"""The fixture of the tests of webhooks."""

from __future__ import annotations

import pytest
from receiving import Store
from sending import MODELS

from twilio_orm import Account, Participant, connecting


@pytest.fixture
def store() -> Store:
    """A function in place of the one that stores callbacks."""
    return Store()


@pytest.fixture
def _few_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mirrors that this process makes have the tables of webhooks only."""
    monkeypatch.setattr(connecting, "SCHEMAS", [model.api_schema for model in (*MODELS, Account, Participant)])
