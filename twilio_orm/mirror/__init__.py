"""The local copy of an account in a SQLite file. The only package that reads and writes the disk; it never calls Twilio.

Entry point: :class:`twilio_orm.mirror.store.Mirror`.
"""
