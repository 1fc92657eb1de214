"""The rows of the tables, in chapters; :mod:`..tables` binds them."""
