"""Writes ``resources/typed``: the stubs by which type checkers and editors know the fields and lookups of each resource.

Nothing in it is used at run time. ``python -m twilio_orm.docs.stubs`` (``make stubs``) writes the files from the declarations,
the tables of the parser and the signatures of query sets; ``resources/typed/values.pyi`` alone is written by hand.
"""
