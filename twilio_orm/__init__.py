"""Your Twilio account as a local database: query it like Django, offline like SQL, compare it like git.

Importing this package opens no file and sends nothing. The public names are those of ``__all__``, which ``dir()`` lists too.
"""

from typing import TYPE_CHECKING
from typing import Any as _Any

from ._version import __version__
from .connecting import connect, current
from .connection import Connection
from .errors import (
    ApiError,
    BadRequest,
    BadValue,
    BudgetExceeded,
    ConfigurationError,
    ConfirmationRequired,
    Conflict,
    Conflicting,
    CredentialsError,
    DoesNotExist,
    Forbidden,
    MirrorCorrupt,
    MirrorError,
    MirrorFull,
    MirrorLocked,
    MissingScope,
    MultipleObjectsReturned,
    NotCovered,
    NotFound,
    NotLoaded,
    Offline,
    OutcomeUnknown,
    OutsideRetention,
    QueryError,
    ReadOnly,
    SchemaTooNew,
    ServerError,
    TooManyRequests,
    TwilioOrmError,
    Unauthorized,
    UnexpectedAnswer,
    UnknownField,
    UnknownLookup,
    Unreachable,
    WriteServerError,
)
from .http.budget import budget, count_requests
from .orm.queryset import QuerySet
from .orm.resource import Resource
from .query.aggregates import Avg, Count, Max, Median, Min, Percentile, StdDev, Sum, Variance
from .query.amounts import Amounts
from .query.q import F, Q
from .resources.accounts import Account, Application, AuthorizedConnectApp, Balance, ConnectApp, Key, SigningKey, Token
from .resources.by_sid import get
from .resources.call_actions import (
    Payments,
    RealtimeTranscription,
    Siprec,
    Stream,
    UserDefinedMessage,
    UserDefinedMessageSubscription,
)
from .resources.call_feedback import CallFeedback, FeedbackSummary
from .resources.calls import Call, CallEvent, Notification
from .resources.conferences import Conference, Participant
from .resources.legacy import Sandbox
from .resources.messaging import Media, Message, MessageFeedback, ShortCode, SmsMessage
from .resources.numbers import (
    Address,
    DependentPhoneNumber,
    IncomingPhoneNumber,
    IncomingPhoneNumberAssignedAddOn,
    IncomingPhoneNumberAssignedAddOnExtension,
    OutgoingCallerId,
    ValidationRequest,
)
from .resources.phone_number_search import AvailablePhoneNumber, AvailablePhoneNumberCountry
from .resources.queues import Member, Queue
from .resources.recordings import (
    Recording,
    RecordingAddOnResult,
    RecordingAddOnResultPayload,
    RecordingAddOnResultPayloadData,
    Transcription,
)
from .resources.sip import (
    SipAuthCallsCredentialListMapping,
    SipAuthCallsIpAccessControlListMapping,
    SipAuthRegistrationsCredentialListMapping,
    SipCredential,
    SipCredentialList,
    SipCredentialListMapping,
    SipDomain,
    SipIpAccessControlList,
    SipIpAccessControlListMapping,
    SipIpAddress,
)
from .resources.usage import UsageRecord, UsageTrigger
from .schema.text_fields import Verbatim
from .sync.report import MirrorWarning, Report

# Last, because importing the package of that name binds it to the name as well.
from .schema.registry import resources  # isort: skip

if TYPE_CHECKING:
    from . import reports, webhooks
    from .archive.archiver import ArchiveReport
    from .audits.findings import Audit, Finding
    from .audits.run import audit
    from .changes.compare import diff
    from .changes.diff import Change, Diff
    from .changes.erasure import Erased, ErasePlan, Forgotten, Receipt, Redaction, erase, forget, redact, together
    from .changes.events import RecordEvent
    from .changes.history import Event
    from .changes.mirror_copies import copy_mirror
    from .changes.mirror_diff import compare_mirrors
    from .changes.plan import Applied, WritePlan
    from .query.truncations import TruncDay, TruncHour, TruncMonth, TruncQuarter, TruncWeek, TruncYear
    from .sync.loading import load

_LAZY = (
    {
        "ArchiveReport": "archive.archiver",
        "Audit": "audits.findings",
        "Finding": "audits.findings",
        "audit": "audits.run",
        "diff": "changes.compare",
        "Change": "changes.diff",
        "Diff": "changes.diff",
        "Applied": "changes.plan",
        "WritePlan": "changes.plan",
        "Event": "changes.history",
        "copy_mirror": "changes.mirror_copies",
        "compare_mirrors": "changes.mirror_diff",
        "RecordEvent": "changes.events",
        "load": "sync.loading",
    }
    | dict.fromkeys(
        ("Erased", "ErasePlan", "Forgotten", "Receipt", "Redaction", "erase", "forget", "redact", "together"), "changes.erasure"
    )
    | dict.fromkeys(("TruncDay", "TruncHour", "TruncMonth", "TruncQuarter", "TruncWeek", "TruncYear"), "query.truncations")
)


def __getattr__(name: str) -> _Any:
    """Import a public name that most programs do not need when it is first used."""
    if name not in _LAZY and name not in ("reports", "webhooks"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    if name in ("reports", "webhooks"):
        return import_module(f".{name}", __name__)
    return getattr(import_module(f".{_LAZY[name]}", __name__), name)


def __dir__() -> list[str]:
    """The public names, those included that are imported when they are first used."""
    return sorted({*__all__, "__doc__", "__file__", "__name__", "__path__", "__version__"})


__all__ = [
    "Account",
    "Address",
    "Amounts",
    "ApiError",
    "Application",
    "Applied",
    "ArchiveReport",
    "Audit",
    "AuthorizedConnectApp",
    "AvailablePhoneNumber",
    "AvailablePhoneNumberCountry",
    "Avg",
    "BadRequest",
    "BadValue",
    "Balance",
    "BudgetExceeded",
    "Call",
    "CallEvent",
    "CallFeedback",
    "Change",
    "Conference",
    "ConfigurationError",
    "ConfirmationRequired",
    "Conflict",
    "Conflicting",
    "ConnectApp",
    "Connection",
    "Count",
    "CredentialsError",
    "DependentPhoneNumber",
    "Diff",
    "DoesNotExist",
    "ErasePlan",
    "Erased",
    "Event",
    "F",
    "FeedbackSummary",
    "Finding",
    "Forbidden",
    "Forgotten",
    "IncomingPhoneNumber",
    "IncomingPhoneNumberAssignedAddOn",
    "IncomingPhoneNumberAssignedAddOnExtension",
    "Key",
    "Max",
    "Media",
    "Median",
    "Member",
    "Message",
    "MessageFeedback",
    "Min",
    "MirrorCorrupt",
    "MirrorError",
    "MirrorFull",
    "MirrorLocked",
    "MirrorWarning",
    "MissingScope",
    "MultipleObjectsReturned",
    "NotCovered",
    "NotFound",
    "NotLoaded",
    "Notification",
    "Offline",
    "OutcomeUnknown",
    "OutgoingCallerId",
    "OutsideRetention",
    "Participant",
    "Payments",
    "Percentile",
    "Q",
    "QueryError",
    "QuerySet",
    "Queue",
    "ReadOnly",
    "RealtimeTranscription",
    "Receipt",
    "RecordEvent",
    "Recording",
    "RecordingAddOnResult",
    "RecordingAddOnResultPayload",
    "RecordingAddOnResultPayloadData",
    "Redaction",
    "Report",
    "Resource",
    "Sandbox",
    "SchemaTooNew",
    "ServerError",
    "ShortCode",
    "SigningKey",
    "SipAuthCallsCredentialListMapping",
    "SipAuthCallsIpAccessControlListMapping",
    "SipAuthRegistrationsCredentialListMapping",
    "SipCredential",
    "SipCredentialList",
    "SipCredentialListMapping",
    "SipDomain",
    "SipIpAccessControlList",
    "SipIpAccessControlListMapping",
    "SipIpAddress",
    "Siprec",
    "SmsMessage",
    "StdDev",
    "Stream",
    "Sum",
    "Token",
    "TooManyRequests",
    "Transcription",
    "TruncDay",
    "TruncHour",
    "TruncMonth",
    "TruncQuarter",
    "TruncWeek",
    "TruncYear",
    "TwilioOrmError",
    "Unauthorized",
    "UnexpectedAnswer",
    "UnknownField",
    "UnknownLookup",
    "Unreachable",
    "UsageRecord",
    "UsageTrigger",
    "UserDefinedMessage",
    "UserDefinedMessageSubscription",
    "ValidationRequest",
    "Variance",
    "Verbatim",
    "WritePlan",
    "WriteServerError",
    "__version__",
    "audit",
    "budget",
    "compare_mirrors",
    "connect",
    "copy_mirror",
    "count_requests",
    "current",
    "diff",
    "erase",
    "forget",
    "get",
    "load",
    "redact",
    "reports",
    "resources",
    "together",
    "webhooks",
]
