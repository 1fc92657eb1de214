"""What changed and what is to be changed: diffs, history, write plans, redaction and erasure. It knows no query set.

Entry points: :func:`twilio_orm.changes.compare.diff`, :class:`twilio_orm.changes.plan.WritePlan` and
:func:`twilio_orm.changes.erasure.erase`.
"""
