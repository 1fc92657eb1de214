"""Changes: diffs, history, write plans, redaction and erasure. It uses query sets only through a small protocol.

Entry points: :func:`twilio_orm.changes.compare.diff`, :class:`twilio_orm.changes.plan.WritePlan` and
:func:`twilio_orm.changes.erasure.erase`.
"""
