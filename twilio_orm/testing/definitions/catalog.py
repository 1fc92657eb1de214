"""What each resource looks like on the wire, a row each; says nothing of how it behaves.

Written from Twilio's documentation in the wire's own words, and deliberately not derived from the library's
models: two witnesses must not repeat one mistake. A resource that needs no behaviour of its own is served
from its row alone. The rows are in :mod:`.views`, the language they are written in is explained in :mod:`.language`.
"""

from __future__ import annotations

from .endpoint import View
from .endpoints import accounts, legacy, messaging, numbers, sip, voice
from .endpoints import live_calls as live

VERSION = "2010-04-01"
ACCOUNTS = accounts.ACCOUNTS
VIEWS: tuple[View, ...] = (
    *accounts.VIEWS, *voice.VIEWS, *live.VIEWS, *messaging.VIEWS, *numbers.VIEWS, *sip.VIEWS, *legacy.VIEWS,
)  # fmt: skip


def home(shelf: str) -> View:
    """The view that owns a shelf: the first one that shows it, whose defaults and order are its rows'."""
    return _HOMES[shelf]


def shelf_of(view: View) -> str:
    """The name of the shelf that a view shows."""
    return view.shelf or view.key


def parents_of(view: View) -> dict[str, View]:
    """The names in a view's path -> the lists that they are instances of."""
    parts = view.segments
    return {part[1:-1]: _LISTS["/".join(parts[:at])] for at, part in enumerate(parts) if part[:1] == "{"}


_LISTS: dict[str, View] = {}
_HOMES: dict[str, View] = {}
for _view in (ACCOUNTS, *VIEWS):
    _LISTS.setdefault(_view.path, _view)
    _HOMES.setdefault(shelf_of(_view), _view)
DERIVED = frozenset({"uri", "subresource_uris", "media_url"})
# The keys that a row of a shelf always holds; whatever else it holds is an unknown field, and shown in all its views.
STORED: dict[str, frozenset[str]] = {
    shelf: frozenset(
        name
        for view in (ACCOUNTS, *VIEWS)
        if shelf_of(view) == shelf
        for name in (*view.names, *view.parents, *view.hidden.split())
    )
    - DERIVED
    for shelf in _HOMES
}
# shelf -> what goes when a row of it goes: (shelf of what lives only below it, the name it has there).
BELOW: dict[str, list[tuple[str, str]]] = {}
for _shelf, _home in _HOMES.items():
    for _name, _parent in parents_of(_home).items():
        BELOW.setdefault(shelf_of(_parent), []).append((_shelf, _name))
