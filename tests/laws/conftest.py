"""What several laws begin with."""

from __future__ import annotations

import pytest
from asking import OWN

import twilio_orm
from twilio_orm import connecting


@pytest.fixture
def few_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mirrors hold the resources that questions are about and no others: to make all tables takes longer than most answers."""
    monkeypatch.setattr(connecting, "SCHEMAS", [getattr(twilio_orm, name).api_schema for name in (*OWN, "UsageRecord")])
