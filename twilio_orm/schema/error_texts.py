"""What Twilio's error codes mean, in short texts of our own. Pure.

The codes that people meet on messages, recordings, notifications and refused requests. A code that is not here has no text.
"""

from __future__ import annotations

_TEXTS = """
10001 the account is not active
10002 a trial account cannot do this
10003 an incoming call was rejected because the account is not active
10004 too many calls at the same time
11100 the URL is malformed
11200 the webhook did not answer with a success
11201 the connection to the webhook's host timed out
11202 the webhook's host refused the connection
11203 the webhook did not answer in time
11205 no connection to the webhook's host
11206 the webhook's answer is not valid HTTP
11210 the webhook's host name is not known
11215 the webhook redirects too often
11220 the TLS handshake with the webhook failed
11235 the certificate is for another domain than the webhook's
11236 the webhook's certificate has expired
11237 the webhook's certificate leads to no known authority
11240 the edge in the webhook's URL does not exist
11241 the edge in the webhook's URL is not supported
11320 a template in the URL has a bracket that is not closed
11750 the webhook's answer is larger than 64 kB
11751 the media is larger than the provider takes
11770 the webhook's answer is empty
12100 the TwiML is not well-formed XML
12101 the XML version of the TwiML is not supported
12102 the root element of the TwiML is not <Response>
12200 the TwiML has an element or an attribute that does not belong there
12300 the Content-Type of the webhook's answer is not accepted
12400 an internal error at Twilio while the TwiML ran
13201 <Dial> inside the leg of a <Dial> is not possible
13214 the caller id of <Dial> is neither a number of the account nor a verified one
13215 <Dial> has an element that does not belong there
13221 <Dial> has a method other than GET and POST
13223 the number in <Dial> is not in a known format
13224 the number in <Dial> is not valid, or Twilio does not call it
13225 Twilio blocks calls to this number
13226 the country code in <Dial> does not exist
13227 calls to this country are not enabled for the account
13237 the name of the conference is not valid
13243 the SIP address in <Dial> is not valid
13246 calls by SIP are not enabled for the account
13247 the caller id of <Dial> is not valid
13254 the host of the SIP address in <Dial> is not known or not public
13310 <Gather> has a finishOnKey that is no key
13320 <Gather> has an element that does not belong there
13410 <Play> has a loop that is no number
13420 <Play> was given a Content-Type that is no audio
13510 <Say> has a loop that is no number
13511 <Say> has a voice that does not exist
13512 <Gather> has a language that does not exist
13520 <Say> has a text that is not valid
13521 <Say> has a text that is too long
13610 <Record> has a method other than GET and POST
13611 <Record> has a timeout that is no number
13612 <Record> has a maxLength that is no number
13617 the recording is too short or too long to be transcribed
13805 a trial account's calls end after 10 minutes
14101 the To of the TwiML message is not valid
14102 the From of the TwiML message is not valid
14103 the TwiML message has a body that is not valid
14106 the TwiML of the message redirects too often
14107 too many automatic replies to one number: a loop was stopped
14108 the From number of the TwiML message cannot send messages
14109 the TwiML answers one message with too many
14207 the queue is full
15000 an internal error at Twilio
15002 the call waited too long in a queue
15003 the status callback did not answer with a success
16011 the callback of the conference answered with an error
16020 the conference is full
16021 too many conferences or participants at the same time
16022 the conference does not exist or is over
16101 no recording: it would be too short
16102 no recording: it is silent
16104 no recording: it could not be encrypted
16105 no recording: there is no public key to encrypt it with
16111 no recording in the S3 bucket: it is not set up as needed
16112 no recording in the S3 bucket: access was denied
20001 a parameter is not known or not valid
20002 the FriendlyName is not valid
20003 the credentials are wrong, or may not do this
20004 the method is not allowed, or the time lies outside of what Twilio keeps
20005 the account is not active
20006 access denied, or a page beyond the last
20007 the page is too large
20008 test credentials cannot use this resource
20009 the record cannot be deleted while it is in progress
20403 this is not allowed
20404 there is no such record
20409 the change conflicts with another one
20410 the resource no longer exists
20422 a parameter is not valid
20423 the SID is not valid
20429 too many requests at the same time
20500 an internal error at Twilio
20503 Twilio is not available at the moment
21201 no number to call was given
21202 the number to call is a premium one
21203 international calls are not enabled for the account
21205 the URL is not valid
21210 the caller id is neither a number of the account nor a verified one
21211 the To number is not valid
21212 the From number is not valid
21213 no caller id was given
21214 the To number cannot be reached
21215 calls to this country are not enabled for the account
21216 Twilio does not call this number
21217 the number is not valid
21218 there is no such application
21219 a trial account calls verified numbers only
21220 the call is in a state in which this is not possible
21223 the SIP password is too long
21226 calls by SIP are not enabled for the account
21265 the To number cannot be a short code
21266 the To and the From number are the same
21401 the number is not valid
21402 the URL is not valid
21403 the method is neither GET nor POST
21404 a trial account cannot buy this number
21407 numbers of this type take no messages
21408 messages to this country are not enabled for the account
21421 the number is not valid
21422 the number is not for sale
21450 the number is verified already
21451 the area code is not valid
21452 no number is for sale in this area code
21453 the number is verified for another account
21457 numbers of this country are not bought by area code
21470 the account's SID is not valid
21471 the account does not exist
21472 the account is not active
21480 the account has as many subaccounts as it may
21481 the page token is not valid
21601 the number cannot receive messages
21602 the message has no body
21603 the message has no sender
21604 the message has no recipient
21605 the body is longer than 160 characters
21606 the From number cannot send messages to this recipient, or is not the account's
21607 the From number cannot be used by a trial account
21608 a trial account sends to verified numbers only
21609 the status callback is not a valid URL
21610 the recipient has opted out (STOP)
21611 the queue of the From number is full
21612 Twilio has no route from this sender to this recipient
21614 the To number is not a mobile number
21615 the number requires a local address
21616 several numbers of the account match the From number
21617 the body is longer than 1600 characters
21618 the body cannot be sent
21619 the message has neither a body nor media nor content
21620 the media URL is not valid
21621 the From number cannot send MMS
21623 the message has too many media
21624 the validity period is not valid
21626 the StatusCallbackEvent is not valid
21627 the MaxPrice is no number
21631 the number requires an address
21635 the To number is a landline
21649 the number requires a regulatory bundle
21650 the number requires a verified identity document
21654 the ContentSid is missing
21655 the ContentSid is not valid
21656 the variables of the content template are not valid
21657 the sender id is not valid
21658 a parameter is too long
21659 the From number is not one of Twilio's
21660 the From number belongs to another account
21661 the From number cannot send messages
21701 there is no such messaging service
21702 the messaging service cannot send new messages
21703 no sender of the messaging service can reach this recipient
21704 the messaging service has no sender
21705 the messaging service is not valid
21708 the alphanumeric sender is missing
21709 the alphanumeric sender is not valid for the messaging service
21710 the number is in the messaging service already
21711 the number is not in the messaging service
21712 the number belongs to another messaging service
30001 the message waited too long in a queue that was full
30002 the account was suspended before the message was sent
30003 the phone cannot be reached: off, without network, or it cannot take messages
30004 the message was blocked: by the recipient, the carrier or the account's settings
30005 the number is not known or no longer in use
30006 a landline, or a carrier that takes no such messages
30007 filtered as unwanted by the carrier or by Twilio
30008 not delivered, for a reason that the carrier does not give
30009 a part of the incoming message is missing
30010 the price is above the maximum of the request
30011 the number or the carrier takes no MMS
30012 the validity period is too short
30013 the validity period is too long
30017 the carrier's network is congested
30018 the carrier requires a registered sender
30019 the content is larger than the carrier takes
30020 an internal error at Twilio when the message was scheduled
30021 an internal error at Twilio in the messaging service
30022 above the rate of the US 10DLC campaign
30023 the daily cap of the US 10DLC brand is reached
30024 the carrier of this country knows no such number as a sender
30025 half of T-Mobile's daily cap for the US 10DLC brand is used up
30026 70 % of T-Mobile's daily cap for the US 10DLC brand is used up
30027 the daily cap of T-Mobile for the US 10DLC brand is reached
30032 the toll-free number is not verified
30033 the US 10DLC campaign is suspended
30034 the US number belongs to no registered 10DLC campaign
30035 the number is still being set up for US 10DLC
30036 the validity period ended before the message was sent
30037 outgoing messages are switched off for the account
30038 the carrier filtered a one-time password
30039 a loop of messages was stopped
30040 the carrier refused the sender, which is not registered
30044 the message is longer than a trial account may send
30409 the message cannot be canceled any more
30410 the carrier did not answer in time
30450 blocked by Twilio's fraud protection
30453 blocked as suspected SMS pumping
31001 the application of the voice client does not exist
31002 the connection of the voice client was declined
31003 the connection of the voice client timed out
31005 the connection of the voice client to Twilio was closed
31009 the voice client has no connection to send on
31201 the voice client may not use the microphone
31202 the token of the voice client is not valid
31204 the token of the voice client is no valid JWT
31205 the token of the voice client has expired
31206 the voice client sends too often
31208 the user denied access to the microphone
31403 the voice client may not do this
31404 the callee of the voice client does not exist
31408 the voice client's request timed out
31480 the callee is not available now
31486 the callee is busy
31487 the call was canceled
31503 the voice service is not available at the moment
31603 the callee declined the call
31901 the connection of the media stream timed out
31902 the connection of the media stream was refused
31920 the server of the media stream refused the WebSocket handshake
31921 the server of the media stream closed the connection
32001 the trunk made more calls a second than it may
32002 the SIP domain does not exist
32006 the SIP call was forwarded too often
32008 too many SIP registrations a second
32009 the SIP user is not registered
32010 the trunk has no valid origination URI
32011 the SIP server did not answer, or refused the call
32014 the call was ended because no audio came
32015 the call was ended at the longest duration
32016 the telephone network did not connect the call in time
32017 the carrier blocked the call because of its caller id
32021 the caller id could not be verified (SHAKEN/STIR)
32100 a trial account shows verified caller ids only
32101 the number is not valid
32200 the SIP caller may not do this
32201 the SIP caller's address is in no access control list
32202 the SIP caller's credentials are wrong
32203 Twilio blocked the SIP call
32204 the caller id of the SIP call is not verified
32205 calls to this country are not enabled for the account
32206 the caller id of the SIP call is not valid
32209 the trunk requires TLS
63001 the channel refused the sender's credentials
63002 the channel does not know the sender
63003 the channel does not know the recipient
63005 the channel does not take this content
63006 the content cannot be formatted for this channel
63007 Twilio has no sender with this address on the channel
63008 the channel is not set up completely
63009 the channel answered with a server error
63010 an internal error of Twilio's channels
63011 Twilio could not process the request to the channel
63012 the channel had an internal error
63013 the message breaks a policy of the channel
63014 the recipient has blocked the sender
63015 the WhatsApp sandbox sends only to those who joined it
63016 outside WhatsApp's 24-hour window: only an approved template may be sent
63017 above the channel's rate limit
63018 above the channel's rate limit
63019 the channel could not fetch the media
63020 the Business Manager account of the sender was refused
63021 the channel refused the content
63022 the name of the sender has no valid certificate
63023 the channel had an error of its own
63024 the recipient is not valid on this channel
63025 the media exists already
63026 the channel took the content for spam
63027 the template does not exist in this language
63028 the template takes another number of variables
63029 the receiver could not fetch the template
63030 the template has a parameter that is not supported
63031 sender and recipient are the same
63032 WhatsApp does not let this message reach this user
63033 the recipient blocked the sender
63034 the media is larger than the channel takes
63036 the recipient cannot be reached on RCS
63038 the daily limit of the account is reached
63040 the template was rejected
63041 the template is paused
63042 the template is disabled
63049 Meta chose not to deliver this marketing message
63051 the WhatsApp Business Account is locked
64001 <Pay> is not set up completely
64002 the payment service is not available
64012 the card was declined
"""

ERROR_TEXTS: dict[int, str] = {int(line[:5]): line[6:] for line in _TEXTS.strip().splitlines()}
"""Texts by code."""
