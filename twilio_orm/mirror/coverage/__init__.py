"""What the mirror has fetched completely, and when: sweeps, checkpoints, absent records, known pages. Part of the mirror.

Entry point: :class:`twilio_orm.mirror.coverage.sync_state.Ledger`.
"""
