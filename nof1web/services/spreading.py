"""Spreading: accounts that were asked for together don't stay together, so that no second has all of them."""

from __future__ import annotations

import zlib
from datetime import timedelta

SHARE = 10
"""% of a period by which an account may be later than another with the same period"""
_STEPS = 1000


def spread(seconds: int, credential_id: str) -> timedelta:
    """Return a period lengthened by up to a tenth, the same each time for one account."""
    step = zlib.crc32(credential_id.encode()) % _STEPS
    return timedelta(seconds=seconds) + timedelta(seconds=seconds) * SHARE * step / (100 * _STEPS)
