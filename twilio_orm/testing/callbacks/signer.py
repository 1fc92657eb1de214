"""Signs callbacks as Twilio does. Pure.

The text that is signed is the URL as it is requested and, for a form, each name and value in the order of the names.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

HEADER = "X-Twilio-Signature"
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"


@dataclass(frozen=True)
class SharedKey:
    """A shared key that signs callbacks instead of the auth token, with HMAC-SHA256.

    :param id: its name, which the request shows.
    :param secret: what signs; not shown in the repr.
    """

    id: str
    secret: str = field(repr=False)


def sign(url: str, form: Iterable[tuple[str, str]], auth_token: str, shared_key: SharedKey | None = None) -> dict[str, str]:
    """Return the headers that sign a request.

    :param url: the URL as it is requested, with its query.
    :param form: the names and values of the form; none for a GET.
    :param auth_token: the auth token of the account that owns the resource.
    :param shared_key: the key that signs instead of it.
    """
    text = url + "".join(name + value for name, value in sorted(set(form)))
    if shared_key is None:
        return {HEADER: _hmac(auth_token, text, "sha1")}
    settings = f"key={shared_key.id},algorithm=HMAC_SHA256"
    return {HEADER: _hmac(shared_key.secret, text, "sha256"), SETTINGS_HEADER: settings}


def _hmac(key: str, text: str, algorithm: str) -> str:
    code = hmac.new(key.encode(), text.encode(), algorithm).hexdigest()
    return base64.b64encode(bytes.fromhex(code)).decode("ascii")
