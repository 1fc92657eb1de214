"""The pytest plugin with the fixture ``fake_twilio``.

Pytest loads it wherever the package is installed, so it imports the simulation late. It is the only module of the package
that uses the library's public names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .fake import FakeTwilio

    class ConnectableTwilio(FakeTwilio):
        """A FakeTwilio that opens connections to itself."""

        def connect(self, **options: Any) -> Any:
            """Open a connection to this simulation; the test closes it at its end.

            :param options: the options of :func:`twilio_orm.connect`.
            """


@pytest.fixture
def fake_twilio() -> Iterator[ConnectableTwilio]:
    """A new :class:`~twilio_orm.testing.FakeTwilio` whose ``connect(**options)`` opens a connection to it.

    Options are those of :func:`twilio_orm.connect`. By default the connection uses the in-process transport, a mirror in
    memory and the clock of the simulation. The fixture closes it after the test. Opens no socket::

        def test_report(fake_twilio):
            fake_twilio.calls.add(status="completed", price="-0.013")
            fake_twilio.connect()
            assert Call.all().count() == 1
    """
    from .fake import FakeTwilio

    opened: list[Any] = []

    def connect(**options: Any) -> Any:
        import twilio_orm

        library: Any = twilio_orm
        defaults = {"transport": fake.send, "mirror": ":memory:", "clock": lambda: fake.clock}
        opened.append(library.connect(fake.account_sid, fake.auth_token, **{**defaults, **options}))
        return opened[-1]

    fake: Any = FakeTwilio()
    fake.connect = connect
    yield fake
    for connection in opened:
        connection.close()
