"""The pytest plugin: the fixture ``fake_twilio``. Loaded by pytest wherever the package is installed, so it
imports late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from . import FakeTwilio


@pytest.fixture
def fake_twilio() -> FakeTwilio:
    """A fresh :class:`~twilio_orm.testing.FakeTwilio`, whose ``connect(**options)`` opens a connection to it.

    The connection goes over the in-process transport, with a mirror in memory unless ``mirror=`` says
    otherwise; the options are those of :func:`twilio_orm.connect`. Nothing touches the network.
    """
    from . import FakeTwilio

    class Connectable(FakeTwilio):
        def connect(self, **options: Any) -> Any:
            """A connection to this fake."""
            import twilio_orm

            return twilio_orm.connect(  # type: ignore[attr-defined,unused-ignore]
                self.account_sid, self.auth_token, **{"transport": self.send, "mirror": ":memory:", **options}
            )

    return Connectable()
