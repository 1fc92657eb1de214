"""``python -m twilio_orm.docs.generator`` writes the pages of the reference, and removes those of nothing that exists."""

from __future__ import annotations

from pathlib import Path

from ...schema.registry import resources
from .class_pages import class_pages
from .overview import index
from .resource_pages import page

REFERENCE = Path(__file__).parents[1] / "reference"


def pages() -> dict[str, str]:
    """Every page of the reference as Markdown, by its file's name. Touches nothing."""
    return {f"{name}.md": page(model) for name, model in resources().items()} | class_pages() | {"README.md": index()}


def write(folder: Path = REFERENCE) -> list[str]:
    """Write every page to a folder, remove what is stale there, and name what changed."""
    current, changed = pages(), []
    for path in sorted(folder.glob("*.md")):
        if path.name not in current:
            path.unlink()
            changed.append(path.name)
    for name, text in current.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(name)
    return changed


if __name__ == "__main__":
    for changed_page in write():
        print(changed_page)
