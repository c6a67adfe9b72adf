"""What browsers are told not to do: content policy, framing, sniffing, referrers, cookies."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect

from nof1web.config import Config

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_YEAR_S = 31_536_000


def is_https(config: Config) -> bool:
    """Whether people reach this installation through TLS."""
    return bool(config.public_url and config.public_url.startswith("https://"))


def cookies(config: Config) -> dict[str, object]:
    """Return Flask's cookie settings; `__Host-` binds the session to this host where there is TLS."""
    https = is_https(config)
    return {
        "SESSION_COOKIE_NAME": "__Host-nof1" if https else "nof1",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        # The token is as good as the session it lives in; an hour's limit would only break tabs left open.
        "WTF_CSRF_TIME_LIMIT": None,
    }


def install(app: Flask, config: Config) -> None:
    """Put CSRF checks before every post and the headers on every answer."""
    CSRFProtect(app)
    headers = dict(_HEADERS)
    if is_https(config):
        headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}; includeSubDomains"

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            # Pages show one person's money: no shared or disk cache may keep them.
            response.headers.setdefault("Cache-Control", "no-store")
        return response
