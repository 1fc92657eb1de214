"""Sound: the bytes behind a recording. It stores none; the same sid always sounds the same."""

from __future__ import annotations

import struct

from .state import dice

KINDS = {"": "audio/x-wav", ".wav": "audio/x-wav", ".mp3": "audio/mpeg"}
_RATE = 8000


def sound(sid: str, kind: str = "", channels: int = 1) -> bytes:
    """A tenth of a second of noise: WAV (8 kHz, 8 bit) for ``""`` and ``".wav"``, one silent MPEG frame for
    ``".mp3"``.
    """
    if kind == ".mp3":
        return b"\xff\xfb\x90\x00" + bytes(413)
    data = dice(sid).randbytes(_RATE // 10 * channels)
    form = struct.pack("<HHIIHH", 1, channels, _RATE, _RATE * channels, channels, 8)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks
