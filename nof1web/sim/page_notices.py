"""What was just done, carried over a redirect: a known sentence and numbers, never text out of an address."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode

from nof1web.sim.page_texts import TEXTS, WORDS, word
from nof1web.sim.routing import Answer, Call
from nof1web.sim.rules import ASSETS

# After a minute the sentence is no longer news, so that a reload or a bookmark doesn't repeat it.
FRESH_MS = 60_000
_NUMBER = re.compile(r"−?[0-9][0-9,]{0,30}(\.[0-9]{1,18})?")
_BLANK = re.compile(r"{(\w+)}")
_SENTENCES = frozenset(key.removeprefix("said_") for key in TEXTS["en"] if key.startswith("said_"))


def go(call: Call, path: str, language: str, said: str, **values: str) -> Answer:
    """A redirect (303) to a page that says what was done."""
    query = urlencode({"lang": language, "said": said, "at": call.now_ms, **values})
    return Answer(b"", 303, "text/plain", (("Location", f"{path}?{query}#said"), ("Cache-Control", "no-store")))


def notice(call: Call, language: str) -> str:
    """The sentence the address asks for, or nothing when it is unknown, stale or carries anything but values."""
    asked = {name: values[-1] for name, values in parse_qs(call.query).items()}
    said, at = asked.get("said", ""), asked.get("at", "")
    if said not in _SENTENCES or not re.fullmatch(r"[0-9]{13}", at) or not 0 <= call.now_ms - int(at) <= FRESH_MS:
        return ""
    t = TEXTS[language]
    sentence = t[f"said_{said}"]
    blanks = _BLANK.findall(sentence)
    if not all(_is_value(call, asked.get(name, "")) for name in blanks):
        return ""
    return sentence.format(**{name: word(t, asked[name]) for name in blanks})


def _is_value(call: Call, text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) or text in WORDS or text in ASSETS or text in call.instruments
