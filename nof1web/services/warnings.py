"""What a key's test warns of, in sentences (binance.md §4.5)."""

from __future__ import annotations

from nof1web.errors import N_, Text

MOVES_MONEY = "moves_money"
"""the code of a key found able to withdraw or transfer after it was saved: nothing is entered with it"""
_WORDS = {
    MOVES_MONEY: N_(
        "This key may withdraw or transfer money: remove these permissions at the exchange, then test it again."
    ),
    "permissions_unverified": N_("What this key may do can't be read here: make sure that it can't withdraw money."),
    "no_address_restriction": N_(
        "This key works from every address: restrict it to this server's address at the exchange."
    ),
    "no_funds": N_("The futures wallet is empty: move USDT there before you start."),
    "hedge_mode": N_("This account is in hedge mode: long and short positions stand beside each other. That works."),
    "multi_assets": N_(
        "This account is in multi-assets mode: all coins in it are margin, and isolated margin is not possible."
    ),
    "account_linked": N_("This exchange account is linked already, as %(detail)s: both would trade the same money."),
}


def words(code: str) -> Text:
    """Return the sentence of a KeyCheck's warning; an unknown code (of a newer version) is shown as it is."""
    name, _colon, detail = code.partition(":")
    template = _WORDS.get(name)
    if template is None:
        return Text(N_("%(code)s"), {"code": code})
    return Text(template, {"detail": detail}) if detail else Text(template)
