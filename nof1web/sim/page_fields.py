"""What a person typed into a form, and how a field says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from unicodedata import normalize
from urllib.parse import parse_qs

from nof1web.sim.routing import Call

# Digits and a dot only: a comma would be a thousand to some readers and a decimal to others.
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,18})?")


class BadField(Exception):
    """A field that can't be used; names the field and the sentence, whose blanks the values fill."""

    def __init__(self, field: str, sentence: str, **values: str) -> None:
        self.field = field
        self.sentence = sentence
        self.values = values
        super().__init__(f"{field}: {sentence}")


@dataclass(frozen=True, slots=True)
class Fields:
    """A form's fields as they were typed."""

    typed: Mapping[str, str]

    def text(self, name: str) -> str:
        """A field without surrounding blanks and in plain width (１０ → 10); empty when it wasn't sent."""
        return normalize("NFKC", self.typed.get(name, "")).strip()

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """One of the values offered; raises BadField."""
        value = self.typed.get(name, "")
        if value not in allowed:
            raise BadField(name, "pick")
        return value

    def decimal(
        self, name: str, sentence: str, *, least: Decimal, most: Decimal, blanks: Mapping[str, str] | None = None
    ) -> Decimal:
        """A plain decimal of least..most; raises BadField with the sentence and what fills its blanks."""
        text = self.text(name)
        if not _DECIMAL.fullmatch(text) or not least <= Decimal(text) <= most:
            raise BadField(name, sentence, **(blanks or {}))
        return Decimal(text)


def read_fields(call: Call) -> Fields:
    """The fields of a posted form; of a repeated one the last."""
    return Fields({name: values[-1] for name, values in parse_qs(call.body, keep_blank_values=True).items()})
