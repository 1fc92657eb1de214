"""A change of a row, and a callback that tells a receiver of it, as values. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ..definitions.times import rfc2822

if TYPE_CHECKING:
    from ..world.table import Row
    from ..world.values import Payload
    from .requests import CallbackReply, Pairs
    from .urls import Target


@dataclass(frozen=True)
class Change:
    """One change of a row.

    :param what: ``added``, ``changed`` or ``removed``; ``received``, ``redirected`` or ``entered`` for what changes no field.
    :param row: the row.
    :param before: its payload before, empty for a new one; of a call that was redirected, the parameters of the request.
    :param after: its payload after.
    :param at: when, by the simulated clock.
    """

    what: str
    row: Row
    before: Payload
    after: Payload
    at: datetime

    def becomes(self, field_name: str) -> bool:
        """Tell whether the change gave a field another value."""
        return self.before.get(field_name) != self.after.get(field_name)


@dataclass(frozen=True)
class Callback:
    """One event that a receiver is to learn of.

    :param event: its name, such as ``message-status`` or ``participant-join``.
    :param account: the SID of the account that owns the resource and whose auth token signs.
    :param sid: the SID of the record.
    :param target: where it goes.
    :param parameters: its parameters.
    :param at: when it happened.
    :param answer: what carries out the reply, TwiML, to the request of a URL; None if the reply says nothing.
    :param in_time: whether the simulation waits for the reply, so that the callback is neither delayed nor lost.
    :param reply: the reply, if it is known without a request.
    """

    event: str
    account: str
    sid: str
    target: Target = field(repr=False)
    parameters: Pairs = field(repr=False)
    at: datetime
    answer: Callable[[CallbackReply, str], None] | None = field(default=None, repr=False)
    in_time: bool = False
    reply: CallbackReply | None = field(default=None, repr=False)


def pairs(*groups: dict[str, object]) -> Pairs:
    """Return parameters as a form has them: None is no parameter, a bool is ``true`` or ``false``, a datetime RFC 2822."""
    return tuple((name, _text(value)) for group in groups for name, value in group.items() if value is not None)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return rfc2822(value) if isinstance(value, datetime) else str(value)
