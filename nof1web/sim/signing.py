"""Who signed a request and whether the signature and its time hold (binance.md §2)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from nof1web.sim.keys import KEY_LENGTH, ApiKey
from nof1web.sim.refusal import Refusal

DEFAULT_WINDOW_MS = 5000
LONGEST_WINDOW_MS = 60_000
AHEAD_MS = 1000


def parse_params(query: str, body: str) -> dict[str, str]:
    """Parameters of query and form body; in both, the query wins; twice in one is -1101."""
    return {**_one_part(body), **_one_part(query)} if body else _one_part(query)


def find_key(keys: Mapping[str, ApiKey], header: str) -> ApiKey:
    """The key of a request; raises -2014 for a malformed and -2015 for an unknown one."""
    if len(header) != KEY_LENGTH or not (header.isascii() and header.isalnum()):
        raise Refusal(-2014)
    key = keys.get(header)
    if key is None:
        raise Refusal(-2015)
    return key


def check_time(params: Mapping[str, str], *, now_ms: int) -> None:
    """Refuse a missing, late or early timestamp: -1102 -1131 -1021."""
    timestamp = _integer(params, "timestamp", None)
    window = _integer(params, "recvWindow", DEFAULT_WINDOW_MS)
    if window > LONGEST_WINDOW_MS:
        raise Refusal(-1131)
    if timestamp >= now_ms + AHEAD_MS:
        raise Refusal(-1021, message="Timestamp for this request was 1000ms ahead of the server's time.")
    if now_ms - timestamp > window:
        raise Refusal(-1021)


def check_signature(secret: str, query: str, body: str) -> None:
    """Refuse a signature that isn't the HMAC-SHA256 of exactly the bytes sent: -1102 when absent, -1022 when wrong."""
    rest, signature = _cut(body)
    payload = query + rest
    if signature is None:
        rest, signature = _cut(query)
        payload = rest + body
    if not signature:
        raise Refusal(-1102, "signature")
    if not hmac.compare_digest(sign(secret, payload).encode(), signature.lower().encode()):
        raise Refusal(-1022)


def sign(secret: str, payload: str) -> str:
    """The hex HMAC-SHA256 of a payload."""
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def _cut(part: str) -> tuple[str, str | None]:
    """A part without its signature, and the signature; it has to be the last parameter (-1022)."""
    if part.startswith("signature="):
        head, tail = "", part[len("signature=") :]
    else:
        head, found, tail = part.partition("&signature=")
        if not found:
            return part, None
    if "&" in tail:
        raise Refusal(-1022)
    return head, tail


def _one_part(part: str) -> dict[str, str]:
    pairs = parse_qsl(part, keep_blank_values=True)
    params = dict(pairs)
    if len(params) != len(pairs):
        raise Refusal(-1101)
    return params


def _integer(params: Mapping[str, str], name: str, default: int | None) -> int:
    text = params.get(name)
    if not text and default is not None:
        return default
    if not text or not (text.isascii() and text.isdigit()):
        raise Refusal(-1102, name)
    return int(text)
