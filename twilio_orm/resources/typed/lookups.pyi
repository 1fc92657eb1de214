"""The conditions that each resource takes. Written by ``make stubs``."""

from . import fields, known, relations
from .values import AZone, OneFlag, OneNumber, OneText

class AccountLookups(
    fields.SidField,
    fields.OwnerAccountSidField,
    fields.FriendlyNameField,
    fields.StatusField,
    fields.TypeField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.SubresourceUrisField,
    fields.OwnerField,
    fields.PkField,
    relations.AddressesRelation,
    relations.ApplicationsRelation,
    relations.AuthorizedConnectAppsRelation,
    relations.AvailableCountriesRelation,
    relations.BalanceRelation,
    relations.CallsRelation,
    relations.ConferencesRelation,
    relations.ConnectAppsRelation,
    relations.FeedbackSummariesRelation,
    relations.IncomingPhoneNumbersRelation,
    relations.KeysRelation,
    relations.MessagesRelation,
    relations.NotificationsRelation,
    relations.OutgoingCallerIdsRelation,
    relations.QueuesRelation,
    relations.RecordingsRelation,
    relations.ShortCodesRelation,
    relations.SigningKeysRelation,
    relations.SipCredentialListsRelation,
    relations.SipDomainsRelation,
    relations.SipIpAccessControlListsRelation,
    relations.TokensRelation,
    relations.TranscriptionsRelation,
    relations.UsageRecordsRelation,
    relations.UsageTriggersRelation,
    relations.ValidationRequestsRelation,
    relations.OwnerRelation,
    total=False,
):
    tz: AZone

class AddressLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.CustomerNameField,
    fields.FriendlyNameField,
    fields.StreetField,
    fields.StreetSecondaryField,
    fields.CityField,
    fields.RegionField,
    fields.PostalCodeField,
    fields.IsoCountryField,
    fields.EmergencyEnabledField,
    fields.ValidatedField,
    fields.VerifiedField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    relations.DependentPhoneNumbersRelation,
    relations.NumbersRelation,
    relations.EmergencyNumbersRelation,
    total=False,
):
    tz: AZone

class ApplicationLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.FriendlyNameField,
    fields.SmsStatusCallbackField,
    fields.MessageStatusCallbackField,
    fields.PublicApplicationConnectEnabledField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.ApiVersionField,
    fields.VoiceUrlField,
    fields.VoiceMethodField,
    fields.VoiceFallbackUrlField,
    fields.VoiceFallbackMethodField,
    fields.VoiceCallerIdLookupField,
    fields.SmsUrlField,
    fields.SmsMethodField,
    fields.SmsFallbackUrlField,
    fields.SmsFallbackMethodField,
    fields.StatusCallbackField,
    fields.StatusCallbackMethodField,
    fields.UriField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    relations.VoiceNumbersRelation,
    relations.SmsNumbersRelation,
    total=False,
):
    tz: AZone

class AuthorizedConnectAppLookups(
    fields.AccountSidField,
    fields.ConnectAppSidField,
    fields.ConnectAppFriendlyNameField,
    fields.ConnectAppCompanyNameField,
    fields.ConnectAppDescriptionField,
    fields.ConnectAppHomepageUrlField,
    fields.PermissionsField,
    fields.UriField,
    fields.AccountField,
    relations.AccountRelation,
    total=False,
):
    tz: AZone

class AvailablePhoneNumberLookups(
    fields.PhoneNumberField,
    fields.FriendlyNameField,
    fields.LocalityField,
    fields.RegionField,
    fields.PostalCodeField,
    fields.IsoCountryField,
    fields.LataField,
    fields.RateCenterField,
    fields.LatitudeField,
    fields.LongitudeField,
    fields.AddressRequirementsField,
    fields.BetaField,
    fields.CapabilitiesField,
    fields.PkOfAvailablePhoneNumberField,
    total=False,
):
    country: OneText | None
    type: known.TypeOfAvailablePhoneNumberValue | OneText | None
    area_code: OneNumber | None
    contains: OneText | None
    sms_enabled: OneFlag | None
    mms_enabled: OneFlag | None
    voice_enabled: OneFlag | None
    fax_enabled: OneFlag | None
    exclude_all_address_required: OneFlag | None
    exclude_local_address_required: OneFlag | None
    exclude_foreign_address_required: OneFlag | None
    near_number: OneText | None
    near_lat_long: OneText | None
    distance: OneNumber | None
    in_postal_code: OneText | None
    in_region: OneText | None
    in_rate_center: OneText | None
    in_lata: OneText | None
    in_locality: OneText | None
    tz: AZone

class AvailablePhoneNumberCountryLookups(
    fields.AccountSidField,
    fields.CountryCodeField,
    fields.CountryField,
    fields.BetaField,
    fields.SubresourceUrisField,
    fields.UriField,
    fields.AccountField,
    relations.AccountRelation,
    total=False,
):
    tz: AZone

class BalanceLookups(
    fields.AccountSidField,
    fields.BalanceField,
    fields.CurrencyField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    total=False,
):
    tz: AZone

class CallLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.ParentCallSidField,
    fields.ToField,
    fields.ToFormattedField,
    fields.FromField,
    fields.FromFormattedField,
    fields.PhoneNumberSidField,
    fields.StatusOfCallField,
    fields.DirectionField,
    fields.StartTimeField,
    fields.EndTimeField,
    fields.DurationField,
    fields.PriceField,
    fields.PriceUnitField,
    fields.AnsweredByField,
    fields.ForwardedFromField,
    fields.CallerNameField,
    fields.GroupSidField,
    fields.TrunkSidField,
    fields.QueueTimeField,
    fields.ApiVersionField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.SubresourceUrisField,
    fields.ToCountryField,
    fields.FromCountryField,
    fields.OurNumberField,
    fields.OtherNumberField,
    fields.BilledMinutesField,
    fields.FromOfCallField,
    fields.AccountField,
    fields.ParentCallField,
    fields.IncomingPhoneNumberField,
    fields.OutgoingCallerIdField,
    fields.PkField,
    relations.AccountRelation,
    relations.PaymentsRelation,
    relations.SiprecRelation,
    relations.StreamsRelation,
    relations.RealtimeTranscriptionsRelation,
    relations.UserDefinedMessagesRelation,
    relations.UserDefinedMessageSubscriptionsRelation,
    relations.ParentCallRelation,
    relations.LegsRelation,
    relations.IncomingPhoneNumberRelation,
    relations.OutgoingCallerIdRelation,
    relations.RecordingsOfCallRelation,
    relations.NotificationsOfCallRelation,
    relations.EventsRelation,
    relations.FeedbackRelation,
    total=False,
):
    tz: AZone

class CallEventLookups(
    fields.CallSidField,
    fields.PositionField,
    fields.AccountSidField,
    fields.RequestField,
    fields.ResponseField,
    fields.AccountField,
    fields.CallField,
    relations.AccountRelation,
    relations.CallRelation,
    total=False,
):
    tz: AZone

class CallFeedbackLookups(
    fields.CallSidField,
    fields.AccountSidField,
    fields.SidOfCallFeedbackField,
    fields.QualityScoreField,
    fields.IssuesField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.AccountField,
    fields.CallField,
    fields.PkField,
    relations.AccountRelation,
    relations.CallRelation,
    total=False,
):
    tz: AZone

class ConferenceLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.FriendlyNameField,
    fields.StatusOfConferenceField,
    fields.RegionField,
    fields.ReasonConferenceEndedField,
    fields.CallSidEndingConferenceField,
    fields.ApiVersionField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.SubresourceUrisField,
    fields.AccountField,
    fields.EndingCallField,
    fields.PkField,
    relations.AccountRelation,
    relations.ParticipantsRelation,
    relations.RecordingsOfCallRelation,
    relations.EndingCallRelation,
    total=False,
):
    tz: AZone

class ConnectAppLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.FriendlyNameField,
    fields.CompanyNameField,
    fields.DescriptionField,
    fields.HomepageUrlField,
    fields.AuthorizeRedirectUrlField,
    fields.DeauthorizeCallbackUrlField,
    fields.DeauthorizeCallbackMethodField,
    fields.PermissionsOfConnectAppField,
    fields.UriField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    total=False,
):
    tz: AZone

class DependentPhoneNumberLookups(
    fields.AddressSidField,
    fields.SidField,
    fields.AccountSidField,
    fields.PhoneNumberField,
    fields.FriendlyNameField,
    fields.AddressRequirementsOfDependentPhoneNumberField,
    fields.CapabilitiesField,
    fields.SmsApplicationSidField,
    fields.VoiceApplicationSidField,
    fields.TrunkSidField,
    fields.EmergencyStatusField,
    fields.EmergencyAddressSidField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.ApiVersionField,
    fields.VoiceUrlField,
    fields.VoiceMethodField,
    fields.VoiceFallbackUrlField,
    fields.VoiceFallbackMethodField,
    fields.VoiceCallerIdLookupField,
    fields.SmsUrlField,
    fields.SmsMethodField,
    fields.SmsFallbackUrlField,
    fields.SmsFallbackMethodField,
    fields.StatusCallbackField,
    fields.StatusCallbackMethodField,
    fields.UriField,
    fields.CountryField,
    fields.AccountField,
    fields.VoiceApplicationField,
    fields.SmsApplicationField,
    fields.AddressField,
    fields.EmergencyAddressField,
    fields.NumberField,
    relations.AccountRelation,
    relations.VoiceApplicationRelation,
    relations.SmsApplicationRelation,
    relations.AddressRelation,
    relations.EmergencyAddressRelation,
    relations.NumberRelation,
    total=False,
):
    tz: AZone

class FeedbackSummaryLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.StatusOfFeedbackSummaryField,
    fields.StartDateField,
    fields.EndDateField,
    fields.IncludeSubaccountsField,
    fields.CallCountField,
    fields.CallFeedbackCountField,
    fields.QualityScoreAverageField,
    fields.QualityScoreMedianField,
    fields.QualityScoreStandardDeviationField,
    fields.IssuesField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    total=False,
):
    tz: AZone

class IncomingPhoneNumberLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.PhoneNumberField,
    fields.FriendlyNameField,
    fields.TypeOfIncomingPhoneNumberField,
    fields.StatusOfFeedbackSummaryField,
    fields.OriginField,
    fields.BetaField,
    fields.CapabilitiesField,
    fields.VoiceApplicationSidField,
    fields.VoiceReceiveModeField,
    fields.SmsApplicationSidField,
    fields.TrunkSidField,
    fields.AddressSidField,
    fields.AddressRequirementsOfDependentPhoneNumberField,
    fields.IdentitySidField,
    fields.BundleSidField,
    fields.EmergencyStatusField,
    fields.EmergencyAddressSidField,
    fields.EmergencyAddressStatusField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.ApiVersionField,
    fields.VoiceUrlField,
    fields.VoiceMethodField,
    fields.VoiceFallbackUrlField,
    fields.VoiceFallbackMethodField,
    fields.VoiceCallerIdLookupField,
    fields.SmsUrlField,
    fields.SmsMethodField,
    fields.SmsFallbackUrlField,
    fields.SmsFallbackMethodField,
    fields.StatusCallbackField,
    fields.StatusCallbackMethodField,
    fields.UriField,
    fields.CountryField,
    fields.AccountField,
    fields.VoiceApplicationField,
    fields.SmsApplicationField,
    fields.AddressField,
    fields.EmergencyAddressField,
    fields.PkField,
    relations.AccountRelation,
    relations.VoiceApplicationRelation,
    relations.SmsApplicationRelation,
    relations.AddressRelation,
    relations.EmergencyAddressRelation,
    relations.AssignedAddOnsRelation,
    total=False,
):
    tz: AZone

class IncomingPhoneNumberAssignedAddOnLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.ResourceSidField,
    fields.FriendlyNameField,
    fields.DescriptionField,
    fields.ConfigurationField,
    fields.UniqueNameField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.SubresourceUrisField,
    fields.AccountField,
    fields.NumberField,
    fields.PkField,
    relations.AccountRelation,
    relations.NumberRelation,
    relations.ExtensionsRelation,
    total=False,
):
    tz: AZone

class IncomingPhoneNumberAssignedAddOnExtensionLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.ResourceSidField,
    fields.AssignedAddOnSidField,
    fields.FriendlyNameField,
    fields.ProductNameField,
    fields.UniqueNameField,
    fields.EnabledField,
    fields.UriField,
    fields.AccountField,
    fields.NumberField,
    fields.AssignedAddOnField,
    fields.PkField,
    relations.AccountRelation,
    relations.NumberRelation,
    relations.AssignedAddOnRelation,
    total=False,
):
    tz: AZone

class KeyLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.FriendlyNameField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    total=False,
):
    tz: AZone

class MediaLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.ParentSidField,
    fields.ContentTypeField,
    fields.DateUpdatedField,
    fields.DateCreatedField,
    fields.UriField,
    fields.AccountField,
    fields.MessageField,
    fields.MessageSidField,
    fields.PkField,
    relations.AccountRelation,
    relations.MessageRelation,
    total=False,
):
    tz: AZone

class MemberLookups(
    fields.QueueSidField,
    fields.CallSidField,
    fields.AccountSidField,
    fields.PositionField,
    fields.WaitTimeField,
    fields.DateEnqueuedField,
    fields.UriField,
    fields.AccountField,
    fields.QueueField,
    fields.CallField,
    relations.AccountRelation,
    relations.QueueRelation,
    relations.CallRelation,
    total=False,
):
    tz: AZone

class MessageLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.MessagingServiceSidField,
    fields.ToField,
    fields.FromField,
    fields.BodyField,
    fields.StatusOfMessageField,
    fields.DirectionOfMessageField,
    fields.NumSegmentsField,
    fields.NumMediaField,
    fields.PriceField,
    fields.PriceUnitField,
    fields.ErrorCodeField,
    fields.ErrorMessageField,
    fields.ApiVersionField,
    fields.DateSentField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.SubresourceUrisField,
    fields.ToCountryField,
    fields.FromCountryField,
    fields.OurNumberField,
    fields.OtherNumberField,
    fields.ErrorTextField,
    fields.FromOfCallField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    relations.MediaRelation,
    relations.FeedbackOfMessageRelation,
    total=False,
):
    tz: AZone

class MessageFeedbackLookups(
    fields.MessageSidField,
    fields.AccountSidField,
    fields.OutcomeField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.AccountField,
    fields.MessageField,
    fields.PkField,
    relations.AccountRelation,
    relations.MessageRelation,
    total=False,
):
    tz: AZone

class NotificationLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.CallSidField,
    fields.LogField,
    fields.ErrorCodeField,
    fields.MessageDateField,
    fields.MessageTextField,
    fields.MoreInfoField,
    fields.RequestMethodField,
    fields.RequestUrlField,
    fields.ApiVersionField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.ErrorTextField,
    fields.AccountField,
    fields.CallField,
    fields.PkField,
    relations.AccountRelation,
    relations.CallRelation,
    total=False,
):
    tz: AZone

class OutgoingCallerIdLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.PhoneNumberField,
    fields.FriendlyNameField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.CountryField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    total=False,
):
    tz: AZone

class ParticipantLookups(
    fields.ConferenceSidField,
    fields.CallSidField,
    fields.AccountSidField,
    fields.LabelField,
    fields.StatusOfParticipantField,
    fields.MutedField,
    fields.HoldField,
    fields.CoachingField,
    fields.CallSidToCoachField,
    fields.StartConferenceOnEnterField,
    fields.EndConferenceOnExitField,
    fields.QueueTimeField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.AccountField,
    fields.ConferenceField,
    fields.CallField,
    fields.CoachedCallField,
    relations.AccountRelation,
    relations.ConferenceRelation,
    relations.CallRelation,
    relations.CoachedCallRelation,
    total=False,
):
    tz: AZone

class PaymentsLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.CallSidField,
    fields.UriField,
    fields.AccountField,
    fields.CallField,
    fields.PkField,
    relations.AccountRelation,
    relations.CallRelation,
    total=False,
):
    tz: AZone

class QueueLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.FriendlyNameField,
    fields.MaxSizeField,
    fields.CurrentSizeField,
    fields.AverageWaitTimeField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    relations.MembersRelation,
    total=False,
):
    tz: AZone

class RealtimeTranscriptionLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.CallSidField,
    fields.NameField,
    fields.StatusOfRealtimeTranscriptionField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.AccountField,
    fields.CallField,
    fields.PkField,
    relations.AccountRelation,
    relations.CallRelation,
    total=False,
):
    tz: AZone

class RecordingLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.CallSidField,
    fields.ConferenceSidField,
    fields.StatusOfRecordingField,
    fields.SourceField,
    fields.ChannelsField,
    fields.StartTimeField,
    fields.DurationField,
    fields.PriceField,
    fields.PriceUnitField,
    fields.ErrorCodeField,
    fields.EncryptionDetailsField,
    fields.MediaUrlField,
    fields.ApiVersionField,
    fields.DateUpdatedField,
    fields.DateCreatedField,
    fields.UriField,
    fields.SubresourceUrisField,
    fields.ErrorTextField,
    fields.AccountField,
    fields.CallField,
    fields.ConferenceField,
    fields.PkField,
    relations.AccountRelation,
    relations.CallRelation,
    relations.ConferenceRelation,
    relations.TranscriptionsOfRecordingRelation,
    relations.AddOnResultsRelation,
    total=False,
):
    include_soft_deleted: OneFlag | None
    tz: AZone

class RecordingAddOnResultLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.ReferenceSidField,
    fields.StatusOfRecordingAddOnResultField,
    fields.AddOnSidField,
    fields.AddOnConfigurationSidField,
    fields.DateCompletedField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.SubresourceUrisField,
    fields.AccountField,
    fields.RecordingField,
    fields.PkField,
    relations.AccountRelation,
    relations.RecordingRelation,
    relations.PayloadsRelation,
    total=False,
):
    tz: AZone

class RecordingAddOnResultPayloadLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.ReferenceSidField,
    fields.AddOnResultSidField,
    fields.LabelField,
    fields.ContentTypeField,
    fields.AddOnSidField,
    fields.AddOnConfigurationSidField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.SubresourceUrisField,
    fields.AccountField,
    fields.RecordingField,
    fields.AddOnResultField,
    fields.PkField,
    relations.AccountRelation,
    relations.RecordingRelation,
    relations.AddOnResultRelation,
    relations.DataRelation,
    total=False,
):
    tz: AZone

class RecordingAddOnResultPayloadDataLookups(
    fields.PayloadSidField,
    fields.AccountSidField,
    fields.ReferenceSidField,
    fields.AddOnResultSidField,
    fields.RedirectToField,
    fields.AccountField,
    fields.RecordingField,
    fields.AddOnResultField,
    fields.PayloadField,
    fields.PkField,
    relations.AccountRelation,
    relations.RecordingRelation,
    relations.AddOnResultRelation,
    relations.PayloadRelation,
    total=False,
):
    tz: AZone

class ShortCodeLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.ShortCodeField,
    fields.FriendlyNameField,
    fields.SmsUrlField,
    fields.SmsMethodField,
    fields.SmsFallbackUrlField,
    fields.SmsFallbackMethodField,
    fields.ApiVersionField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    total=False,
):
    tz: AZone

class SigningKeyLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.FriendlyNameField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    total=False,
):
    tz: AZone

class SipAuthCallsCredentialListMappingLookups(
    fields.DomainSidField,
    fields.SidField,
    fields.AccountSidField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.FriendlyNameField,
    fields.AccountField,
    fields.DomainField,
    fields.CredentialListField,
    relations.AccountRelation,
    relations.DomainRelation,
    relations.CredentialListRelation,
    total=False,
):
    tz: AZone

class SipAuthCallsIpAccessControlListMappingLookups(
    fields.DomainSidField,
    fields.SidField,
    fields.AccountSidField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.FriendlyNameField,
    fields.AccountField,
    fields.DomainField,
    fields.IpAccessControlListField,
    relations.AccountRelation,
    relations.DomainRelation,
    relations.IpAccessControlListRelation,
    total=False,
):
    tz: AZone

class SipAuthRegistrationsCredentialListMappingLookups(
    fields.DomainSidField,
    fields.SidField,
    fields.AccountSidField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.FriendlyNameField,
    fields.AccountField,
    fields.DomainField,
    fields.CredentialListField,
    relations.AccountRelation,
    relations.DomainRelation,
    relations.CredentialListRelation,
    total=False,
):
    tz: AZone

class SipCredentialLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.CredentialListSidField,
    fields.UsernameField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.AccountField,
    fields.CredentialListField,
    fields.PkField,
    relations.AccountRelation,
    relations.CredentialListRelation,
    total=False,
):
    tz: AZone

class SipCredentialListLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.FriendlyNameField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.SubresourceUrisField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    relations.CredentialsRelation,
    total=False,
):
    tz: AZone

class SipCredentialListMappingLookups(
    fields.SidField,
    fields.DomainSidField,
    fields.AccountSidField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.FriendlyNameField,
    fields.UriField,
    fields.AccountField,
    fields.DomainField,
    fields.CredentialListField,
    relations.AccountRelation,
    relations.DomainRelation,
    relations.CredentialListRelation,
    total=False,
):
    tz: AZone

class SipDomainLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.DomainNameField,
    fields.FriendlyNameField,
    fields.AuthTypeField,
    fields.VoiceUrlField,
    fields.VoiceMethodField,
    fields.VoiceFallbackUrlField,
    fields.VoiceFallbackMethodField,
    fields.VoiceStatusCallbackUrlField,
    fields.VoiceStatusCallbackMethodField,
    fields.SipRegistrationField,
    fields.SecureField,
    fields.ByocTrunkSidField,
    fields.EmergencyCallingEnabledField,
    fields.EmergencyCallerSidField,
    fields.ApiVersionField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.SubresourceUrisField,
    fields.AccountField,
    fields.EmergencyCallerField,
    fields.PkField,
    relations.AccountRelation,
    relations.EmergencyCallerRelation,
    relations.CredentialListMappingsRelation,
    relations.IpAccessControlListMappingsRelation,
    relations.AuthCallsCredentialListMappingsRelation,
    relations.AuthCallsIpAccessControlListMappingsRelation,
    relations.AuthRegistrationsCredentialListMappingsRelation,
    total=False,
):
    tz: AZone

class SipIpAccessControlListLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.FriendlyNameField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.SubresourceUrisField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    relations.IpAddressesRelation,
    total=False,
):
    tz: AZone

class SipIpAccessControlListMappingLookups(
    fields.SidField,
    fields.DomainSidField,
    fields.AccountSidField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.FriendlyNameField,
    fields.UriField,
    fields.AccountField,
    fields.DomainField,
    fields.IpAccessControlListField,
    relations.AccountRelation,
    relations.DomainRelation,
    relations.IpAccessControlListRelation,
    total=False,
):
    tz: AZone

class SipIpAddressLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.IpAccessControlListSidField,
    fields.FriendlyNameField,
    fields.IpAddressField,
    fields.CidrPrefixLengthField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.AccountField,
    fields.IpAccessControlListField,
    fields.PkField,
    relations.AccountRelation,
    relations.IpAccessControlListRelation,
    total=False,
):
    tz: AZone

class SiprecLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.CallSidField,
    fields.NameField,
    fields.StatusOfRealtimeTranscriptionField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.AccountField,
    fields.CallField,
    fields.PkField,
    relations.AccountRelation,
    relations.CallRelation,
    total=False,
):
    tz: AZone

class StreamLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.CallSidField,
    fields.NameField,
    fields.StatusOfRealtimeTranscriptionField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.AccountField,
    fields.CallField,
    fields.PkField,
    relations.AccountRelation,
    relations.CallRelation,
    total=False,
):
    tz: AZone

class TokenLookups(
    fields.AccountSidField,
    fields.UsernameField,
    fields.TtlField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    total=False,
):
    tz: AZone

class TranscriptionLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.RecordingSidField,
    fields.StatusOfTranscriptionField,
    fields.TypeOfTranscriptionField,
    fields.TranscriptionTextField,
    fields.DurationField,
    fields.PriceField,
    fields.PriceUnitField,
    fields.ApiVersionField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.AccountField,
    fields.RecordingField,
    fields.PkField,
    relations.AccountRelation,
    relations.RecordingRelation,
    total=False,
):
    tz: AZone

class UsageRecordLookups(
    fields.AccountSidField,
    fields.PeriodField,
    fields.IncludeSubaccountsOfUsageRecordField,
    fields.CategoryField,
    fields.StartDateOfUsageRecordField,
    fields.EndDateOfUsageRecordField,
    fields.DescriptionField,
    fields.CountField,
    fields.CountUnitField,
    fields.UsageField,
    fields.UsageUnitField,
    fields.PriceField,
    fields.PriceUnitField,
    fields.AsOfField,
    fields.ApiVersionField,
    fields.UriField,
    fields.SubresourceUrisField,
    fields.AccountField,
    relations.AccountRelation,
    total=False,
):
    tz: AZone

class UsageTriggerLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.FriendlyNameField,
    fields.UsageCategoryField,
    fields.TriggerByField,
    fields.TriggerValueField,
    fields.CurrentValueField,
    fields.RecurringField,
    fields.CallbackUrlField,
    fields.CallbackMethodField,
    fields.DateFiredField,
    fields.UsageRecordUriField,
    fields.ApiVersionField,
    fields.DateCreatedField,
    fields.DateUpdatedField,
    fields.UriField,
    fields.AccountField,
    fields.PkField,
    relations.AccountRelation,
    total=False,
):
    tz: AZone

class UserDefinedMessageLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.DateCreatedField,
    fields.CallSidField,
    fields.AccountField,
    fields.CallField,
    fields.PkField,
    relations.AccountRelation,
    relations.CallRelation,
    total=False,
):
    tz: AZone

class UserDefinedMessageSubscriptionLookups(
    fields.SidField,
    fields.AccountSidField,
    fields.DateCreatedField,
    fields.CallSidField,
    fields.UriField,
    fields.AccountField,
    fields.CallField,
    fields.PkField,
    relations.AccountRelation,
    relations.CallRelation,
    total=False,
):
    tz: AZone

class ValidationRequestLookups(
    fields.CallSidField,
    fields.AccountSidField,
    fields.PhoneNumberField,
    fields.FriendlyNameField,
    fields.ValidationCodeField,
    fields.AccountField,
    fields.CallField,
    fields.PkField,
    relations.AccountRelation,
    relations.CallRelation,
    total=False,
):
    tz: AZone
