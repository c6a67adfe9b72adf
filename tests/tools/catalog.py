"""What people read: the sentences in the sources, and the Chinese catalog as edited and as compiled."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tests.tools.sources import ROOT

CHINESE = ROOT / "nof1web" / "translations" / "zh" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\((\w+)\)")


def sentences(root: Path = ROOT) -> set[str]:
    """Return every msgid in the files babel.cfg names (of a plural the singular), as `make messages` finds them."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    keywords = {**DEFAULT_KEYWORDS, "lazy_gettext": None}
    found = extract_from_dir(root, methods, options, keywords=keywords)
    return {first(msgid) for _file, _line, msgid, _comments, _context in found} - {""}


def edited() -> Catalog:
    """Return the Chinese catalog that people edit."""
    return read_po(BytesIO((CHINESE / "messages.po").read_bytes()), locale="zh")


def compiled() -> Catalog:
    """Return the Chinese catalog that the program reads."""
    return read_mo(BytesIO((CHINESE / "messages.mo").read_bytes()))


def by_msgid(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Return the translations of each msgid."""
    return {first(m.id): strings(m) for m in catalog if m.id}


def untranslated(catalog: Catalog) -> list[str]:
    """Return the msgids without a settled translation, or whose translation has a placeholder too many."""
    return [first(m.id) for m in catalog if m.id and (m.fuzzy or not all(strings(m)) or asks_for_more(m))]


def asks_for_more(message: Message) -> bool:
    """Whether a translation names a placeholder that the English lacks: filling it in would fail."""
    known = set(PLACEHOLDER.findall(" ".join((message.id,) if isinstance(message.id, str) else message.id)))
    return any(set(PLACEHOLDER.findall(text)) - known for text in strings(message))


def first(msgid: str | tuple[str, ...] | list[str]) -> str:
    """Return the msgid itself, of a plural the singular."""
    return msgid if isinstance(msgid, str) else msgid[0]


def strings(message: Message) -> tuple[str, ...]:
    """Return a message's translations, one for each plural form."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))
