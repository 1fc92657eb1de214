"""Twilio's resources as values: fields, formats, parameters, URLs and rows. Pure: it sends nothing and reads no disk.

Entry point: :class:`twilio_orm.schema.resource_schema.Shape`, the declaration of one resource.
"""
