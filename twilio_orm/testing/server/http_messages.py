"""Request and Response, the only classes that the simulation takes from the library."""

from __future__ import annotations

from twilio_orm.http.messages import Request, Response

__all__ = ["Request", "Response"]
