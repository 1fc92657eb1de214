"""What the mirror has fetched completely, and when: sweeps, checkpoints, absent records, stored pages. Part of the mirror.

Entry point: :class:`twilio_orm.mirror.coverage.sync_state.SyncState`.
"""
