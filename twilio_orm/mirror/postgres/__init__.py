"""The mirror in a PostgreSQL database: connections, units, spelling. Part of the mirror; it needs the extra ``postgres``.

Entry point: :class:`twilio_orm.mirror.postgres.database.PostgresDatabase`.
"""
