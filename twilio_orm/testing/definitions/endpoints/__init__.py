"""The declarations of all endpoints, grouped by product; :mod:`..catalog` collects them."""
