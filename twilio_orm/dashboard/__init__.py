"""The dashboard: one HTML file about an account, made from reports and audits, with charts in SVG and without scripts.

It sends nothing and knows no SQL: its numbers are those of :mod:`twilio_orm.reports` and :mod:`twilio_orm.audits`.
Entry point: :func:`.page.dashboard`; :mod:`.sections` has the parts of the page, :mod:`.charts` and :mod:`.markup` write HTML.
"""
