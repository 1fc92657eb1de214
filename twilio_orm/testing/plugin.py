"""The pytest plugin: the fixture ``fake_twilio``. Pytest loads it wherever the package is installed, so it imports
late, and it is the only part of the fake that may know the library.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from . import FakeTwilio

    class ConnectableTwilio(FakeTwilio):
        """A FakeTwilio that opens connections to itself."""

        def connect(self, **options: Any) -> Any:
            """A connection to this fake."""


@pytest.fixture
def fake_twilio() -> Iterator[ConnectableTwilio]:
    """A fresh :class:`~twilio_orm.testing.FakeTwilio`, whose ``connect(**options)`` opens a connection to it.

    The connection goes over the in-process transport, with a mirror in memory unless ``mirror=`` says otherwise, and by
    the fake's clock unless ``clock=`` does; the options are those of :func:`twilio_orm.connect`. It is closed after the
    test. Nothing touches the network.
    """
    from . import FakeTwilio

    opened: list[Any] = []

    def connect(**options: Any) -> Any:
        import twilio_orm

        known: Any = twilio_orm
        defaults = {"transport": fake.send, "mirror": ":memory:", "clock": lambda: fake.clock}
        opened.append(known.connect(fake.account_sid, fake.auth_token, **{**defaults, **options}))
        return opened[-1]

    fake: Any = FakeTwilio()
    fake.connect = connect
    yield fake
    for connection in opened:
        connection.close()
