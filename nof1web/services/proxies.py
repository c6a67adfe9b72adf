"""A credential's own way to the exchange: an http or socks5h proxy, whose password is a sealed secret of its own."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from nof1web.errors import N_, InvalidInput, Text

FIELD = "proxy_password"
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
_WRONG = N_(
    "Write the proxy as http://host:port or socks5h://host:port, with user:password@ before the host if needed."
)


def parted(typed: str) -> tuple[str, str]:
    """Return a typed proxy's address without its password, and the password; InvalidInput for what is none.

    Host names are resolved by the proxy (socks5h), so that nobody on the way sees which ones were asked for.
    """
    typed = typed.strip()
    if not typed:
        return "", ""
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError:
        raise _wrong() from None
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname or ""
    rest = parts.path.strip("/") or parts.query or parts.fragment
    lonely = parts.password is not None and not parts.username
    if lonely or parts.scheme not in ("http", "socks5h") or not _HOST.fullmatch(host) or port is None or rest:
        raise _wrong()
    user = f"{quote(unquote(parts.username), safe='')}@" if parts.username else ""
    return f"{parts.scheme}://{user}{host}:{port}", unquote(parts.password or "")


def joined(address: str, password: str) -> str | None:
    """Return the proxy as requests wants it, None for none."""
    if not address:
        return None
    scheme, _, rest = address.partition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}://{user}:{quote(password, safe='')}@{host}" if at else address


def egress(proxy: str | None) -> str | None:
    """Return the name of the budget that requests through this proxy use; None for the host's own."""
    if not proxy:
        return None
    return proxy.rpartition("@")[2].rpartition("//")[2]


def _wrong() -> InvalidInput:
    return InvalidInput(_WRONG, fields={"proxy": Text(_WRONG)})
