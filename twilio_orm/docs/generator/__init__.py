"""Writes the reference: a page for each resource from its declaration, and one for each other class from its docstrings.

Nothing in it is used at run time. ``python -m twilio_orm.docs.generator`` (``make reference``) writes the pages.
"""
