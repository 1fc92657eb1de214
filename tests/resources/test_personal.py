"""What Twilio's document marks as personal is marked so here, and nothing else."""

from __future__ import annotations

import pytest
from document import DOCUMENT, operations, resolved

import twilio_orm

OURS = {
    ("CallEvent", "request"), ("CallEvent", "response"), ("Transcription", "transcription_text"),  # sensitive, whatever it marks
    # The document marks the names of the same lists on their newer paths only.
    ("SipCredentialListMapping", "friendly_name"), ("SipIpAccessControlListMapping", "friendly_name"),
}  # fmt: skip


def marked() -> set[tuple[str, str]]:
    """The fields that the document marks ``pii``, by our names."""
    found = set()
    for operation in operations():
        model = twilio_orm.resources()[operation.home.model]
        for name, schema in operation.schema().get("properties", {}).items():
            known = next((one for one in (name, f"{name}_") if one in model.api_schema.columns), "")
            said = {**resolved(schema).get("x-twilio", {}), **schema.get("x-twilio", {})}
            if "pii" in said and known:
                found.add((model.__name__, known))
    return found


def test_the_marks_are_those_of_the_document() -> None:
    if not DOCUMENT.exists():
        pytest.skip("Twilio's document is not here")
    ours = {
        (name, field)
        for name, model in twilio_orm.resources().items()
        for field, column in model.api_schema.columns.items()
        if column.personal
    }
    assert ours - OURS <= marked() <= ours
    assert ours >= OURS
    assert len(ours) > 30


def test_what_is_personal_is_never_part_of_a_key() -> None:
    for model in twilio_orm.resources().values():
        schema = model.api_schema
        if schema.mirrored:
            assert not [name for name in schema.key if schema.columns[name].personal]
