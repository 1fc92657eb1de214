"""Webhooks: requests that Twilio sends to an application. They are verified, parsed and stored in the mirror.

It is no web framework: it takes a request from one, and gives the response to it. Entry point: :class:`.receiver.Receiver`.
"""
