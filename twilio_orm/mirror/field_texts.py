"""What the fields of resources mean, in words: for ``mirror_fields``. Units and what declarations say stand elsewhere."""

from __future__ import annotations

_TEXTS = """
account_sid: account that the record belongs to
add_on_configuration_sid: settings that the add-on ran with
add_on_result_sid: result that the part belongs to
add_on_sid: add-on that ran
address_requirements: which address the number requires
address_sid: address of the number
api_version: version of Twilio's API
as_of: until when the usage is counted
assigned_add_on_sid: add-on that is extended
auth_type: how calls to the domain are authenticated
authorize_redirect_url: where people go after they authorized the app
average_wait_time: average time that members have waited
balance.currency: currency of balance
balance: money left, which may be negative
beta: whether the number is new on Twilio's platform
bundle_sid: regulatory bundle of the number
byoc_trunk_sid: trunk of another carrier
call.answered_by: who answered, where answering machine detection was on
call.caller_name: name of the caller, where it was looked up
call.duration: how long the call lasted
call.end_time: when the call ended
call.forwarded_from: number that forwarded the call
call.from_: who called; Twilio's JSON calls it from
call.group_sid: group of the call
call.phone_number_sid: number or caller id that the call used
call.price: what the call costs: negative for a charge, null while it is not known
call.start_time: when the call was dialled or came in; null before that
call.to: who was called
call_sid: call that the record belongs to
call_sid_ending_conference: call whose end ended the conference
call_sid_to_coach: call to which alone this participant speaks
callback_method: HTTP method of callback_url
callback_url: what Twilio calls when the trigger fires
capabilities: what the number can do: voice, sms, mms, fax
channels: 1 for both sides mixed, 2 for one channel each
cidr_prefix_length: bits of the address that count
city: city of the address
coaching: whether the participant speaks to one other call alone
company_name: company that made the app
conference_sid: conference that the record belongs to
configuration: settings of the add-on
connect_app_company_name: company that made the app
connect_app_description: what the app does
connect_app_friendly_name: name of the app
connect_app_homepage_url: page about the app
connect_app_sid: the app
content_type: MIME type of the file
count: how many events
count_unit: unit of count
country: name of the country
country_code: two letters of the country
credential_list_sid: list that the credential belongs to
current_size: calls that wait now
current_value: usage so far
customer_name: person or business at the address
date_completed: when the result was complete
date_created: when Twilio created the record
date_enqueued: when the call began to wait
date_fired: when the trigger last fired
date_sent: when the message was sent or came in; null before that
date_updated: when Twilio last changed the record
deauthorize_callback_method: HTTP method of deauthorize_callback_url
deauthorize_callback_url: what Twilio calls when people remove the app
description: what it is
direction: which way, and what started it
domain_name: name of the domain
domain_sid: domain that the record belongs to
emergency_address_sid: address for emergency calls
emergency_address_status: state of the registration of that address
emergency_caller_sid: number for emergency calls
emergency_calling_enabled: whether emergency calls are possible
emergency_enabled: whether emergency calls may use the address
emergency_status: whether emergency calls are possible
enabled: whether it is switched on
encryption_details: key and algorithm of an encrypted recording
end_conference_on_exit: whether the conference ends when the participant leaves
end_date: last day of the usage
error_code: code of Twilio's error; mirror_error_texts has the meaning
error_message: Twilio's text for error_code
friendly_name: name that people gave it
from_formatted: from_ as people write it
hold: whether the participant is on hold
homepage_url: page about the app
identity_sid: identity of the number's holder
ip_access_control_list_sid: list that the address belongs to
ip_address: the address, or the first of a range
iso_country: two letters of the country
label: name of the part or participant
log: 0 for an error, 1 for a warning
max_size: calls that may wait
media_url: where the sound is
message.body: text of the message
message.from_: who sent the message; Twilio's JSON calls it from
message.price: what the message costs: negative for a charge, null while it is not known
message.to: who received the message
message_date: when it happened
message_sid: message that the record belongs to
message_status_callback: what Twilio calls when a message changes
message_text: Twilio's text for the error
messaging_service_sid: messaging service that sent the message
more_info: page about the error
muted: whether the participant is muted
name: name that people gave it
num_media: pictures and other files of the message
num_segments: parts that the message is billed as
origin: whether Twilio provides the number or hosts it
outcome: whether the recipient acted on the message
owner_account_sid: account that this one belongs to
parent_call_sid: call that started this one
parent_sid: message that the file belongs to
period: the list that the row comes from: how its days were summed
permissions: what the app may do
phone_number: the number in E.164
position: place in the list
postal_code: postal code of the address
price: what it costs
price_unit: currency of price
product_name: product that is extended
public_application_connect_enabled: whether calls from other accounts may reach it
queue_sid: queue that the call waits in
queue_time: how long the call waited before it was dialled
reason_conference_ended: why the conference ended
recording.duration: how long the recording is
recording.price: what the recording costs, with either sign; null while it is not known
recording.start_time: when the recording began
recording_sid: recording that the text belongs to
recurring: how often usage starts again from 0
reference_sid: record that the add-on ran for
region: region of the address or conference
request: what Twilio sent to the application
request_method: HTTP method of request_url
request_url: what Twilio requested
request_variables: parameters of that request
resource_sid: number that the add-on is assigned to
response: what the application answered
response_body: body of the application's answer
response_headers: headers of the application's answer
secure: whether media must be encrypted
short_code: the digits
sid: identifies the record everywhere
sip_registration: whether phones may register
sms_application_sid: application that answers messages, in place of the URLs
sms_fallback_method: HTTP method of sms_fallback_url
sms_fallback_url: what Twilio requests when sms_url fails
sms_method: HTTP method of sms_url
sms_status_callback: what Twilio calls when a message changes
sms_url: what Twilio requests when a message comes in
source: what started the recording
start_conference_on_enter: whether the conference starts when the participant joins
start_date: first day of the usage
status: state of the record
status_callback: what Twilio calls when a call changes
status_callback_method: HTTP method of status_callback
street: street of the address
street_secondary: second line of the street
subresource_uris: addresses of related lists
to_formatted: to as people write it
track: which side was recorded
transcription.duration: how long the recording is
transcription.price: what the transcription costs
transcription_text: what was said
trigger_by: what of the usage counts
trigger_value: value at which the trigger fires
trunk_sid: SIP trunk
type: kind of the record
unique_name: name that is unique in the account
uri: address of the record
usage: how much
usage_category: what is counted
usage_record.category: what was used; categories contain each other, so do not add them up
usage_record.include_subaccounts: whether the usage of subaccounts is in it
usage_record.price: what the usage costs: positive for a charge
usage_record_uri: address of the usage
usage_unit: unit of usage
username: name that a phone logs in with
validated: whether the address was found to exist
verified: whether documents for the address were accepted
voice_application_sid: application that answers calls, in place of the URLs
voice_caller_id_lookup: whether the caller's name is looked up
voice_fallback_method: HTTP method of voice_fallback_url
voice_fallback_url: what Twilio requests when voice_url fails
voice_method: HTTP method of voice_url
voice_receive_mode: whether the number takes calls or faxes
voice_status_callback_method: HTTP method of voice_status_callback_url
voice_status_callback_url: what Twilio calls when a call changes
voice_url: what Twilio requests when a call comes in
wait_time: how long the call has waited
"""

FIELD_TEXTS: dict[str, str] = {name: text for name, _, text in (line.partition(": ") for line in _TEXTS.strip().splitlines())}
"""Texts by the name of the field, or by table and name where the name alone does not say it."""
