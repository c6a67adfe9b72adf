"""What a key's test warns of, in sentences (binance.md §4.5)."""

from __future__ import annotations

from nof1web.errors import N_, Text

_WORDS = {
    "permissions_unverified": N_("What this key may do can't be read here: make sure that it can't withdraw money."),
    "no_address_restriction": N_(
        "This key works from every address: restrict it to this server's address at the exchange."
    ),
    "no_funds": N_("The futures wallet is empty: move USDT there before you start."),
}


def words(code: str) -> Text:
    """Return the sentence of a KeyCheck's warning; an unknown code (of a newer version) is shown as it is."""
    template = _WORDS.get(code)
    return Text(template) if template else Text(N_("%(code)s"), {"code": code})
