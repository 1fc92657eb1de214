"""Receives requests: credentials, routes, parameters, pages, faults, and a server on a loopback socket.

The handlers define what a request does. Entry point: :class:`.dispatcher.Dispatcher`.
"""
