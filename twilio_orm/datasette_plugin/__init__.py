"""The plugin of Datasette for mirror files: descriptions, units, facets, saved queries, and hidden message bodies.

Datasette loads it by itself where both are installed, also as ``datasette mirror.db``. Entry point: :mod:`.hooks`. It is no part
of the library: nothing imports it but Datasette and ``twilio-orm datasette``.
"""
