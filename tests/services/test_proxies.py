"""A credential's own proxy: which addresses are taken, and where its password goes."""

from __future__ import annotations

import pytest

from nof1web.errors import InvalidInput
from nof1web.services import proxies

WORD = "word%40word%2F"


@pytest.mark.parametrize(
    ("typed", "address", "password"),
    [
        ("http://proxy.example.org:3128", "http://proxy.example.org:3128", ""),
        ("socks5h://ann:secret@192.0.2.1:1080", "socks5h://ann@192.0.2.1:1080", "secret"),
        (f" socks5h://ann:{WORD}@[2001:db8::1]:1080/ ", "socks5h://ann@[2001:db8::1]:1080", "word@word/"),
        ("", "", ""),
    ],
)
def test_the_password_is_parted_from_the_address(typed: str, address: str, password: str) -> None:
    assert proxies.parted(typed) == (address, password)


@pytest.mark.parametrize(
    "typed",
    [
        "proxy:1080", "socks5://proxy:1080", "https://proxy:1", "http://proxy", "http://:1", "http://proxy:99999",
        "http://proxy:1/path", "http://:secret@proxy:1", "http://a b:1", "ftp://proxy:1", "http://[::1:80",
    ],
)  # fmt: skip
def test_what_is_no_proxy_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        proxies.parted(typed)
    assert "secret" not in str(refused.value) and "proxy" in refused.value.fields


def test_what_was_parted_joins_again() -> None:
    assert proxies.joined(*proxies.parted(f"socks5h://ann:{WORD}@proxy:1080")) == f"socks5h://ann:{WORD}@proxy:1080"
    assert proxies.joined("", "x") is None


def test_a_proxy_is_an_egress_of_its_own_and_its_name_holds_no_password() -> None:
    assert proxies.egress("socks5h://ann:secret@proxy:1080") == "proxy:1080"
    assert proxies.egress(None) is None
