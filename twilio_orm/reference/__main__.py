"""``python -m twilio_orm.reference`` writes the pages beside this module, and removes those of no resource."""

from __future__ import annotations

from pathlib import Path

from ..schema.registry import resources
from . import index, page

HERE = Path(__file__).parent


def write(folder: Path = HERE) -> list[str]:
    """Write every page to a folder, remove what is stale there, and name what changed."""
    pages = {f"{name}.md": page(model) for name, model in resources().items()} | {"README.md": index()}
    changed = []
    for path in sorted(folder.glob("*.md")):
        if path.name not in pages:
            path.unlink()
            changed.append(path.name)
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(name)
    return changed


if __name__ == "__main__":
    for changed_page in write():
        print(changed_page)
