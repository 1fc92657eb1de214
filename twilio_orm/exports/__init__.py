"""Rows written elsewhere: CSV, newline-delimited JSON, Parquet, Arrow tables and frames. It calls nobody and opens no mirror.

Entry point: :class:`twilio_orm.exports.methods.ExportMethods`, the methods that query sets and other rows inherit.
"""
