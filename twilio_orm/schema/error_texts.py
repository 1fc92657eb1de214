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
11205 no connection to the webhook's host
11206 the webhook's answer is not valid HTTP
11210 the webhook's host name is not known
11215 the webhook redirects too often
11220 the TLS handshake with the webhook failed
11235 the certificate is for another domain than the webhook's
11236 the webhook's certificate was revoked
11237 the webhook's certificate leads to no known authority
11241 the webhook's certificate is not accepted
11320 the webhook's answer is in a character set that is not known
11750 the webhook's answer is larger than 64 kB
11751 the media is larger than the provider takes
12100 the TwiML is not well-formed XML
12101 the XML version of the TwiML is not supported
12102 the root element of the TwiML is not <Response>
12200 the TwiML has an element or an attribute that does not belong there
12300 the Content-Type of the webhook's answer is not accepted
12400 an internal error at Twilio while the TwiML ran
13201 <Dial> inside the leg of a <Dial> is not possible
13214 the caller id of <Dial> is neither a number of the account nor a verified one
13221 <Dial> has a method other than GET and POST
13223 the number in <Dial> is not in a known format
13224 the number in <Dial> is not valid, or Twilio does not call it
13225 Twilio blocks calls to this number
13227 calls to this country are not enabled for the account
13233 <Dial> has a list of numbers and another noun
13245 <Conference> is missing its name
13310 <Gather> has a finishOnKey that is no key
13325 <Play> has a loop that is no number
13510 <Say> has a loop that is no number
13511 <Say> has a language that the voice does not speak
13512 <Say> has a voice that does not exist
13520 <Say> has a text that is too long, or none
13610 <Record> has a method other than GET and POST
13617 <Record> has a timeout that is no number
14101 the To of the TwiML message is not valid
14102 the From of the TwiML message is not valid
14103 the TwiML message has a body that is not valid
14107 too many automatic replies to one number: a loop was stopped
15003 the status callback did not answer with a success
16011 the conference is full
20001 a parameter is not valid
20003 the credentials are wrong, or may not do this
20004 the method is not allowed, or the time lies outside of what Twilio keeps
20006 the page is out of range
20008 test credentials cannot use this resource
20009 the record cannot be deleted while it is in progress
20404 there is no such record
20429 too many requests at the same time
20500 an internal error at Twilio
21201 no number to call was given
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
21264 the From number is not verified for this account
21265 the To number cannot be a short code
21266 the To and the From number are the same
21401 the number is not valid
21402 the URL is not valid
21403 the method is neither GET nor POST
21404 a trial account has one number only
21408 messages to this country are not enabled for the account
21421 the number is not valid
21422 the number is not for sale
21450 the number is verified already
21451 the area code is not valid
21452 no number is for sale in this area code
21481 the page token is not valid
21601 the number cannot receive messages
21602 the message has no body
21603 the message has no sender
21604 the message has no recipient
21605 the body is longer than 160 characters
21606 the From number cannot send messages, or is not the account's
21607 the From number cannot be used by a trial account
21608 a trial account sends to verified numbers only
21609 the status callback is not a valid URL
21610 the recipient has opted out (STOP)
21611 the queue of the From number is full
21612 Twilio has no route from this sender to this recipient
21614 the To number is not a mobile number
21617 the body is longer than 1600 characters
21619 the message has neither a body nor media nor content
21620 the media URL is not valid
21623 the message has too many media
21635 the To number is a landline
21649 the content template is not valid
21654 there is no content template with this SID
21656 the variables of the content template are not valid
21703 the messaging service has no sender
21704 the messaging service has no sender for this recipient
21705 there is no such messaging service
21710 the number is in the messaging service already
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
30017 the carrier's network is congested
30018 the carrier requires a registered sender
30019 the content is larger than the carrier takes
30022 above the rate of the US 10DLC campaign
30023 the daily cap of the US 10DLC brand is reached
30024 the carrier does not know this sender
30027 the daily cap of T-Mobile for the US 10DLC brand is reached
30032 the toll-free number is not verified
30033 the US 10DLC campaign is suspended
30034 the US number belongs to no registered 10DLC campaign
30035 the number is being moved between campaigns or carriers
30036 the validity period ended before the message was sent
30037 outgoing messages are switched off for the account
30038 the carrier filtered a one-time password
30039 a loop of messages was stopped
30040 the carrier refused the sender, which is not registered
30044 the message is longer than a trial account may send
30410 the carrier did not answer in time
30450 blocked as a suspected fraud
30453 blocked as suspected SMS pumping
30454 the daily limit of the account is reached
30500 an internal error at Twilio
31000 an error of the voice client
31002 the connection of the voice client was declined
31003 the connection of the voice client timed out
31005 the connection of the voice client to Twilio was closed
31009 the voice client has no connection to send on
31201 the voice client may not use the microphone
31202 the token of the voice client is not valid
31204 the token of the voice client is not valid
31205 the token of the voice client has expired
31206 the voice client sends too often
31208 the user denied access to the microphone
31480 the callee is not available now
31486 the callee is busy
31487 the call was canceled
31603 the callee declined the call
32001 the trunk received a SIP message that it does not understand
32002 the trunk is not configured for this call
32009 the SIP user is not registered
32011 no connection to the SIP server
32014 the SIP server did not answer in time
32016 no answer before the post-dial delay ended
34001 the URL of the media stream is not valid
63001 the channel refused the sender's credentials
63002 the channel does not know the sender
63003 the channel does not know the recipient
63005 the channel does not take this content
63006 the content cannot be formatted for this channel
63007 Twilio has no sender with this address on the channel
63008 the channel is not set up completely
63009 the channel answered with an error
63010 an internal error of Twilio's channels
63012 the channel had an internal error
63013 the message breaks a policy of the channel
63014 the recipient has blocked the sender
63015 the WhatsApp sandbox sends only to those who joined it
63016 outside WhatsApp's 24-hour window: only an approved template may be sent
63018 above the channel's rate limit
63019 the channel could not fetch the media
63020 the Business Manager account of the sender was refused
63021 the channel refused the content
63022 the name of the sender has no valid certificate
63023 the channel had an error of its own
63024 the recipient is not valid on this channel
63025 the media exists already
63026 the media is not accepted
63027 the template does not exist in this language
63028 the template takes another number of variables
63029 the receiver could not fetch the template
63030 the template has a parameter that is not supported
63031 sender and recipient are the same
63032 WhatsApp does not deliver to this recipient: an experiment of Meta's
63033 the recipient blocked the sender
63036 the recipient cannot be reached on RCS
63038 the daily limit of the account is reached
63049 Meta chose not to deliver this marketing message
"""

ERROR_TEXTS: dict[int, str] = {int(line[:5]): line[6:] for line in _TEXTS.strip().splitlines()}
"""Texts by code."""
