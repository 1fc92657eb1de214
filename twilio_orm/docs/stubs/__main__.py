"""``python -m twilio_orm.docs.stubs`` writes the stubs, and removes those of nothing that exists."""

from __future__ import annotations

from pathlib import Path

from .models import files

FOLDER = Path(__file__).parents[2] / "resources" / "typed"
BY_HAND = "values.pyi"


def write(folder: Path = FOLDER) -> list[str]:
    """Write every stub to a folder, remove what is stale there, and name what changed."""
    current, changed = files(), []
    for path in sorted(folder.glob("*.pyi")):
        if path.name not in (*current, BY_HAND):
            path.unlink()
            changed.append(path.name)
    for name, text in current.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(name)
    return changed


if __name__ == "__main__":
    for changed_file in write():
        print(changed_file)
