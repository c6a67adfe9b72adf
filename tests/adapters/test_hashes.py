"""The hash in an address's capital letters, by its published examples."""

from __future__ import annotations

import pytest

from nof1web.adapters.hashes import keccak256


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"", "c5d2460186f7233c"),
        (b"abc", "4e03657aea45a94f"),
    ],
)
def test_the_hash_is_keccak_and_not_sha3(message: bytes, digest: str) -> None:
    assert keccak256(message).hex().startswith(digest)
