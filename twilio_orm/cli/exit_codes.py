"""The table of exit codes, and the exit code of an error. Pure.

0 success · 1 differences or problems found, or only part of the work done · 2 wrong command, configuration or query ·
3 credentials missing or rejected · 4 not found · 5 rate limit, network or Twilio failure · 130 interrupted by Ctrl-C.
"""

from __future__ import annotations

import twilio_orm

OK, PARTIAL, USAGE, AUTH, NOT_FOUND, NETWORK, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

_CODES: tuple[tuple[tuple[type[Exception], ...], int], ...] = (
    ((twilio_orm.Unauthorized, twilio_orm.Forbidden, twilio_orm.CredentialsError), AUTH),
    ((twilio_orm.NotFound, twilio_orm.DoesNotExist), NOT_FOUND),
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
    """Return the exit code of an error; 1 for an error that the table does not list."""
    return next((one for kinds, one in _CODES if isinstance(error, kinds)), PARTIAL)
