"""Parses TwiML. Pure, and safe with hostile documents: no document type, no entity of its own, no file, bounded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

LARGEST = 64 * 1024
"""Bytes of a document, the limit of Twilio."""
_DEEPEST = 16


class TwimlError(ValueError):
    """A document is no TwiML. The message quotes nothing of it."""


@dataclass
class Verb:
    """An element of a document.

    :param name: its name, such as ``Say``.
    :param attributes: its attributes.
    :param text: the text directly in it, without blanks at both ends.
    :param children: the elements in it.
    """

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Verb] = field(default_factory=list)

    def child(self, name: str) -> Verb | None:
        """Return the first child of a name; None if there is none."""
        return next((one for one in self.children if one.name == name), None)


def parse(document: bytes) -> list[Verb]:
    """Parse a document.

    :param document: the whole document; ``Response`` is its root.
    :returns: the verbs, in order.
    :raises TwimlError: it is not well-formed, not TwiML, declares a type or an entity, or is too large or too deep.
    """
    if len(document) > LARGEST:
        raise TwimlError(f"a TwiML document has {LARGEST} bytes at most, not {len(document)}")
    root = Verb("")
    open_elements = [root]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(open_elements) > _DEEPEST:
            raise TwimlError(f"elements of TwiML are nested {_DEEPEST} deep at most")
        verb = Verb(name, attributes)
        open_elements[-1].children.append(verb)
        open_elements.append(verb)

    def end(_name: str) -> None:
        verb = open_elements.pop()
        verb.text = verb.text.strip()

    def text(data: str) -> None:
        open_elements[-1].text += data

    def refuse(*_declaration: object) -> NoReturn:
        raise TwimlError("TwiML declares no document type and no entities")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(document, True)
    except TwimlError:
        raise
    except expat.ExpatError as error:
        raise TwimlError(f"not well-formed XML at line {error.lineno}") from None
    except (LookupError, ValueError):  # an encoding that expat does not read
        raise TwimlError("the encoding of the document is not known; use UTF-8") from None
    [response] = root.children
    if response.name != "Response":
        raise TwimlError("the root of TwiML is Response")
    return response.children
