"""Services that are expensive to make are kept by account, bounded, and made anew when the account changed."""

from __future__ import annotations

from itertools import count

from nof1web.services.registry import ServiceRegistry

ANNA, BEN = ("u_a", "c_1"), ("u_b", "c_1")


def test_the_same_account_gets_the_same_service() -> None:
    kept, made = ServiceRegistry[int](2), count()
    assert kept.get(ANNA, "mark", lambda: next(made)) == kept.get(ANNA, "mark", lambda: next(made)) == 0


def test_two_users_never_share_one() -> None:
    kept = ServiceRegistry[str](2)
    assert (kept.get(ANNA, "m", lambda: "anna's"), kept.get(BEN, "m", lambda: "ben's")) == ("anna's", "ben's")


def test_a_changed_account_gets_a_new_one() -> None:
    kept = ServiceRegistry[str](2)
    kept.get(ANNA, "old key", lambda: "old")
    assert kept.get(ANNA, "new key", lambda: "new") == "new" == kept.get(ANNA, "new key", lambda: "never")


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    kept, made = ServiceRegistry[int](2), count()
    for number in (1, 2, 1, 3):
        kept.get(("u", str(number)), "m", lambda: next(made))
    assert kept.get(("u", "1"), "m", lambda: next(made)) == 0
    assert kept.get(("u", "2"), "m", lambda: next(made)) == 3
