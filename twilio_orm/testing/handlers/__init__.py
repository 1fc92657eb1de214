"""What creating, changing and deleting mean for each resource, and the lists that are computed instead of stored.

Knows nothing of HTTP; handlers get parsed parameters. Entry points: :mod:`.actions` and :mod:`.computed_lists`.
"""
