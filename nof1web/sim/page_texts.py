"""What the exchange's own site says, in English and Chinese."""

from __future__ import annotations

from nof1web.sim.page_answers_en import ENGLISH_ANSWERS
from nof1web.sim.page_answers_zh import CHINESE_ANSWERS
from nof1web.sim.page_texts_en import ENGLISH
from nof1web.sim.page_texts_zh import CHINESE

TEXTS: dict[str, dict[str, str]] = {
    "en": {**ENGLISH, **ENGLISH_ANSWERS},
    "zh": {**CHINESE, **CHINESE_ANSWERS},
}
# The exchange's own words (BUY, LIMIT, FUNDING_FEE …) that have one in the reader's language.
WORDS = frozenset(key.removeprefix("word_") for key in TEXTS["en"] if key.startswith("word_"))


def word(t: dict[str, str], code: str) -> str:
    """One of the exchange's own words (BUY, LIMIT, FUNDING_FEE …) in the reader's; what has none stays as it is."""
    return t.get(f"word_{code}", code)
