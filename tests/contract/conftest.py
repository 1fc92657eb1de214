"""Twilio's document and the seeded world are the neighbours' helpers: they are found from here too."""

from __future__ import annotations

import sys
from pathlib import Path

for neighbour in ("resources", "testing"):
    place = str(Path(__file__).parents[1] / neighbour)
    if place not in sys.path:
        sys.path.append(place)
