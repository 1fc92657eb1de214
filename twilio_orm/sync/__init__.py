"""Fetch lists from Twilio and store them in the mirror: one scan of a query, or an incremental sync of a resource. Or load files.

It knows schemas, queries and connections, but no query sets. Entry points: :func:`twilio_orm.sync.nested.sync_resource`,
:func:`twilio_orm.sync.scan.scan_query` and, for lazy reading, :class:`twilio_orm.sync.scan.Scan`; for day files of Bulk Export
:func:`twilio_orm.sync.loading.load_files`.
"""
