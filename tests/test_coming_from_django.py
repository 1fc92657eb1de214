"""Every public name of Django's QuerySet and Manager is there, or refused by a sentence that names ours; and on the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import twilio_orm
from twilio_orm import Call, Connection, QuerySet
from twilio_orm.orm.other_names import INSTEAD

manager = pytest.importorskip("django.db.models.manager")
query = pytest.importorskip("django.db.models.query")

NAMES = sorted({name for kind in (query.QuerySet, manager.Manager) for name in dir(kind) if not name.startswith("_")})
PAGE = (Path(twilio_orm.__file__).parent / "docs/guide/coming-from-django.md").read_text()
PEEWEES = {"alias", "raw", "bulk_create", "bulk_update", "update", "delete"}
"""Names that are peewee's on the class."""


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_django_is_there_or_refused(name: str, connection: Connection) -> None:
    """On query sets and on the class, which is the manager."""
    assert connection
    if hasattr(QuerySet, name) or name in vars(Call.all()):
        assert name not in INSTEAD
        assert hasattr(Call, name) or name in {"query", "ordered"}
        return
    for subject in (Call.all(), Call.objects, *([Call] if name not in PEEWEES else [])):
        with pytest.raises(AttributeError, match=rf"has no {name}\(\): .*\w+") as raised:
            getattr(subject, name)
        assert re.search(r"\w+\(|objects is all|update_or_create|Q objects", str(raised.value)), "it names no method of ours"


@pytest.mark.parametrize("name", NAMES)
def test_the_page_says_what_became_of_it(name: str) -> None:
    assert re.search(rf"`{name}\b", PAGE), f"{name} is not on the page"
