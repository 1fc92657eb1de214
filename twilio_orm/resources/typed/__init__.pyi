"""The types of queries, for type checkers alone. Written by ``make stubs``."""

from .lookups import *  # noqa: F403
from .models import *  # noqa: F403
from .names import *  # noqa: F403
from .parameters import *  # noqa: F403
