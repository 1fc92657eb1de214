"""Creates, changes and deletes records as each resource requires, and computes the lists that are not stored.

Knows nothing of HTTP; handlers get parsed parameters. Entry points: :mod:`.actions` and :mod:`.computed_lists`.
"""
