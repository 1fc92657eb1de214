"""Changes of one token in the library's own source, each of which some test has to notice.

``python -m tests.mutants`` makes them, runs the likeliest tests against each in a copy of the tree,
and lists what nobody noticed.
"""
