"""Queries as values: parse them, plan the API requests they need, filter records in Python and in SQL. Pure.

Entry points: :func:`twilio_orm.query.parser.parse` and :func:`twilio_orm.query.planner.plan`.
"""
