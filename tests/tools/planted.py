"""Finds keys and secrets written into a file: tokens of known shape, exchange keys, secrets given as literals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from detect_secrets.core.scan import scan_line
from detect_secrets.settings import transient_settings

TOKENS = (
    "AWSKeyDetector", "DiscordBotTokenDetector", "GitHubTokenDetector", "GitLabTokenDetector",
    "JwtTokenDetector", "NpmDetector", "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector",
    "SlackDetector", "StripeDetector", "TelegramBotTokenDetector",
)

# Printed in the exchange's public documentation: the secret, result and key of its signature example.
PUBLIC = {
    "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9",
    "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9",
    "dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83",
}

# A hash of a pinned package is as long as an exchange key, but says what it is.
EXCHANGE_KEY = re.compile(r"(?<![0-9A-Za-z])(?<!sha256:)(?<!sha256-)[0-9A-Za-z]{64}(?![0-9A-Za-z])")
LITERAL = re.compile(
    r"""(?i)(?:secret|passw(?:or)?d|passphrase|token|api_?key|master_?key)\w*["']?\s*[:=]\s*["']?([0-9A-Za-z+/_=-]{16,})(?![\w(.\[+/=-])"""
)
_AT_ONCE = 200
IN_ADDRESS = re.compile(r"://[^/\s:@]*:([^@\s/]{8,})@")


def plants(paths: Iterable[Path]) -> list[str]:
    """Return `file:line: what` for every key or secret in these text files; the secret itself is not repeated.

    A line that ends in detect-secrets' own comment "pragma: allowlist secret" is passed over.
    """
    with transient_settings({"plugins_used": [{"name": name} for name in TOKENS]}):
        return [f"{path}:{number}: {what}" for path in paths for number, what in in_file(path)]


def in_file(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and kind of each find; a file that is not text holds nothing that a person pasted."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return
    for start in range(0, len(lines), _AT_ONCE):
        together = lines[start : start + _AT_ONCE]
        # Most are empty of anything: looked at one by one they take many times as long.
        if any(in_line("\n".join(together))):
            for number, line in enumerate(together, start + 1):
                if "pragma: allowlist secret" not in line:
                    yield from ((number, what) for what in in_line(line))


def in_line(line: str) -> Iterator[str]:
    """Yield the kind of each find in one line."""
    yield from (found.type for found in scan_line(line))
    for key in EXCHANGE_KEY.findall(line):
        if key not in PUBLIC and looks_random(key):
            yield "64 characters like an exchange key"
    for value in LITERAL.findall(line) + IN_ADDRESS.findall(line):
        if value not in PUBLIC and looks_random(value):
            yield "a secret as a literal"


def looks_random(text: str) -> bool:
    """Whether text changes between lower, upper case and digits as often as a generated key, and repeats little."""
    pieces = [text[start : start + 4] for start in range(len(text) - 3)]
    if len(set(pieces)) < 0.7 * len(pieces):
        return False
    kinds = [c.isdigit() + 2 * c.isupper() for c in text if c.isalnum()]
    return sum(a != b for a, b in pairwise(kinds)) >= len(text) / 5
