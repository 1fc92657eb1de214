"""How the mirror uses SQLite: connections, transactions, errors, files and forks. It knows nothing of resources.

Entry point: :class:`twilio_orm.mirror.sqlite.database.MirrorDatabase`.
"""
