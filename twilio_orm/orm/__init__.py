"""Model classes, records, relations and query sets: everything that users write code with.

It plans no requests and knows no SQL: that is in ``query``, ``sync`` and ``mirror``. Entry points:
:class:`twilio_orm.orm.resource.Resource` and :class:`twilio_orm.orm.queryset.QuerySet`.
"""
