"""Twilio's resources: a class each, a module for each area of the API. They declare fields, relations and actions.

They contain no code that sends requests or stores records: that is in ``orm``, ``sync`` and ``mirror``. Entry points: the
classes, which ``twilio_orm`` exports, and :func:`twilio_orm.resources.by_sid.get`.
"""
