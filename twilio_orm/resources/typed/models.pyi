"""The query set and the base class of each resource. Written by ``make stubs``."""

# mypy: disable-error-code="override,misc"
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false, reportGeneralTypeIssues=false

from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

from typing_extensions import Self, Unpack

from ...changes.plan import Applied, WritePlan
from ...connection import Connection
from ...query.q import Q
from .lookups import (
    AccountLookups,
    AddressLookups,
    ApplicationLookups,
    AuthorizedConnectAppLookups,
    AvailablePhoneNumberCountryLookups,
    AvailablePhoneNumberLookups,
    BalanceLookups,
    CallEventLookups,
    CallFeedbackLookups,
    CallLookups,
    ConferenceLookups,
    ConnectAppLookups,
    DependentPhoneNumberLookups,
    FeedbackSummaryLookups,
    IncomingPhoneNumberAssignedAddOnExtensionLookups,
    IncomingPhoneNumberAssignedAddOnLookups,
    IncomingPhoneNumberLookups,
    KeyLookups,
    MediaLookups,
    MemberLookups,
    MessageFeedbackLookups,
    MessageLookups,
    NotificationLookups,
    OutgoingCallerIdLookups,
    ParticipantLookups,
    PaymentsLookups,
    QueueLookups,
    RealtimeTranscriptionLookups,
    RecordingAddOnResultLookups,
    RecordingAddOnResultPayloadDataLookups,
    RecordingAddOnResultPayloadLookups,
    RecordingLookups,
    ShortCodeLookups,
    SigningKeyLookups,
    SipAuthCallsCredentialListMappingLookups,
    SipAuthCallsIpAccessControlListMappingLookups,
    SipAuthRegistrationsCredentialListMappingLookups,
    SipCredentialListLookups,
    SipCredentialListMappingLookups,
    SipCredentialLookups,
    SipDomainLookups,
    SipIpAccessControlListLookups,
    SipIpAccessControlListMappingLookups,
    SipIpAddressLookups,
    SiprecLookups,
    StreamLookups,
    TokenLookups,
    TranscriptionLookups,
    UsageRecordLookups,
    UsageTriggerLookups,
    UserDefinedMessageLookups,
    UserDefinedMessageSubscriptionLookups,
    ValidationRequestLookups,
)
from .names import (
    AccountName,
    AccountOrder,
    AddressName,
    AddressOrder,
    ApplicationName,
    ApplicationOrder,
    AuthorizedConnectAppName,
    AuthorizedConnectAppOrder,
    AvailablePhoneNumberCountryName,
    AvailablePhoneNumberCountryOrder,
    AvailablePhoneNumberName,
    AvailablePhoneNumberOrder,
    BalanceName,
    BalanceOrder,
    CallEventName,
    CallEventOrder,
    CallFeedbackName,
    CallFeedbackOrder,
    CallName,
    CallOrder,
    ConferenceName,
    ConferenceOrder,
    ConnectAppName,
    ConnectAppOrder,
    DependentPhoneNumberName,
    DependentPhoneNumberOrder,
    FeedbackSummaryName,
    FeedbackSummaryOrder,
    IncomingPhoneNumberAssignedAddOnExtensionName,
    IncomingPhoneNumberAssignedAddOnExtensionOrder,
    IncomingPhoneNumberAssignedAddOnName,
    IncomingPhoneNumberAssignedAddOnOrder,
    IncomingPhoneNumberName,
    IncomingPhoneNumberOrder,
    KeyName,
    KeyOrder,
    MediaName,
    MediaOrder,
    MemberName,
    MemberOrder,
    MessageFeedbackName,
    MessageFeedbackOrder,
    MessageName,
    MessageOrder,
    NotificationName,
    NotificationOrder,
    OutgoingCallerIdName,
    OutgoingCallerIdOrder,
    ParticipantName,
    ParticipantOrder,
    PaymentsName,
    PaymentsOrder,
    QueueName,
    QueueOrder,
    RealtimeTranscriptionName,
    RealtimeTranscriptionOrder,
    RecordingAddOnResultName,
    RecordingAddOnResultOrder,
    RecordingAddOnResultPayloadDataName,
    RecordingAddOnResultPayloadDataOrder,
    RecordingAddOnResultPayloadName,
    RecordingAddOnResultPayloadOrder,
    RecordingName,
    RecordingOrder,
    ShortCodeName,
    ShortCodeOrder,
    SigningKeyName,
    SigningKeyOrder,
    SipAuthCallsCredentialListMappingName,
    SipAuthCallsCredentialListMappingOrder,
    SipAuthCallsIpAccessControlListMappingName,
    SipAuthCallsIpAccessControlListMappingOrder,
    SipAuthRegistrationsCredentialListMappingName,
    SipAuthRegistrationsCredentialListMappingOrder,
    SipCredentialListMappingName,
    SipCredentialListMappingOrder,
    SipCredentialListName,
    SipCredentialListOrder,
    SipCredentialName,
    SipCredentialOrder,
    SipDomainName,
    SipDomainOrder,
    SipIpAccessControlListMappingName,
    SipIpAccessControlListMappingOrder,
    SipIpAccessControlListName,
    SipIpAccessControlListOrder,
    SipIpAddressName,
    SipIpAddressOrder,
    SiprecName,
    SiprecOrder,
    StreamName,
    StreamOrder,
    TokenName,
    TokenOrder,
    TranscriptionName,
    TranscriptionOrder,
    UsageRecordName,
    UsageRecordOrder,
    UsageTriggerName,
    UsageTriggerOrder,
    UserDefinedMessageName,
    UserDefinedMessageOrder,
    UserDefinedMessageSubscriptionName,
    UserDefinedMessageSubscriptionOrder,
    ValidationRequestName,
    ValidationRequestOrder,
)
from .parameters import (
    AccountCreate,
    AccountPlan,
    AccountUpdate,
    AddressCreate,
    AddressPlan,
    AddressUpdate,
    ApplicationCreate,
    ApplicationPlan,
    ApplicationUpdate,
    CallCreate,
    CallFeedbackCreate,
    CallFeedbackPlan,
    CallFeedbackUpdate,
    CallPlan,
    CallUpdate,
    ConferencePlan,
    ConferenceUpdate,
    ConnectAppPlan,
    ConnectAppUpdate,
    FeedbackSummaryCreate,
    IncomingPhoneNumberAssignedAddOnCreate,
    IncomingPhoneNumberCreate,
    IncomingPhoneNumberPlan,
    IncomingPhoneNumberUpdate,
    KeyCreate,
    KeyPlan,
    KeyUpdate,
    MemberPlan,
    MemberUpdate,
    MessageCreate,
    MessageFeedbackCreate,
    MessagePlan,
    MessageUpdate,
    OutgoingCallerIdPlan,
    OutgoingCallerIdUpdate,
    ParticipantCreate,
    ParticipantPlan,
    ParticipantUpdate,
    PaymentsCreate,
    PaymentsPlan,
    PaymentsUpdate,
    QueueCreate,
    QueuePlan,
    QueueUpdate,
    RealtimeTranscriptionCreate,
    RealtimeTranscriptionPlan,
    RealtimeTranscriptionUpdate,
    RecordingCreate,
    RecordingPlan,
    RecordingUpdate,
    ShortCodePlan,
    ShortCodeUpdate,
    SigningKeyCreate,
    SigningKeyPlan,
    SigningKeyUpdate,
    SipAuthCallsCredentialListMappingCreate,
    SipAuthCallsIpAccessControlListMappingCreate,
    SipAuthRegistrationsCredentialListMappingCreate,
    SipCredentialCreate,
    SipCredentialListCreate,
    SipCredentialListMappingCreate,
    SipCredentialListPlan,
    SipCredentialListUpdate,
    SipCredentialPlan,
    SipCredentialUpdate,
    SipDomainCreate,
    SipDomainPlan,
    SipDomainUpdate,
    SipIpAccessControlListCreate,
    SipIpAccessControlListMappingCreate,
    SipIpAccessControlListPlan,
    SipIpAccessControlListUpdate,
    SipIpAddressCreate,
    SipIpAddressPlan,
    SipIpAddressUpdate,
    SiprecCreate,
    SiprecPlan,
    SiprecUpdate,
    StreamCreate,
    StreamPlan,
    StreamUpdate,
    TokenCreate,
    UsageTriggerCreate,
    UsageTriggerPlan,
    UsageTriggerUpdate,
    UserDefinedMessageCreate,
    UserDefinedMessageSubscriptionCreate,
    ValidationRequestCreate,
)
from .queries import NamedQuerySet, Names, TypedResource

R = TypeVar("R", bound=Any)

class AccountQuerySet(NamedQuerySet[R, AccountName, AccountOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[AccountLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[AccountLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AccountLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AccountLookups]) -> R | None: ...
    def create(self, _friendly_name: Any = ..., /, **params: Unpack[AccountCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[AccountLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AccountLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[AccountPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[AccountPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AccountLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[AccountLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, _friendly_name: Any = ..., /, **params: Unpack[AccountCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AccountLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AccountLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[AccountPlan]) -> Coroutine[Any, Any, Applied]: ...

class Account(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> AccountQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[AccountName, AccountOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[AccountLookups]) -> AccountQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[AccountLookups]) -> AccountQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AccountLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AccountLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _friendly_name: Any = ..., /, **params: Unpack[AccountCreate]) -> Self: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[AccountLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AccountLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[AccountUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[AccountUpdate]) -> Coroutine[Any, Any, Self]: ...

class AddressQuerySet(NamedQuerySet[R, AddressName, AddressOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[AddressLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[AddressLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AddressLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AddressLookups]) -> R | None: ...
    def create(
        self,
        _customer_name: Any = ...,
        _street: Any = ...,
        _city: Any = ...,
        _region: Any = ...,
        _postal_code: Any = ...,
        _iso_country: Any = ...,
        /,
        **params: Unpack[AddressCreate],
    ) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[AddressLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AddressLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[AddressPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[AddressPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AddressLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[AddressLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _customer_name: Any = ...,
        _street: Any = ...,
        _city: Any = ...,
        _region: Any = ...,
        _postal_code: Any = ...,
        _iso_country: Any = ...,
        /,
        **params: Unpack[AddressCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AddressLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AddressLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[AddressPlan]) -> Coroutine[Any, Any, Applied]: ...

class Address(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> AddressQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[AddressName, AddressOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[AddressLookups]) -> AddressQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[AddressLookups]) -> AddressQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AddressLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AddressLookups]) -> Self | None: ...
    @classmethod
    def create(
        cls,
        _customer_name: Any = ...,
        _street: Any = ...,
        _city: Any = ...,
        _region: Any = ...,
        _postal_code: Any = ...,
        _iso_country: Any = ...,
        /,
        **params: Unpack[AddressCreate],
    ) -> Self: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[AddressLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AddressLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[AddressUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[AddressUpdate]) -> Coroutine[Any, Any, Self]: ...

class ApplicationQuerySet(NamedQuerySet[R, ApplicationName, ApplicationOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[ApplicationLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[ApplicationLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ApplicationLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ApplicationLookups]) -> R | None: ...
    def create(self, _friendly_name: Any = ..., /, **params: Unpack[ApplicationCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[ApplicationLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ApplicationLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[ApplicationPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[ApplicationPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ApplicationLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[ApplicationLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, _friendly_name: Any = ..., /, **params: Unpack[ApplicationCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ApplicationLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ApplicationLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[ApplicationPlan]) -> Coroutine[Any, Any, Applied]: ...

class Application(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> ApplicationQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[ApplicationName, ApplicationOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[ApplicationLookups]) -> ApplicationQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[ApplicationLookups]) -> ApplicationQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ApplicationLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ApplicationLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _friendly_name: Any = ..., /, **params: Unpack[ApplicationCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ApplicationLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ApplicationLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[ApplicationUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[ApplicationUpdate]) -> Coroutine[Any, Any, Self]: ...

class AuthorizedConnectAppQuerySet(NamedQuerySet[R, AuthorizedConnectAppName, AuthorizedConnectAppOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[AuthorizedConnectAppLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[AuthorizedConnectAppLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AuthorizedConnectAppLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AuthorizedConnectAppLookups]) -> R | None: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AuthorizedConnectAppLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AuthorizedConnectAppLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[AuthorizedConnectAppLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[AuthorizedConnectAppLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AuthorizedConnectAppLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AuthorizedConnectAppLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class AuthorizedConnectApp(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> AuthorizedConnectAppQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[AuthorizedConnectAppName, AuthorizedConnectAppOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[AuthorizedConnectAppLookups]) -> AuthorizedConnectAppQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[AuthorizedConnectAppLookups]) -> AuthorizedConnectAppQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AuthorizedConnectAppLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AuthorizedConnectAppLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AuthorizedConnectAppLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AuthorizedConnectAppLookups],
    ) -> tuple[Self, bool]: ...

class AvailablePhoneNumberQuerySet(NamedQuerySet[R, AvailablePhoneNumberName, AvailablePhoneNumberOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[AvailablePhoneNumberLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[AvailablePhoneNumberLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AvailablePhoneNumberLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AvailablePhoneNumberLookups]) -> R | None: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AvailablePhoneNumberLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AvailablePhoneNumberLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[AvailablePhoneNumberLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[AvailablePhoneNumberLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AvailablePhoneNumberLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AvailablePhoneNumberLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class AvailablePhoneNumber(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> AvailablePhoneNumberQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[AvailablePhoneNumberName, AvailablePhoneNumberOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[AvailablePhoneNumberLookups]) -> AvailablePhoneNumberQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[AvailablePhoneNumberLookups]) -> AvailablePhoneNumberQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AvailablePhoneNumberLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AvailablePhoneNumberLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AvailablePhoneNumberLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AvailablePhoneNumberLookups],
    ) -> tuple[Self, bool]: ...

class AvailablePhoneNumberCountryQuerySet(
    NamedQuerySet[R, AvailablePhoneNumberCountryName, AvailablePhoneNumberCountryOrder], Generic[R]
):
    def filter(self, *conditions: Q, **lookups: Unpack[AvailablePhoneNumberCountryLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[AvailablePhoneNumberCountryLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AvailablePhoneNumberCountryLookups]) -> R: ...
    def get_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[AvailablePhoneNumberCountryLookups],
    ) -> R | None: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AvailablePhoneNumberCountryLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AvailablePhoneNumberCountryLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[AvailablePhoneNumberCountryLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[AvailablePhoneNumberCountryLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AvailablePhoneNumberCountryLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AvailablePhoneNumberCountryLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class AvailablePhoneNumberCountry(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> AvailablePhoneNumberCountryQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[AvailablePhoneNumberCountryName, AvailablePhoneNumberCountryOrder]: ...
    @classmethod
    def filter(
        cls,
        *conditions: Q,
        **lookups: Unpack[AvailablePhoneNumberCountryLookups],
    ) -> AvailablePhoneNumberCountryQuerySet[Self]: ...
    @classmethod
    def exclude(
        cls,
        *conditions: Q,
        **lookups: Unpack[AvailablePhoneNumberCountryLookups],
    ) -> AvailablePhoneNumberCountryQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[AvailablePhoneNumberCountryLookups]) -> Self: ...
    @classmethod
    def get_or_none(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[AvailablePhoneNumberCountryLookups],
    ) -> Self | None: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AvailablePhoneNumberCountryLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[AvailablePhoneNumberCountryLookups],
    ) -> tuple[Self, bool]: ...

class BalanceQuerySet(NamedQuerySet[R, BalanceName, BalanceOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[BalanceLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[BalanceLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[BalanceLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[BalanceLookups]) -> R | None: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[BalanceLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[BalanceLookups],
    ) -> tuple[R, bool]: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[BalanceLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[BalanceLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[BalanceLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[BalanceLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class Balance(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> BalanceQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[BalanceName, BalanceOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[BalanceLookups]) -> BalanceQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[BalanceLookups]) -> BalanceQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[BalanceLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[BalanceLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[BalanceLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[BalanceLookups],
    ) -> tuple[Self, bool]: ...

class CallQuerySet(NamedQuerySet[R, CallName, CallOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[CallLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[CallLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallLookups]) -> R | None: ...
    def create(self, **params: Unpack[CallCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[CallLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[CallLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[CallPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[CallPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[CallLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, **params: Unpack[CallCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[CallLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[CallLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[CallPlan]) -> Coroutine[Any, Any, Applied]: ...

class Call(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> CallQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[CallName, CallOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[CallLookups]) -> CallQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[CallLookups]) -> CallQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallLookups]) -> Self | None: ...
    @classmethod
    def create(cls, **params: Unpack[CallCreate]) -> Self: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[CallLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[CallLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[CallUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[CallUpdate]) -> Coroutine[Any, Any, Self]: ...

class CallEventQuerySet(NamedQuerySet[R, CallEventName, CallEventOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[CallEventLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[CallEventLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallEventLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallEventLookups]) -> R | None: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[CallEventLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[CallEventLookups],
    ) -> tuple[R, bool]: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallEventLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[CallEventLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[CallEventLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[CallEventLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class CallEvent(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> CallEventQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[CallEventName, CallEventOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[CallEventLookups]) -> CallEventQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[CallEventLookups]) -> CallEventQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallEventLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallEventLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[CallEventLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[CallEventLookups],
    ) -> tuple[Self, bool]: ...

class CallFeedbackQuerySet(NamedQuerySet[R, CallFeedbackName, CallFeedbackOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[CallFeedbackLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[CallFeedbackLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallFeedbackLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallFeedbackLookups]) -> R | None: ...
    def create(self, _quality_score: Any = ..., /, **params: Unpack[CallFeedbackCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[CallFeedbackLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[CallFeedbackLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[CallFeedbackPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[CallFeedbackPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallFeedbackLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[CallFeedbackLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, _quality_score: Any = ..., /, **params: Unpack[CallFeedbackCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[CallFeedbackLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[CallFeedbackLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[CallFeedbackPlan]) -> Coroutine[Any, Any, Applied]: ...

class CallFeedback(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> CallFeedbackQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[CallFeedbackName, CallFeedbackOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[CallFeedbackLookups]) -> CallFeedbackQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[CallFeedbackLookups]) -> CallFeedbackQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallFeedbackLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[CallFeedbackLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _quality_score: Any = ..., /, **params: Unpack[CallFeedbackCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[CallFeedbackLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[CallFeedbackLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[CallFeedbackUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[CallFeedbackUpdate]) -> Coroutine[Any, Any, Self]: ...

class ConferenceQuerySet(NamedQuerySet[R, ConferenceName, ConferenceOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[ConferenceLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[ConferenceLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ConferenceLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ConferenceLookups]) -> R | None: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[ConferenceLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ConferenceLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[ConferencePlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[ConferencePlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ConferenceLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[ConferenceLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ConferenceLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ConferenceLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[ConferencePlan]) -> Coroutine[Any, Any, Applied]: ...

class Conference(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> ConferenceQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[ConferenceName, ConferenceOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[ConferenceLookups]) -> ConferenceQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[ConferenceLookups]) -> ConferenceQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ConferenceLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ConferenceLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[ConferenceLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ConferenceLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[ConferenceUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[ConferenceUpdate]) -> Coroutine[Any, Any, Self]: ...

class ConnectAppQuerySet(NamedQuerySet[R, ConnectAppName, ConnectAppOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[ConnectAppLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[ConnectAppLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ConnectAppLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ConnectAppLookups]) -> R | None: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[ConnectAppLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ConnectAppLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[ConnectAppPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[ConnectAppPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ConnectAppLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[ConnectAppLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ConnectAppLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ConnectAppLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[ConnectAppPlan]) -> Coroutine[Any, Any, Applied]: ...

class ConnectApp(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> ConnectAppQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[ConnectAppName, ConnectAppOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[ConnectAppLookups]) -> ConnectAppQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[ConnectAppLookups]) -> ConnectAppQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ConnectAppLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ConnectAppLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[ConnectAppLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ConnectAppLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[ConnectAppUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[ConnectAppUpdate]) -> Coroutine[Any, Any, Self]: ...

class DependentPhoneNumberQuerySet(NamedQuerySet[R, DependentPhoneNumberName, DependentPhoneNumberOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[DependentPhoneNumberLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[DependentPhoneNumberLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[DependentPhoneNumberLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[DependentPhoneNumberLookups]) -> R | None: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[DependentPhoneNumberLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[DependentPhoneNumberLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[DependentPhoneNumberLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[DependentPhoneNumberLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[DependentPhoneNumberLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[DependentPhoneNumberLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class DependentPhoneNumber(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> DependentPhoneNumberQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[DependentPhoneNumberName, DependentPhoneNumberOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[DependentPhoneNumberLookups]) -> DependentPhoneNumberQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[DependentPhoneNumberLookups]) -> DependentPhoneNumberQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[DependentPhoneNumberLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[DependentPhoneNumberLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[DependentPhoneNumberLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[DependentPhoneNumberLookups],
    ) -> tuple[Self, bool]: ...

class FeedbackSummaryQuerySet(NamedQuerySet[R, FeedbackSummaryName, FeedbackSummaryOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[FeedbackSummaryLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[FeedbackSummaryLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[FeedbackSummaryLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[FeedbackSummaryLookups]) -> R | None: ...
    def create(self, _start_date: Any = ..., _end_date: Any = ..., /, **params: Unpack[FeedbackSummaryCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[FeedbackSummaryLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[FeedbackSummaryLookups],
    ) -> tuple[R, bool]: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[FeedbackSummaryLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[FeedbackSummaryLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _start_date: Any = ...,
        _end_date: Any = ...,
        /,
        **params: Unpack[FeedbackSummaryCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[FeedbackSummaryLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[FeedbackSummaryLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class FeedbackSummary(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> FeedbackSummaryQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[FeedbackSummaryName, FeedbackSummaryOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[FeedbackSummaryLookups]) -> FeedbackSummaryQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[FeedbackSummaryLookups]) -> FeedbackSummaryQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[FeedbackSummaryLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[FeedbackSummaryLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _start_date: Any = ..., _end_date: Any = ..., /, **params: Unpack[FeedbackSummaryCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[FeedbackSummaryLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[FeedbackSummaryLookups],
    ) -> tuple[Self, bool]: ...

class IncomingPhoneNumberQuerySet(NamedQuerySet[R, IncomingPhoneNumberName, IncomingPhoneNumberOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberLookups]) -> R | None: ...
    def create(self, **params: Unpack[IncomingPhoneNumberCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[IncomingPhoneNumberPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[IncomingPhoneNumberPlan]) -> Applied: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, **params: Unpack[IncomingPhoneNumberCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(
        self,
        confirm: bool | int | None = None,
        **changes: Unpack[IncomingPhoneNumberPlan],
    ) -> Coroutine[Any, Any, Applied]: ...

class IncomingPhoneNumber(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> IncomingPhoneNumberQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[IncomingPhoneNumberName, IncomingPhoneNumberOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberLookups]) -> IncomingPhoneNumberQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberLookups]) -> IncomingPhoneNumberQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberLookups]) -> Self | None: ...
    @classmethod
    def create(cls, **params: Unpack[IncomingPhoneNumberCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[IncomingPhoneNumberUpdate]) -> Self: ...
    def aupdate(
        self,
        *,
        confirm: str | None = None,
        **changes: Unpack[IncomingPhoneNumberUpdate],
    ) -> Coroutine[Any, Any, Self]: ...

class IncomingPhoneNumberAssignedAddOnQuerySet(
    NamedQuerySet[R, IncomingPhoneNumberAssignedAddOnName, IncomingPhoneNumberAssignedAddOnOrder], Generic[R]
):
    def filter(self, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups]) -> R: ...
    def get_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups],
    ) -> R | None: ...
    def create(self, _installed_add_on_sid: Any = ..., /, **params: Unpack[IncomingPhoneNumberAssignedAddOnCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _installed_add_on_sid: Any = ...,
        /,
        **params: Unpack[IncomingPhoneNumberAssignedAddOnCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class IncomingPhoneNumberAssignedAddOn(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> IncomingPhoneNumberAssignedAddOnQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[IncomingPhoneNumberAssignedAddOnName, IncomingPhoneNumberAssignedAddOnOrder]: ...
    @classmethod
    def filter(
        cls,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups],
    ) -> IncomingPhoneNumberAssignedAddOnQuerySet[Self]: ...
    @classmethod
    def exclude(
        cls,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups],
    ) -> IncomingPhoneNumberAssignedAddOnQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups]) -> Self: ...
    @classmethod
    def get_or_none(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups],
    ) -> Self | None: ...
    @classmethod
    def create(cls, _installed_add_on_sid: Any = ..., /, **params: Unpack[IncomingPhoneNumberAssignedAddOnCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnLookups],
    ) -> tuple[Self, bool]: ...

class IncomingPhoneNumberAssignedAddOnExtensionQuerySet(
    NamedQuerySet[R, IncomingPhoneNumberAssignedAddOnExtensionName, IncomingPhoneNumberAssignedAddOnExtensionOrder], Generic[R]
):
    def filter(self, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups]) -> Self: ...
    def get(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> R: ...
    def get_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> R | None: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class IncomingPhoneNumberAssignedAddOnExtension(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> IncomingPhoneNumberAssignedAddOnExtensionQuerySet[Self]: ...
    @classmethod
    def _typed_names(
        cls,
    ) -> Names[IncomingPhoneNumberAssignedAddOnExtensionName, IncomingPhoneNumberAssignedAddOnExtensionOrder]: ...
    @classmethod
    def filter(
        cls,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> IncomingPhoneNumberAssignedAddOnExtensionQuerySet[Self]: ...
    @classmethod
    def exclude(
        cls,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> IncomingPhoneNumberAssignedAddOnExtensionQuerySet[Self]: ...
    @classmethod
    def get(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> Self: ...
    @classmethod
    def get_or_none(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> Self | None: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[IncomingPhoneNumberAssignedAddOnExtensionLookups],
    ) -> tuple[Self, bool]: ...

class KeyQuerySet(NamedQuerySet[R, KeyName, KeyOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[KeyLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[KeyLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[KeyLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[KeyLookups]) -> R | None: ...
    def create(self, _friendly_name: Any = ..., /, **params: Unpack[KeyCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[KeyLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[KeyLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[KeyPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[KeyPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[KeyLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[KeyLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, _friendly_name: Any = ..., /, **params: Unpack[KeyCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[KeyLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[KeyLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[KeyPlan]) -> Coroutine[Any, Any, Applied]: ...

class Key(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> KeyQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[KeyName, KeyOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[KeyLookups]) -> KeyQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[KeyLookups]) -> KeyQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[KeyLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[KeyLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _friendly_name: Any = ..., /, **params: Unpack[KeyCreate]) -> Self: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[KeyLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[KeyLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[KeyUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[KeyUpdate]) -> Coroutine[Any, Any, Self]: ...

class MediaQuerySet(NamedQuerySet[R, MediaName, MediaOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[MediaLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[MediaLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MediaLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MediaLookups]) -> R | None: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[MediaLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MediaLookups],
    ) -> tuple[R, bool]: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MediaLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[MediaLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MediaLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MediaLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class Media(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> MediaQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[MediaName, MediaOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[MediaLookups]) -> MediaQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[MediaLookups]) -> MediaQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MediaLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MediaLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[MediaLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MediaLookups],
    ) -> tuple[Self, bool]: ...

class MemberQuerySet(NamedQuerySet[R, MemberName, MemberOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[MemberLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[MemberLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MemberLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MemberLookups]) -> R | None: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[MemberLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MemberLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[MemberPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[MemberPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MemberLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[MemberLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MemberLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MemberLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[MemberPlan]) -> Coroutine[Any, Any, Applied]: ...

class Member(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> MemberQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[MemberName, MemberOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[MemberLookups]) -> MemberQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[MemberLookups]) -> MemberQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MemberLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MemberLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[MemberLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MemberLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[MemberUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[MemberUpdate]) -> Coroutine[Any, Any, Self]: ...

class MessageQuerySet(NamedQuerySet[R, MessageName, MessageOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[MessageLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[MessageLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MessageLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MessageLookups]) -> R | None: ...
    def create(self, **params: Unpack[MessageCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[MessageLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MessageLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[MessagePlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[MessagePlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MessageLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[MessageLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, **params: Unpack[MessageCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MessageLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MessageLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[MessagePlan]) -> Coroutine[Any, Any, Applied]: ...

class Message(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> MessageQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[MessageName, MessageOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[MessageLookups]) -> MessageQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[MessageLookups]) -> MessageQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MessageLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MessageLookups]) -> Self | None: ...
    @classmethod
    def create(cls, **params: Unpack[MessageCreate]) -> Self: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[MessageLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MessageLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[MessageUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[MessageUpdate]) -> Coroutine[Any, Any, Self]: ...

class MessageFeedbackQuerySet(NamedQuerySet[R, MessageFeedbackName, MessageFeedbackOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[MessageFeedbackLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[MessageFeedbackLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MessageFeedbackLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MessageFeedbackLookups]) -> R | None: ...
    def create(self, _outcome: Any = ..., /, **params: Unpack[MessageFeedbackCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MessageFeedbackLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MessageFeedbackLookups],
    ) -> tuple[R, bool]: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MessageFeedbackLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[MessageFeedbackLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, _outcome: Any = ..., /, **params: Unpack[MessageFeedbackCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MessageFeedbackLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MessageFeedbackLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class MessageFeedback(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> MessageFeedbackQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[MessageFeedbackName, MessageFeedbackOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[MessageFeedbackLookups]) -> MessageFeedbackQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[MessageFeedbackLookups]) -> MessageFeedbackQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MessageFeedbackLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[MessageFeedbackLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _outcome: Any = ..., /, **params: Unpack[MessageFeedbackCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MessageFeedbackLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[MessageFeedbackLookups],
    ) -> tuple[Self, bool]: ...

class NotificationQuerySet(NamedQuerySet[R, NotificationName, NotificationOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[NotificationLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[NotificationLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[NotificationLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[NotificationLookups]) -> R | None: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[NotificationLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[NotificationLookups],
    ) -> tuple[R, bool]: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[NotificationLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[NotificationLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[NotificationLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[NotificationLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class Notification(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> NotificationQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[NotificationName, NotificationOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[NotificationLookups]) -> NotificationQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[NotificationLookups]) -> NotificationQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[NotificationLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[NotificationLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[NotificationLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[NotificationLookups],
    ) -> tuple[Self, bool]: ...

class OutgoingCallerIdQuerySet(NamedQuerySet[R, OutgoingCallerIdName, OutgoingCallerIdOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[OutgoingCallerIdLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[OutgoingCallerIdLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[OutgoingCallerIdLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[OutgoingCallerIdLookups]) -> R | None: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[OutgoingCallerIdLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[OutgoingCallerIdLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[OutgoingCallerIdPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[OutgoingCallerIdPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[OutgoingCallerIdLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[OutgoingCallerIdLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[OutgoingCallerIdLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[OutgoingCallerIdLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(
        self,
        confirm: bool | int | None = None,
        **changes: Unpack[OutgoingCallerIdPlan],
    ) -> Coroutine[Any, Any, Applied]: ...

class OutgoingCallerId(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> OutgoingCallerIdQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[OutgoingCallerIdName, OutgoingCallerIdOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[OutgoingCallerIdLookups]) -> OutgoingCallerIdQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[OutgoingCallerIdLookups]) -> OutgoingCallerIdQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[OutgoingCallerIdLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[OutgoingCallerIdLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[OutgoingCallerIdLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[OutgoingCallerIdLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[OutgoingCallerIdUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[OutgoingCallerIdUpdate]) -> Coroutine[Any, Any, Self]: ...

class ParticipantQuerySet(NamedQuerySet[R, ParticipantName, ParticipantOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[ParticipantLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[ParticipantLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ParticipantLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ParticipantLookups]) -> R | None: ...
    def create(self, **params: Unpack[ParticipantCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[ParticipantLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ParticipantLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[ParticipantPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[ParticipantPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ParticipantLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[ParticipantLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, **params: Unpack[ParticipantCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ParticipantLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ParticipantLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[ParticipantPlan]) -> Coroutine[Any, Any, Applied]: ...

class Participant(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> ParticipantQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[ParticipantName, ParticipantOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[ParticipantLookups]) -> ParticipantQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[ParticipantLookups]) -> ParticipantQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ParticipantLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ParticipantLookups]) -> Self | None: ...
    @classmethod
    def create(cls, **params: Unpack[ParticipantCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ParticipantLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ParticipantLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[ParticipantUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[ParticipantUpdate]) -> Coroutine[Any, Any, Self]: ...

class PaymentsQuerySet(NamedQuerySet[R, PaymentsName, PaymentsOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[PaymentsLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[PaymentsLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[PaymentsLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[PaymentsLookups]) -> R | None: ...
    def create(self, _idempotency_key: Any = ..., _status_callback: Any = ..., /, **params: Unpack[PaymentsCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[PaymentsLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[PaymentsLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[PaymentsPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[PaymentsPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[PaymentsLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[PaymentsLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _idempotency_key: Any = ...,
        _status_callback: Any = ...,
        /,
        **params: Unpack[PaymentsCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[PaymentsLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[PaymentsLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[PaymentsPlan]) -> Coroutine[Any, Any, Applied]: ...

class Payments(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> PaymentsQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[PaymentsName, PaymentsOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[PaymentsLookups]) -> PaymentsQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[PaymentsLookups]) -> PaymentsQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[PaymentsLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[PaymentsLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _idempotency_key: Any = ..., _status_callback: Any = ..., /, **params: Unpack[PaymentsCreate]) -> Self: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[PaymentsLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[PaymentsLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[PaymentsUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[PaymentsUpdate]) -> Coroutine[Any, Any, Self]: ...

class QueueQuerySet(NamedQuerySet[R, QueueName, QueueOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[QueueLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[QueueLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[QueueLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[QueueLookups]) -> R | None: ...
    def create(self, _friendly_name: Any = ..., _max_size: Any = ..., /, **params: Unpack[QueueCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[QueueLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[QueueLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[QueuePlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[QueuePlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[QueueLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[QueueLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _friendly_name: Any = ...,
        _max_size: Any = ...,
        /,
        **params: Unpack[QueueCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[QueueLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[QueueLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[QueuePlan]) -> Coroutine[Any, Any, Applied]: ...

class Queue(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> QueueQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[QueueName, QueueOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[QueueLookups]) -> QueueQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[QueueLookups]) -> QueueQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[QueueLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[QueueLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _friendly_name: Any = ..., _max_size: Any = ..., /, **params: Unpack[QueueCreate]) -> Self: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[QueueLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[QueueLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[QueueUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[QueueUpdate]) -> Coroutine[Any, Any, Self]: ...

class RealtimeTranscriptionQuerySet(NamedQuerySet[R, RealtimeTranscriptionName, RealtimeTranscriptionOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[RealtimeTranscriptionLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[RealtimeTranscriptionLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RealtimeTranscriptionLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RealtimeTranscriptionLookups]) -> R | None: ...
    def create(self, **params: Unpack[RealtimeTranscriptionCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RealtimeTranscriptionLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RealtimeTranscriptionLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[RealtimeTranscriptionPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[RealtimeTranscriptionPlan]) -> Applied: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[RealtimeTranscriptionLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[RealtimeTranscriptionLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, **params: Unpack[RealtimeTranscriptionCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RealtimeTranscriptionLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RealtimeTranscriptionLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(
        self,
        confirm: bool | int | None = None,
        **changes: Unpack[RealtimeTranscriptionPlan],
    ) -> Coroutine[Any, Any, Applied]: ...

class RealtimeTranscription(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> RealtimeTranscriptionQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[RealtimeTranscriptionName, RealtimeTranscriptionOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[RealtimeTranscriptionLookups]) -> RealtimeTranscriptionQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[RealtimeTranscriptionLookups]) -> RealtimeTranscriptionQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RealtimeTranscriptionLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RealtimeTranscriptionLookups]) -> Self | None: ...
    @classmethod
    def create(cls, **params: Unpack[RealtimeTranscriptionCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RealtimeTranscriptionLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RealtimeTranscriptionLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[RealtimeTranscriptionUpdate]) -> Self: ...
    def aupdate(
        self,
        *,
        confirm: str | None = None,
        **changes: Unpack[RealtimeTranscriptionUpdate],
    ) -> Coroutine[Any, Any, Self]: ...

class RecordingQuerySet(NamedQuerySet[R, RecordingName, RecordingOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[RecordingLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[RecordingLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RecordingLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RecordingLookups]) -> R | None: ...
    def create(self, **params: Unpack[RecordingCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[RecordingLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[RecordingPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[RecordingPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RecordingLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[RecordingLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, **params: Unpack[RecordingCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[RecordingPlan]) -> Coroutine[Any, Any, Applied]: ...

class Recording(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> RecordingQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[RecordingName, RecordingOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[RecordingLookups]) -> RecordingQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[RecordingLookups]) -> RecordingQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RecordingLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RecordingLookups]) -> Self | None: ...
    @classmethod
    def create(cls, **params: Unpack[RecordingCreate]) -> Self: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[RecordingLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[RecordingUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[RecordingUpdate]) -> Coroutine[Any, Any, Self]: ...

class RecordingAddOnResultQuerySet(NamedQuerySet[R, RecordingAddOnResultName, RecordingAddOnResultOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[RecordingAddOnResultLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[RecordingAddOnResultLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RecordingAddOnResultLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RecordingAddOnResultLookups]) -> R | None: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class RecordingAddOnResult(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> RecordingAddOnResultQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[RecordingAddOnResultName, RecordingAddOnResultOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[RecordingAddOnResultLookups]) -> RecordingAddOnResultQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[RecordingAddOnResultLookups]) -> RecordingAddOnResultQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RecordingAddOnResultLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RecordingAddOnResultLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultLookups],
    ) -> tuple[Self, bool]: ...

class RecordingAddOnResultPayloadQuerySet(
    NamedQuerySet[R, RecordingAddOnResultPayloadName, RecordingAddOnResultPayloadOrder], Generic[R]
):
    def filter(self, *conditions: Q, **lookups: Unpack[RecordingAddOnResultPayloadLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[RecordingAddOnResultPayloadLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RecordingAddOnResultPayloadLookups]) -> R: ...
    def get_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultPayloadLookups],
    ) -> R | None: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultPayloadLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultPayloadLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultPayloadLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultPayloadLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultPayloadLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultPayloadLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class RecordingAddOnResultPayload(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> RecordingAddOnResultPayloadQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[RecordingAddOnResultPayloadName, RecordingAddOnResultPayloadOrder]: ...
    @classmethod
    def filter(
        cls,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultPayloadLookups],
    ) -> RecordingAddOnResultPayloadQuerySet[Self]: ...
    @classmethod
    def exclude(
        cls,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultPayloadLookups],
    ) -> RecordingAddOnResultPayloadQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RecordingAddOnResultPayloadLookups]) -> Self: ...
    @classmethod
    def get_or_none(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultPayloadLookups],
    ) -> Self | None: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultPayloadLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultPayloadLookups],
    ) -> tuple[Self, bool]: ...

class RecordingAddOnResultPayloadDataQuerySet(
    NamedQuerySet[R, RecordingAddOnResultPayloadDataName, RecordingAddOnResultPayloadDataOrder], Generic[R]
):
    def filter(self, *conditions: Q, **lookups: Unpack[RecordingAddOnResultPayloadDataLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[RecordingAddOnResultPayloadDataLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RecordingAddOnResultPayloadDataLookups]) -> R: ...
    def get_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultPayloadDataLookups],
    ) -> R | None: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultPayloadDataLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultPayloadDataLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultPayloadDataLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultPayloadDataLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultPayloadDataLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultPayloadDataLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class RecordingAddOnResultPayloadData(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> RecordingAddOnResultPayloadDataQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[RecordingAddOnResultPayloadDataName, RecordingAddOnResultPayloadDataOrder]: ...
    @classmethod
    def filter(
        cls,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultPayloadDataLookups],
    ) -> RecordingAddOnResultPayloadDataQuerySet[Self]: ...
    @classmethod
    def exclude(
        cls,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultPayloadDataLookups],
    ) -> RecordingAddOnResultPayloadDataQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[RecordingAddOnResultPayloadDataLookups]) -> Self: ...
    @classmethod
    def get_or_none(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[RecordingAddOnResultPayloadDataLookups],
    ) -> Self | None: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultPayloadDataLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[RecordingAddOnResultPayloadDataLookups],
    ) -> tuple[Self, bool]: ...

class ShortCodeQuerySet(NamedQuerySet[R, ShortCodeName, ShortCodeOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[ShortCodeLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[ShortCodeLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ShortCodeLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ShortCodeLookups]) -> R | None: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[ShortCodeLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ShortCodeLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[ShortCodePlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[ShortCodePlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ShortCodeLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[ShortCodeLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ShortCodeLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ShortCodeLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[ShortCodePlan]) -> Coroutine[Any, Any, Applied]: ...

class ShortCode(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> ShortCodeQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[ShortCodeName, ShortCodeOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[ShortCodeLookups]) -> ShortCodeQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[ShortCodeLookups]) -> ShortCodeQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ShortCodeLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ShortCodeLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[ShortCodeLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ShortCodeLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[ShortCodeUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[ShortCodeUpdate]) -> Coroutine[Any, Any, Self]: ...

class SigningKeyQuerySet(NamedQuerySet[R, SigningKeyName, SigningKeyOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[SigningKeyLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[SigningKeyLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SigningKeyLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SigningKeyLookups]) -> R | None: ...
    def create(self, _friendly_name: Any = ..., /, **params: Unpack[SigningKeyCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[SigningKeyLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SigningKeyLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[SigningKeyPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[SigningKeyPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SigningKeyLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SigningKeyLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, _friendly_name: Any = ..., /, **params: Unpack[SigningKeyCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SigningKeyLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SigningKeyLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[SigningKeyPlan]) -> Coroutine[Any, Any, Applied]: ...

class SigningKey(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> SigningKeyQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[SigningKeyName, SigningKeyOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[SigningKeyLookups]) -> SigningKeyQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[SigningKeyLookups]) -> SigningKeyQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SigningKeyLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SigningKeyLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _friendly_name: Any = ..., /, **params: Unpack[SigningKeyCreate]) -> Self: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[SigningKeyLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SigningKeyLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[SigningKeyUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[SigningKeyUpdate]) -> Coroutine[Any, Any, Self]: ...

class SipAuthCallsCredentialListMappingQuerySet(
    NamedQuerySet[R, SipAuthCallsCredentialListMappingName, SipAuthCallsCredentialListMappingOrder], Generic[R]
):
    def filter(self, *conditions: Q, **lookups: Unpack[SipAuthCallsCredentialListMappingLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[SipAuthCallsCredentialListMappingLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipAuthCallsCredentialListMappingLookups]) -> R: ...
    def get_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthCallsCredentialListMappingLookups],
    ) -> R | None: ...
    def create(self, _credential_list_sid: Any = ..., /, **params: Unpack[SipAuthCallsCredentialListMappingCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthCallsCredentialListMappingLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthCallsCredentialListMappingLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthCallsCredentialListMappingLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthCallsCredentialListMappingLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _credential_list_sid: Any = ...,
        /,
        **params: Unpack[SipAuthCallsCredentialListMappingCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthCallsCredentialListMappingLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthCallsCredentialListMappingLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class SipAuthCallsCredentialListMapping(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> SipAuthCallsCredentialListMappingQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[SipAuthCallsCredentialListMappingName, SipAuthCallsCredentialListMappingOrder]: ...
    @classmethod
    def filter(
        cls,
        *conditions: Q,
        **lookups: Unpack[SipAuthCallsCredentialListMappingLookups],
    ) -> SipAuthCallsCredentialListMappingQuerySet[Self]: ...
    @classmethod
    def exclude(
        cls,
        *conditions: Q,
        **lookups: Unpack[SipAuthCallsCredentialListMappingLookups],
    ) -> SipAuthCallsCredentialListMappingQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipAuthCallsCredentialListMappingLookups]) -> Self: ...
    @classmethod
    def get_or_none(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthCallsCredentialListMappingLookups],
    ) -> Self | None: ...
    @classmethod
    def create(cls, _credential_list_sid: Any = ..., /, **params: Unpack[SipAuthCallsCredentialListMappingCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthCallsCredentialListMappingLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthCallsCredentialListMappingLookups],
    ) -> tuple[Self, bool]: ...

class SipAuthCallsIpAccessControlListMappingQuerySet(
    NamedQuerySet[R, SipAuthCallsIpAccessControlListMappingName, SipAuthCallsIpAccessControlListMappingOrder], Generic[R]
):
    def filter(self, *conditions: Q, **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups]) -> R: ...
    def get_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups],
    ) -> R | None: ...
    def create(
        self,
        _ip_access_control_list_sid: Any = ...,
        /,
        **params: Unpack[SipAuthCallsIpAccessControlListMappingCreate],
    ) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _ip_access_control_list_sid: Any = ...,
        /,
        **params: Unpack[SipAuthCallsIpAccessControlListMappingCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class SipAuthCallsIpAccessControlListMapping(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> SipAuthCallsIpAccessControlListMappingQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[SipAuthCallsIpAccessControlListMappingName, SipAuthCallsIpAccessControlListMappingOrder]: ...
    @classmethod
    def filter(
        cls,
        *conditions: Q,
        **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups],
    ) -> SipAuthCallsIpAccessControlListMappingQuerySet[Self]: ...
    @classmethod
    def exclude(
        cls,
        *conditions: Q,
        **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups],
    ) -> SipAuthCallsIpAccessControlListMappingQuerySet[Self]: ...
    @classmethod
    def get(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups],
    ) -> Self: ...
    @classmethod
    def get_or_none(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups],
    ) -> Self | None: ...
    @classmethod
    def create(
        cls,
        _ip_access_control_list_sid: Any = ...,
        /,
        **params: Unpack[SipAuthCallsIpAccessControlListMappingCreate],
    ) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthCallsIpAccessControlListMappingLookups],
    ) -> tuple[Self, bool]: ...

class SipAuthRegistrationsCredentialListMappingQuerySet(
    NamedQuerySet[R, SipAuthRegistrationsCredentialListMappingName, SipAuthRegistrationsCredentialListMappingOrder], Generic[R]
):
    def filter(self, *conditions: Q, **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups]) -> Self: ...
    def get(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> R: ...
    def get_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> R | None: ...
    def create(
        self,
        _credential_list_sid: Any = ...,
        /,
        **params: Unpack[SipAuthRegistrationsCredentialListMappingCreate],
    ) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _credential_list_sid: Any = ...,
        /,
        **params: Unpack[SipAuthRegistrationsCredentialListMappingCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class SipAuthRegistrationsCredentialListMapping(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> SipAuthRegistrationsCredentialListMappingQuerySet[Self]: ...
    @classmethod
    def _typed_names(
        cls,
    ) -> Names[SipAuthRegistrationsCredentialListMappingName, SipAuthRegistrationsCredentialListMappingOrder]: ...
    @classmethod
    def filter(
        cls,
        *conditions: Q,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> SipAuthRegistrationsCredentialListMappingQuerySet[Self]: ...
    @classmethod
    def exclude(
        cls,
        *conditions: Q,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> SipAuthRegistrationsCredentialListMappingQuerySet[Self]: ...
    @classmethod
    def get(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> Self: ...
    @classmethod
    def get_or_none(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> Self | None: ...
    @classmethod
    def create(
        cls,
        _credential_list_sid: Any = ...,
        /,
        **params: Unpack[SipAuthRegistrationsCredentialListMappingCreate],
    ) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipAuthRegistrationsCredentialListMappingLookups],
    ) -> tuple[Self, bool]: ...

class SipCredentialQuerySet(NamedQuerySet[R, SipCredentialName, SipCredentialOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[SipCredentialLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[SipCredentialLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipCredentialLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipCredentialLookups]) -> R | None: ...
    def create(self, _username: Any = ..., _password: Any = ..., /, **params: Unpack[SipCredentialCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[SipCredentialPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[SipCredentialPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipCredentialLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipCredentialLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _username: Any = ...,
        _password: Any = ...,
        /,
        **params: Unpack[SipCredentialCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(
        self,
        confirm: bool | int | None = None,
        **changes: Unpack[SipCredentialPlan],
    ) -> Coroutine[Any, Any, Applied]: ...

class SipCredential(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> SipCredentialQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[SipCredentialName, SipCredentialOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[SipCredentialLookups]) -> SipCredentialQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[SipCredentialLookups]) -> SipCredentialQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipCredentialLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipCredentialLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _username: Any = ..., _password: Any = ..., /, **params: Unpack[SipCredentialCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[SipCredentialUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[SipCredentialUpdate]) -> Coroutine[Any, Any, Self]: ...

class SipCredentialListQuerySet(NamedQuerySet[R, SipCredentialListName, SipCredentialListOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[SipCredentialListLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[SipCredentialListLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipCredentialListLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipCredentialListLookups]) -> R | None: ...
    def create(self, _friendly_name: Any = ..., /, **params: Unpack[SipCredentialListCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialListLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialListLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[SipCredentialListPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[SipCredentialListPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipCredentialListLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipCredentialListLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, _friendly_name: Any = ..., /, **params: Unpack[SipCredentialListCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialListLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialListLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(
        self,
        confirm: bool | int | None = None,
        **changes: Unpack[SipCredentialListPlan],
    ) -> Coroutine[Any, Any, Applied]: ...

class SipCredentialList(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> SipCredentialListQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[SipCredentialListName, SipCredentialListOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[SipCredentialListLookups]) -> SipCredentialListQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[SipCredentialListLookups]) -> SipCredentialListQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipCredentialListLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipCredentialListLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _friendly_name: Any = ..., /, **params: Unpack[SipCredentialListCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialListLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialListLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[SipCredentialListUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[SipCredentialListUpdate]) -> Coroutine[Any, Any, Self]: ...

class SipCredentialListMappingQuerySet(NamedQuerySet[R, SipCredentialListMappingName, SipCredentialListMappingOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[SipCredentialListMappingLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[SipCredentialListMappingLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipCredentialListMappingLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipCredentialListMappingLookups]) -> R | None: ...
    def create(self, _credential_list_sid: Any = ..., /, **params: Unpack[SipCredentialListMappingCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialListMappingLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialListMappingLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipCredentialListMappingLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipCredentialListMappingLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _credential_list_sid: Any = ...,
        /,
        **params: Unpack[SipCredentialListMappingCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialListMappingLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialListMappingLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class SipCredentialListMapping(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> SipCredentialListMappingQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[SipCredentialListMappingName, SipCredentialListMappingOrder]: ...
    @classmethod
    def filter(
        cls,
        *conditions: Q,
        **lookups: Unpack[SipCredentialListMappingLookups],
    ) -> SipCredentialListMappingQuerySet[Self]: ...
    @classmethod
    def exclude(
        cls,
        *conditions: Q,
        **lookups: Unpack[SipCredentialListMappingLookups],
    ) -> SipCredentialListMappingQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipCredentialListMappingLookups]) -> Self: ...
    @classmethod
    def get_or_none(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipCredentialListMappingLookups],
    ) -> Self | None: ...
    @classmethod
    def create(cls, _credential_list_sid: Any = ..., /, **params: Unpack[SipCredentialListMappingCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialListMappingLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipCredentialListMappingLookups],
    ) -> tuple[Self, bool]: ...

class SipDomainQuerySet(NamedQuerySet[R, SipDomainName, SipDomainOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[SipDomainLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[SipDomainLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipDomainLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipDomainLookups]) -> R | None: ...
    def create(self, _friendly_name: Any = ..., _domain_name: Any = ..., /, **params: Unpack[SipDomainCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[SipDomainLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipDomainLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[SipDomainPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[SipDomainPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipDomainLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipDomainLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _friendly_name: Any = ...,
        _domain_name: Any = ...,
        /,
        **params: Unpack[SipDomainCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipDomainLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipDomainLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[SipDomainPlan]) -> Coroutine[Any, Any, Applied]: ...

class SipDomain(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> SipDomainQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[SipDomainName, SipDomainOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[SipDomainLookups]) -> SipDomainQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[SipDomainLookups]) -> SipDomainQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipDomainLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipDomainLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _friendly_name: Any = ..., _domain_name: Any = ..., /, **params: Unpack[SipDomainCreate]) -> Self: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[SipDomainLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipDomainLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[SipDomainUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[SipDomainUpdate]) -> Coroutine[Any, Any, Self]: ...

class SipIpAccessControlListQuerySet(NamedQuerySet[R, SipIpAccessControlListName, SipIpAccessControlListOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[SipIpAccessControlListLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[SipIpAccessControlListLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipIpAccessControlListLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipIpAccessControlListLookups]) -> R | None: ...
    def create(self, _friendly_name: Any = ..., /, **params: Unpack[SipIpAccessControlListCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAccessControlListLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAccessControlListLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[SipIpAccessControlListPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[SipIpAccessControlListPlan]) -> Applied: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipIpAccessControlListLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipIpAccessControlListLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, _friendly_name: Any = ..., /, **params: Unpack[SipIpAccessControlListCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAccessControlListLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAccessControlListLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(
        self,
        confirm: bool | int | None = None,
        **changes: Unpack[SipIpAccessControlListPlan],
    ) -> Coroutine[Any, Any, Applied]: ...

class SipIpAccessControlList(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> SipIpAccessControlListQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[SipIpAccessControlListName, SipIpAccessControlListOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[SipIpAccessControlListLookups]) -> SipIpAccessControlListQuerySet[Self]: ...
    @classmethod
    def exclude(
        cls,
        *conditions: Q,
        **lookups: Unpack[SipIpAccessControlListLookups],
    ) -> SipIpAccessControlListQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipIpAccessControlListLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipIpAccessControlListLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _friendly_name: Any = ..., /, **params: Unpack[SipIpAccessControlListCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAccessControlListLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAccessControlListLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[SipIpAccessControlListUpdate]) -> Self: ...
    def aupdate(
        self,
        *,
        confirm: str | None = None,
        **changes: Unpack[SipIpAccessControlListUpdate],
    ) -> Coroutine[Any, Any, Self]: ...

class SipIpAccessControlListMappingQuerySet(
    NamedQuerySet[R, SipIpAccessControlListMappingName, SipIpAccessControlListMappingOrder], Generic[R]
):
    def filter(self, *conditions: Q, **lookups: Unpack[SipIpAccessControlListMappingLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[SipIpAccessControlListMappingLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipIpAccessControlListMappingLookups]) -> R: ...
    def get_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipIpAccessControlListMappingLookups],
    ) -> R | None: ...
    def create(self, _ip_access_control_list_sid: Any = ..., /, **params: Unpack[SipIpAccessControlListMappingCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAccessControlListMappingLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAccessControlListMappingLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipIpAccessControlListMappingLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipIpAccessControlListMappingLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _ip_access_control_list_sid: Any = ...,
        /,
        **params: Unpack[SipIpAccessControlListMappingCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAccessControlListMappingLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAccessControlListMappingLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class SipIpAccessControlListMapping(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> SipIpAccessControlListMappingQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[SipIpAccessControlListMappingName, SipIpAccessControlListMappingOrder]: ...
    @classmethod
    def filter(
        cls,
        *conditions: Q,
        **lookups: Unpack[SipIpAccessControlListMappingLookups],
    ) -> SipIpAccessControlListMappingQuerySet[Self]: ...
    @classmethod
    def exclude(
        cls,
        *conditions: Q,
        **lookups: Unpack[SipIpAccessControlListMappingLookups],
    ) -> SipIpAccessControlListMappingQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipIpAccessControlListMappingLookups]) -> Self: ...
    @classmethod
    def get_or_none(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipIpAccessControlListMappingLookups],
    ) -> Self | None: ...
    @classmethod
    def create(cls, _ip_access_control_list_sid: Any = ..., /, **params: Unpack[SipIpAccessControlListMappingCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAccessControlListMappingLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAccessControlListMappingLookups],
    ) -> tuple[Self, bool]: ...

class SipIpAddressQuerySet(NamedQuerySet[R, SipIpAddressName, SipIpAddressOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[SipIpAddressLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[SipIpAddressLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipIpAddressLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipIpAddressLookups]) -> R | None: ...
    def create(self, _friendly_name: Any = ..., _ip_address: Any = ..., /, **params: Unpack[SipIpAddressCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[SipIpAddressLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAddressLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[SipIpAddressPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[SipIpAddressPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipIpAddressLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SipIpAddressLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _friendly_name: Any = ...,
        _ip_address: Any = ...,
        /,
        **params: Unpack[SipIpAddressCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAddressLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAddressLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[SipIpAddressPlan]) -> Coroutine[Any, Any, Applied]: ...

class SipIpAddress(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> SipIpAddressQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[SipIpAddressName, SipIpAddressOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[SipIpAddressLookups]) -> SipIpAddressQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[SipIpAddressLookups]) -> SipIpAddressQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipIpAddressLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SipIpAddressLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _friendly_name: Any = ..., _ip_address: Any = ..., /, **params: Unpack[SipIpAddressCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAddressLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SipIpAddressLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[SipIpAddressUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[SipIpAddressUpdate]) -> Coroutine[Any, Any, Self]: ...

class SiprecQuerySet(NamedQuerySet[R, SiprecName, SiprecOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[SiprecLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[SiprecLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SiprecLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SiprecLookups]) -> R | None: ...
    def create(self, _connector_name: Any = ..., /, **params: Unpack[SiprecCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[SiprecLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SiprecLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[SiprecPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[SiprecPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SiprecLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[SiprecLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, _connector_name: Any = ..., /, **params: Unpack[SiprecCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SiprecLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SiprecLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[SiprecPlan]) -> Coroutine[Any, Any, Applied]: ...

class Siprec(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> SiprecQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[SiprecName, SiprecOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[SiprecLookups]) -> SiprecQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[SiprecLookups]) -> SiprecQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SiprecLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[SiprecLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _connector_name: Any = ..., /, **params: Unpack[SiprecCreate]) -> Self: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[SiprecLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[SiprecLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[SiprecUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[SiprecUpdate]) -> Coroutine[Any, Any, Self]: ...

class StreamQuerySet(NamedQuerySet[R, StreamName, StreamOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[StreamLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[StreamLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[StreamLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[StreamLookups]) -> R | None: ...
    def create(self, _url: Any = ..., /, **params: Unpack[StreamCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[StreamLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[StreamLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[StreamPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[StreamPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[StreamLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[StreamLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, _url: Any = ..., /, **params: Unpack[StreamCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[StreamLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[StreamLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[StreamPlan]) -> Coroutine[Any, Any, Applied]: ...

class Stream(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> StreamQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[StreamName, StreamOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[StreamLookups]) -> StreamQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[StreamLookups]) -> StreamQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[StreamLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[StreamLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _url: Any = ..., /, **params: Unpack[StreamCreate]) -> Self: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[StreamLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[StreamLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[StreamUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[StreamUpdate]) -> Coroutine[Any, Any, Self]: ...

class TokenQuerySet(NamedQuerySet[R, TokenName, TokenOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[TokenLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[TokenLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[TokenLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[TokenLookups]) -> R | None: ...
    def create(self, _ttl: Any = ..., /, **params: Unpack[TokenCreate]) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[TokenLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[TokenLookups],
    ) -> tuple[R, bool]: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[TokenLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[TokenLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, _ttl: Any = ..., /, **params: Unpack[TokenCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[TokenLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[TokenLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class Token(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> TokenQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[TokenName, TokenOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[TokenLookups]) -> TokenQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[TokenLookups]) -> TokenQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[TokenLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[TokenLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _ttl: Any = ..., /, **params: Unpack[TokenCreate]) -> Self: ...
    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Unpack[TokenLookups]) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[TokenLookups],
    ) -> tuple[Self, bool]: ...

class TranscriptionQuerySet(NamedQuerySet[R, TranscriptionName, TranscriptionOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[TranscriptionLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[TranscriptionLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[TranscriptionLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[TranscriptionLookups]) -> R | None: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[TranscriptionLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[TranscriptionLookups],
    ) -> tuple[R, bool]: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[TranscriptionLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[TranscriptionLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[TranscriptionLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[TranscriptionLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class Transcription(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> TranscriptionQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[TranscriptionName, TranscriptionOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[TranscriptionLookups]) -> TranscriptionQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[TranscriptionLookups]) -> TranscriptionQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[TranscriptionLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[TranscriptionLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[TranscriptionLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[TranscriptionLookups],
    ) -> tuple[Self, bool]: ...

class UsageRecordQuerySet(NamedQuerySet[R, UsageRecordName, UsageRecordOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[UsageRecordLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[UsageRecordLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UsageRecordLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UsageRecordLookups]) -> R | None: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[UsageRecordLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UsageRecordLookups],
    ) -> tuple[R, bool]: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UsageRecordLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[UsageRecordLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UsageRecordLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UsageRecordLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class UsageRecord(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> UsageRecordQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[UsageRecordName, UsageRecordOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[UsageRecordLookups]) -> UsageRecordQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[UsageRecordLookups]) -> UsageRecordQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UsageRecordLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UsageRecordLookups]) -> Self | None: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UsageRecordLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UsageRecordLookups],
    ) -> tuple[Self, bool]: ...

class UsageTriggerQuerySet(NamedQuerySet[R, UsageTriggerName, UsageTriggerOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[UsageTriggerLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[UsageTriggerLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UsageTriggerLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UsageTriggerLookups]) -> R | None: ...
    def create(
        self,
        _usage_category: Any = ...,
        _trigger_value: Any = ...,
        _callback_url: Any = ...,
        /,
        **params: Unpack[UsageTriggerCreate],
    ) -> R: ...
    def get_or_create(self, defaults: dict[str, Any] | None = None, **lookups: Unpack[UsageTriggerLookups]) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UsageTriggerLookups],
    ) -> tuple[R, bool]: ...
    def plan_update(self, **changes: Unpack[UsageTriggerPlan]) -> WritePlan: ...
    def update(self, confirm: bool | int | None = None, **changes: Unpack[UsageTriggerPlan]) -> Applied: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UsageTriggerLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[UsageTriggerLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _usage_category: Any = ...,
        _trigger_value: Any = ...,
        _callback_url: Any = ...,
        /,
        **params: Unpack[UsageTriggerCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UsageTriggerLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UsageTriggerLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate(self, confirm: bool | int | None = None, **changes: Unpack[UsageTriggerPlan]) -> Coroutine[Any, Any, Applied]: ...

class UsageTrigger(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> UsageTriggerQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[UsageTriggerName, UsageTriggerOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[UsageTriggerLookups]) -> UsageTriggerQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[UsageTriggerLookups]) -> UsageTriggerQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UsageTriggerLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UsageTriggerLookups]) -> Self | None: ...
    @classmethod
    def create(
        cls,
        _usage_category: Any = ...,
        _trigger_value: Any = ...,
        _callback_url: Any = ...,
        /,
        **params: Unpack[UsageTriggerCreate],
    ) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UsageTriggerLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UsageTriggerLookups],
    ) -> tuple[Self, bool]: ...
    def update(self, *, confirm: str | None = None, **changes: Unpack[UsageTriggerUpdate]) -> Self: ...
    def aupdate(self, *, confirm: str | None = None, **changes: Unpack[UsageTriggerUpdate]) -> Coroutine[Any, Any, Self]: ...

class UserDefinedMessageQuerySet(NamedQuerySet[R, UserDefinedMessageName, UserDefinedMessageOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[UserDefinedMessageLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[UserDefinedMessageLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UserDefinedMessageLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UserDefinedMessageLookups]) -> R | None: ...
    def create(self, _content: Any = ..., /, **params: Unpack[UserDefinedMessageCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UserDefinedMessageLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UserDefinedMessageLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[UserDefinedMessageLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[UserDefinedMessageLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(self, _content: Any = ..., /, **params: Unpack[UserDefinedMessageCreate]) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UserDefinedMessageLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UserDefinedMessageLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class UserDefinedMessage(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> UserDefinedMessageQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[UserDefinedMessageName, UserDefinedMessageOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[UserDefinedMessageLookups]) -> UserDefinedMessageQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[UserDefinedMessageLookups]) -> UserDefinedMessageQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UserDefinedMessageLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UserDefinedMessageLookups]) -> Self | None: ...
    @classmethod
    def create(cls, _content: Any = ..., /, **params: Unpack[UserDefinedMessageCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UserDefinedMessageLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UserDefinedMessageLookups],
    ) -> tuple[Self, bool]: ...

class UserDefinedMessageSubscriptionQuerySet(
    NamedQuerySet[R, UserDefinedMessageSubscriptionName, UserDefinedMessageSubscriptionOrder], Generic[R]
):
    def filter(self, *conditions: Q, **lookups: Unpack[UserDefinedMessageSubscriptionLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[UserDefinedMessageSubscriptionLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UserDefinedMessageSubscriptionLookups]) -> R: ...
    def get_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[UserDefinedMessageSubscriptionLookups],
    ) -> R | None: ...
    def create(self, _callback: Any = ..., /, **params: Unpack[UserDefinedMessageSubscriptionCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UserDefinedMessageSubscriptionLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UserDefinedMessageSubscriptionLookups],
    ) -> tuple[R, bool]: ...
    def aget(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[UserDefinedMessageSubscriptionLookups],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[UserDefinedMessageSubscriptionLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _callback: Any = ...,
        /,
        **params: Unpack[UserDefinedMessageSubscriptionCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UserDefinedMessageSubscriptionLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UserDefinedMessageSubscriptionLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class UserDefinedMessageSubscription(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> UserDefinedMessageSubscriptionQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[UserDefinedMessageSubscriptionName, UserDefinedMessageSubscriptionOrder]: ...
    @classmethod
    def filter(
        cls,
        *conditions: Q,
        **lookups: Unpack[UserDefinedMessageSubscriptionLookups],
    ) -> UserDefinedMessageSubscriptionQuerySet[Self]: ...
    @classmethod
    def exclude(
        cls,
        *conditions: Q,
        **lookups: Unpack[UserDefinedMessageSubscriptionLookups],
    ) -> UserDefinedMessageSubscriptionQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[UserDefinedMessageSubscriptionLookups]) -> Self: ...
    @classmethod
    def get_or_none(
        cls,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[UserDefinedMessageSubscriptionLookups],
    ) -> Self | None: ...
    @classmethod
    def create(cls, _callback: Any = ..., /, **params: Unpack[UserDefinedMessageSubscriptionCreate]) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UserDefinedMessageSubscriptionLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[UserDefinedMessageSubscriptionLookups],
    ) -> tuple[Self, bool]: ...

class ValidationRequestQuerySet(NamedQuerySet[R, ValidationRequestName, ValidationRequestOrder], Generic[R]):
    def filter(self, *conditions: Q, **lookups: Unpack[ValidationRequestLookups]) -> Self: ...
    def exclude(self, *conditions: Q, **lookups: Unpack[ValidationRequestLookups]) -> Self: ...
    def get(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ValidationRequestLookups]) -> R: ...
    def get_or_none(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ValidationRequestLookups]) -> R | None: ...
    def create(self, _phone_number: Any = ..., _friendly_name: Any = ..., /, **params: Unpack[ValidationRequestCreate]) -> R: ...
    def get_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ValidationRequestLookups],
    ) -> tuple[R, bool]: ...
    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ValidationRequestLookups],
    ) -> tuple[R, bool]: ...
    def aget(self, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ValidationRequestLookups]) -> Coroutine[Any, Any, R]: ...
    def aget_or_none(
        self,
        sid: Any = None,
        /,
        *conditions: Q,
        **lookups: Unpack[ValidationRequestLookups],
    ) -> Coroutine[Any, Any, R | None]: ...
    def acreate(
        self,
        _phone_number: Any = ...,
        _friendly_name: Any = ...,
        /,
        **params: Unpack[ValidationRequestCreate],
    ) -> Coroutine[Any, Any, R]: ...
    def aget_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ValidationRequestLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...
    def aupdate_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ValidationRequestLookups],
    ) -> Coroutine[Any, Any, tuple[R, bool]]: ...

class ValidationRequest(TypedResource):
    @classmethod
    def using(cls, connection: Connection | None = None) -> ValidationRequestQuerySet[Self]: ...
    @classmethod
    def _typed_names(cls) -> Names[ValidationRequestName, ValidationRequestOrder]: ...
    @classmethod
    def filter(cls, *conditions: Q, **lookups: Unpack[ValidationRequestLookups]) -> ValidationRequestQuerySet[Self]: ...
    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Unpack[ValidationRequestLookups]) -> ValidationRequestQuerySet[Self]: ...
    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ValidationRequestLookups]) -> Self: ...
    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Unpack[ValidationRequestLookups]) -> Self | None: ...
    @classmethod
    def create(
        cls,
        _phone_number: Any = ...,
        _friendly_name: Any = ...,
        /,
        **params: Unpack[ValidationRequestCreate],
    ) -> Self: ...
    @classmethod
    def get_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ValidationRequestLookups],
    ) -> tuple[Self, bool]: ...
    @classmethod
    def update_or_create(
        cls,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Unpack[ValidationRequestLookups],
    ) -> tuple[Self, bool]: ...
