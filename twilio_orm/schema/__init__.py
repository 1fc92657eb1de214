"""Twilio's resources as values: fields, parameters, URLs, and the rows of the mirror. Pure: it sends nothing and reads no disk.

Entry point: :class:`twilio_orm.schema.resource_schema.ResourceSchema`, the declaration of one resource.
"""
