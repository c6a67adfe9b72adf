"""Templates compiled once for all applications of a process of tests."""

from __future__ import annotations

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

_codes: dict[tuple[str, str], bytes] = {}


class Compiled(BytecodeCache):
    """Keeps compiled templates in memory; one that was changed since is compiled again."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket if its template has been compiled before."""
        found = _codes.get((bucket.key, bucket.checksum))
        if found is not None:
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        _codes[bucket.key, bucket.checksum] = bucket.bytecode_to_string()
