"""A minimal client of FakeTwilio's in-process transport: takes paths and pairs, returns status and JSON."""

from __future__ import annotations

import base64
from typing import Any
from xml.etree import ElementTree

from twilio_orm.http.messages import Request, Response
from twilio_orm.schema.formats import target
from twilio_orm.testing import FakeTwilio

Pairs = dict[str, Any]


def flat(values: Pairs) -> list[tuple[str, str]]:
    out = []
    for name, value in values.items():
        out += [(name, str(one)) for one in (value if isinstance(value, list) else [value])]
    return out


def problem(body: bytes) -> dict[str, Any]:
    """The fields of an error in XML, as those of JSON."""
    document = ElementTree.fromstring(body)
    assert (document.tag, [one.tag for one in document]) == ("TwilioResponse", ["RestException"])
    names = {"Code": "code", "Message": "message", "MoreInfo": "more_info", "Status": "status"}
    found = {names[one.tag]: one.text for one in document[0]}
    return {name: int(str(text)) if name in ("code", "status") else text for name, text in found.items()}


class Api:
    def __init__(self, fake: FakeTwilio, user: str | None = None, secret: str | None = None) -> None:
        self.fake = fake
        self.user = user or fake.account_sid
        self.account = self.user if self.user.startswith("AC") else fake.account_sid
        pair = f"{self.user}:{secret or fake.auth_token}".encode()
        self.headers = (("Authorization", "Basic " + base64.b64encode(pair).decode()),)

    def path(self, path: str) -> str:
        if path.startswith("/2010-04-01"):
            return path
        root = "/2010-04-01/Accounts"
        return f"{root}.json" if path == "" else f"{root}/{path if path.startswith('AC') else f'{self.account}/{path}'}"

    def raw(self, method: str, path: str, query: Pairs | None = None, form: Pairs | None = None) -> Response:
        where = self.path(path)
        where = target(where, flat(query)) if query else where
        return self.fake.send(Request(method, where, tuple(flat(form or {})), self.headers))

    def __call__(self, method: str, path: str, query: Pairs | None = None, form: Pairs | None = None) -> tuple[int, Any]:
        response = self.raw(method, path, query, form)
        if response.body.startswith(b"<?xml"):
            return response.status, problem(response.body)
        return response.status, response.json() if response.body else None

    def get(self, path: str, **query: Any) -> Any:
        status, body = self("GET", path, query)
        assert status == 200, body
        return body

    def post(self, path: str, **form: Any) -> Any:
        status, body = self("POST", path, None, form)
        assert status in (200, 201, 202), body
        return body

    def code(self, method: str, path: str, query: Pairs | None = None, form: Pairs | None = None) -> tuple[int, int]:
        status, body = self(method, path, query, form)
        assert set(body) == {"code", "message", "more_info", "status"}
        return status, body["code"]

    def every(self, path: str, key: str, query: Pairs | None = None) -> list[Any]:
        """Return all records of a list, page by page."""
        rows, seen = [], set()
        at: str | None = target(self.path(path), flat(query or {}))
        while at:
            assert at not in seen
            seen.add(at)
            page = self.get(at)
            rows += page[key]
            at = page["next_page_uri"]
        return rows
