"""Controls that find what is wrong with an account: webhooks, stuck messages, balance, keys, numbers, recordings.

A control reads records with public query sets and gives findings. It knows no SQL, sends no request itself and changes nothing.
Entry point: :func:`.run.audit`; :mod:`.controls` is the registry of controls, the other modules hold a few controls each.
"""
