"""Who signed a request and whether the signature and its time hold (binance.md §2)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

from nof1web.sim.keys import KEY_LENGTH, ApiKey
from nof1web.sim.public_keys import HMAC, has_signed
from nof1web.sim.refusal import Refusal

DEFAULT_WINDOW_MS = 5000
LONGEST_WINDOW_MS = 60_000
AHEAD_MS = 1000
MOST_PARAMETERS = 200
_LEGAL_INTEGER = "^[0-9]{1,20}$"


def parse_params(query: str, body: str) -> dict[str, str]:
    """Parameters of query and form body; in both, the query wins; twice in one, or too many, is -1101.

    Bytes that are no UTF-8 and control characters are -1100.
    """
    return {**_one_part(body), **_one_part(query)} if body else _one_part(query)


def find_key(keys: Mapping[str, ApiKey], header: str, *, address: str, spot: bool = False) -> ApiKey:
    """The key of a request: -2014 malformed; -2015 unknown, revoked or used from another address; -2017 locked.

    The `spot` host tells a key it doesn't know by a code of its own, -2008.
    """
    if len(header) != KEY_LENGTH or not (header.isascii() and header.isalnum()):
        raise Refusal(-2014)
    key = keys.get(header)
    if key is None or key.revoked:
        raise Refusal(-2008 if spot else -2015)
    if not key.admits(address):
        raise Refusal(-2015)
    if key.locked:
        raise Refusal(-2017)
    return key


def check_time(params: Mapping[str, str], *, now_ms: int) -> None:
    """Refuse a missing, late or early timestamp: -1102 -1131 -1021."""
    timestamp, window = _timestamp_and_window(params)
    if window > LONGEST_WINDOW_MS:
        raise Refusal(-1131)
    if timestamp >= now_ms + AHEAD_MS:
        raise Refusal(-1021, message="Timestamp for this request was 1000ms ahead of the server's time.")
    if now_ms - timestamp > window:
        raise Refusal(-1021)


def check_deadline(params: Mapping[str, str], *, now_ms: int) -> None:
    """The matching engine's own look at recvWindow, with the time it is there: -5028."""
    timestamp, window = _timestamp_and_window(params)
    if now_ms - timestamp > window:
        raise Refusal(-5028)


def check_signature(key: ApiKey, query: str, body: str) -> None:
    """Refuse a signature that isn't the key's of exactly the bytes sent: -1102 when absent, -1022 when wrong."""
    rest, signature = _cut(body)
    payload = query + rest
    if signature is None:
        rest, signature = _cut(query)
        payload = rest + body
    if not signature:
        raise Refusal(-1102, "signature")
    # As anywhere in a form, a plus that was not encoded is a space, so unencoded base64 does not pass.
    if not _holds(key, payload, unquote_plus(signature)):
        raise Refusal(-1022)


def sign(secret: str, payload: str) -> str:
    """The hex HMAC-SHA256 of a payload."""
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def _holds(key: ApiKey, payload: str, signature: str) -> bool:
    if key.kind == HMAC:
        return hmac.compare_digest(sign(key.api_secret, payload).encode(), signature.lower().encode())
    return has_signed(key.public_key, payload.encode(), signature)


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
    if not part.isascii():
        raise Refusal(-1100, message="Illegal characters found in a parameter.")
    try:
        pairs = parse_qsl(part, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except UnicodeDecodeError as error:
        raise Refusal(-1100, message="Illegal characters found in a parameter.") from error
    except ValueError as error:
        raise Refusal(-1101, message="Too many parameters sent for this endpoint.") from error
    params = dict(pairs)
    if len(params) != len(pairs):
        raise Refusal(-1101)
    if "%" in part:
        _refuse_control_characters(params)
    return params


def _refuse_control_characters(params: Mapping[str, str]) -> None:
    for name, value in params.items():
        if any(char < " " or char == "\x7f" for char in name + value):
            raise Refusal(-1100, message="Illegal characters found in a parameter.")


def _timestamp_and_window(params: Mapping[str, str]) -> tuple[int, int]:
    timestamp = _integer(params, "timestamp")
    return timestamp, _integer(params, "recvWindow") if params.get("recvWindow") else DEFAULT_WINDOW_MS


def _integer(params: Mapping[str, str], name: str) -> int:
    text = params.get(name)
    if not text:
        raise Refusal(-1102, name)
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise Refusal(-1100, name, _LEGAL_INTEGER)
    return int(text)
