"""Twilio's OpenAPI document as its operations, and which of our declarations each of them belongs to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parents[2].parent / "shared" / "twilio" / "twilio_api_v2010.json"
KINDS = ("List", "Fetch", "Create", "Update", "Delete")
PAGING = {"Page", "PageSize", "PageToken"}


@dataclass(frozen=True)
class Home:
    """Where the document's resource is declared: the class, the way to it, and the words that select its path."""

    model: str
    parent_path: str = ""
    words: dict[str, str] = field(default_factory=dict)


HOMES = {
    "CallNotification": Home("Notification", "call_sid"),
    "CallRecording": Home("Recording", "call_sid"),
    "ConferenceRecording": Home("Recording", "conference_sid"),
    "RecordingTranscription": Home("Transcription", "recording_sid"),
    "NewKey": Home("Key"),
    "NewSigningKey": Home("SigningKey"),
    **{
        f"IncomingPhoneNumber{tail}": Home("IncomingPhoneNumber", words={"type": kind})
        for tail, kind in (("Local", "local"), ("Mobile", "mobile"), ("TollFree", "toll_free"))
    },
    **{
        f"AvailablePhoneNumber{tail}": Home("AvailablePhoneNumber", words={"type": kind})
        for tail, kind in (
            ("Local", "local"), ("TollFree", "toll_free"), ("Mobile", "mobile"), ("National", "national"),
            ("Voip", "voip"), ("SharedCost", "shared_cost"), ("MachineToMachine", "machine_to_machine"),
        )
    },
    "UsageRecord": Home("UsageRecord", words={"period": "total"}),
    **{
        f"UsageRecord{tail}": Home("UsageRecord", words={"period": period})
        for tail, period in (
            ("AllTime", "all_time"), ("Daily", "daily"), ("LastMonth", "last_month"), ("Monthly", "monthly"),
            ("ThisMonth", "this_month"), ("Today", "today"), ("Yearly", "yearly"), ("Yesterday", "yesterday"),
        )
    },
}  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    id: str
    method: str
    path: str
    query: dict[str, dict[str, Any]]
    form: dict[str, dict[str, Any]]
    required: frozenset[str]
    one_of: list[list[str]]
    content: tuple[str, ...]
    answers: dict[str, Any]

    @property
    def kind(self) -> str:
        return next(kind for kind in KINDS if self.id.startswith(kind))

    @property
    def resource(self) -> str:
        return self.id.removeprefix(self.kind)

    @property
    def home(self) -> Home:
        return HOMES.get(self.resource, Home(self.resource))

    @property
    def places(self) -> list[str]:
        """The path's parameters below the account."""
        return [name for name in re.findall(r"{(\w+)}", self.path) if name != "AccountSid"]

    def examples(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each example response: its name, its body."""
        for status, answer in self.answers.items():
            for media in answer.get("content", {}).values():
                for name, example in media.get("examples", {}).items():
                    yield f"{self.id} {status} {name}", example["value"]

    def schema(self) -> dict[str, Any]:
        """The schema of the body that answers, or of a list's rows."""
        for answer in self.answers.values():
            for media in answer.get("content", {}).values():
                whole = resolved(media["schema"])
                rows = [one for one in whole.get("properties", {}).values() if "items" in one and self.kind == "List"]
                return resolved(rows[0]["items"]) if rows else whole
        return {}


@cache
def document() -> dict[str, Any]:
    return json.loads(DOCUMENT.read_text())  # type: ignore[no-any-return]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema, its reference followed."""
    if "$ref" not in schema:
        return schema
    return document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]  # type: ignore[no-any-return]


def operations() -> list[Operation]:
    """Every operation, in the document's order."""
    found = []
    for path, item in document()["paths"].items():
        for method, one in item.items():
            if not isinstance(one, dict) or "operationId" not in one:
                continue
            body = one.get("requestBody", {}).get("content", {})
            schema: dict[str, Any] = next(iter(body.values()))["schema"] if body else {}
            found.append(
                Operation(
                    one["operationId"], method.upper(), path,
                    {each["name"]: each["schema"] for each in one.get("parameters", []) if each["in"] == "query"},
                    schema.get("properties", {}), frozenset(schema.get("required", ())),
                    one.get("x-twilio", {}).get("conditional", []), tuple(body), one["responses"],
                )
            )  # fmt: skip
    return found
