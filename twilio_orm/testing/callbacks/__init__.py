"""Sends signed callbacks for what the simulation does, and carries out the TwiML that receivers answer.

Shares no code with the library's receiver of webhooks. Requests go to functions and apps in this process and to the loopback
interface, never elsewhere. Entry points: :mod:`.sender`, and :mod:`.delivering` for tests.
"""
