"""The declarations of the simulated API: endpoints, parameters, fields, formats of times, filters and error responses.

Holds no account and no record. Written from Twilio's documentation and shares no declaration with the library's models, so
that a mistake in one of them shows as a difference. Entry point: :mod:`.catalog`.
"""
