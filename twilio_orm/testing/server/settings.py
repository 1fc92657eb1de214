"""The settings of the simulation that a test may change while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass
class Settings:
    """How the simulation answers, where Twilio's behaviour differs, is undocumented, or has changed.

    :param strict: whether unknown parameters are errors (400/20001); if not, they are ignored as Twilio does. Both are listed
        in ``violations``.
    :param date_bounds: how ``X<`` and ``X>`` of date filters are read: ``documented``, ``before``, ``midnight`` or
        ``inclusive``.
    :param conferences_all: whether a list of conferences without ``Status`` shows all of them, as Twilio did before, and not
        only those in progress.
    :param deletion_hides: whether a record that is removed between two pages hides another one from the second page.
    :param retention: for how many days records are kept, by the names of their tables.
    :param list_lag: for how long lists do not show a record that a request created.
    :param usage_page_limit: the largest ``PageSize`` of usage lists; above it they answer 500/20500. None for no limit.
    :param legacy: whether to serve endpoints that left the documentation.
    """

    strict: bool = True
    date_bounds: str = "documented"
    conferences_all: bool = False
    deletion_hides: bool = False
    retention: dict[str, int] = field(default_factory=dict)
    list_lag: timedelta = timedelta(0)
    usage_page_limit: int | None = None
    legacy: bool = False

    @property
    def message_days(self) -> int | None:
        """For how many days messages are kept; None for ever."""
        return self.retention.get("messages")

    @message_days.setter
    def message_days(self, days: int | None) -> None:
        self.retention.pop("messages", None)
        self.retention.update({} if days is None else {"messages": days})
