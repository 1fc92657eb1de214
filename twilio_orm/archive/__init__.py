"""Archives: the files of recordings and media in a folder, with a manifest of their checksums. It deletes nothing at Twilio.

Entry point: :func:`twilio_orm.archive.archiver.archive`.
"""
