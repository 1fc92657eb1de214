"""Benchmarks of twilio_orm, each interleaved with its peer in one run: ``python -m benchmarks``. See README.md here."""
