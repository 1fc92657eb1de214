"""What went wrong -> an exit code and one line. The table of the exit codes; it raises and prints nothing.

0 done · 1 findings, or not all of it · 2 the command, the configuration or the question · 3 who asks · 4 not there ·
5 too many requests, no network or Twilio itself · 130 interrupted.
"""

from __future__ import annotations

import twilio_orm

OK, PARTIAL, USAGE, AUTH, ABSENT, NETWORK, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

_CODES: tuple[tuple[tuple[type[Exception], ...], int], ...] = (
    ((twilio_orm.Unauthorized, twilio_orm.Forbidden, twilio_orm.CredentialsError), AUTH),
    ((twilio_orm.NotFound, twilio_orm.DoesNotExist), ABSENT),
    (
        (
            twilio_orm.TooManyRequests,
            twilio_orm.ServerError,
            twilio_orm.UnexpectedAnswer,
            twilio_orm.Unreachable,
            twilio_orm.Offline,
            twilio_orm.BudgetExceeded,
        ),
        NETWORK,
    ),
    (
        (
            twilio_orm.ConfigurationError,
            twilio_orm.QueryError,
            twilio_orm.BadRequest,
            twilio_orm.ReadOnly,
            twilio_orm.ConfirmationRequired,
        ),
        USAGE,
    ),
)


def code(error: BaseException) -> int:
    """The exit code of an error; what the table does not name is 1."""
    return next((one for kinds, one in _CODES if isinstance(error, kinds)), PARTIAL)
