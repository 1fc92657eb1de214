"""Model classes, records, relations and query sets: everything users write code with.

Entry points: :class:`twilio_orm.orm.resource.Resource` and :class:`twilio_orm.orm.queryset.QuerySet`.
"""
