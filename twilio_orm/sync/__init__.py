"""Fetch lists from Twilio and store them in the mirror: one scan of a query, or an incremental sync of a resource.

Entry points: :class:`twilio_orm.sync.scan.Pass` and :func:`twilio_orm.sync.nested.sync`.
"""
