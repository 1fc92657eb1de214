"""HTTP requests to Twilio: credentials, retries, limits. The only package that opens a socket.

It knows no resource and no mirror. Entry point: :class:`twilio_orm.http.transport.Transport`.
"""
