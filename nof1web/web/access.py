"""Who is asking, and through which ports: sessions, the list of open doors, wiring on first use."""

from __future__ import annotations

import re
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user

from nof1web.errors import N_, NotFound, Refused
from nof1web.services import users
from nof1web.services.pairs import Pairing
from nof1web.services.ports import Ports
from nof1web.services.stores import User

OPEN = frozenset(
    {
        *("login.login", "login.enter", "static", "health.healthz", "health.readyz", "metrics.metrics"),
        *("choices.language", "choices.theme", "choices.colours"),
    }
)
"""Endpoints for which nobody has to log in; every other one refuses strangers."""


class Visitor(UserMixin):
    """A logged-in user as Flask-Login knows them: the cookie holds the session's token, never the user's id."""

    def __init__(self, user: User, token: str) -> None:
        self.user = user
        self.token = token

    def get_id(self) -> str:
        """Return what goes into the cookie."""
        return self.token


def ports() -> Ports:
    """Return the process's ports; they are made when the first request needs them."""
    return cast(Ports, current_app.extensions["nof1_ports"]())


def pairing() -> Pairing:
    """Return the same ports as those that can make key pairs."""
    return cast(Pairing, ports())


def me() -> User:
    """Return the logged-in user; NotFound for a stranger."""
    if not current_user.is_authenticated:
        raise NotFound("There is no such page.")
    return cast(Visitor, current_user).user


def token() -> str:
    """Return the logged-in user's session token."""
    return cast(Visitor, current_user).token


def private_way() -> bool:
    """Whether nobody between the browser and this server reads what is typed: TLS, or the same machine."""
    host = (urlsplit(f"//{request.host}").hostname or "").lower()
    return request.is_secure or host in ("localhost", "::1") or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def require_private_way() -> None:
    """Refuse a secret that came over the network in clear."""
    if not private_way():
        raise Refused(N_("Open this page with https:// before you type a key: in between, others could read it."))


def _load(token: str) -> Visitor | None:
    user = users.session_user(ports(), token)
    return Visitor(user, token) if user else None


def local_path(target: str) -> str:
    """Return where to go after a form: a path of this site, else the first page."""
    parts = urlsplit(target)
    safe = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return target if safe and "\n" not in target and "\r" not in target else "/"


def _place(origin: str) -> tuple[str, str, int | None]:
    """Return (scheme, host, port) of an origin; a scheme's usual port counts as named."""
    try:
        parts = urlsplit(origin)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", "", None
    return parts.scheme, parts.hostname or "", port


def foreign_origin() -> bool:
    """Whether a browser says that another site's page opened this connection; http and https are two sites."""
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    own = [_place(f"{request.scheme.replace('ws', 'http', 1)}://{request.host}")]
    if public := current_app.config["NOF1_PUBLIC_URL"]:
        # Where people come in through TLS, the same host without it is not this site.
        own = [_place(public), *(place for place in own if place[1] != _place(public)[1])]
    return _place(origin) not in own


def _guard() -> ResponseReturnValue | None:
    """Refuse strangers everywhere but at the open doors: pages send them to the login, the API answers 401."""
    if request.path.startswith("/api/"):
        # Tokens count there, sessions don't: see web/api/bearer.py.
        guarded: ResponseReturnValue | None = current_app.extensions["nof1_api_guard"]()
        return guarded
    if request.path == "/live" and foreign_origin():
        abort(403)
    if request.endpoint in OPEN or current_user.is_authenticated:
        return None
    if request.path == "/live":
        abort(401)
    login = url_for("login.login", next=request.full_path.rstrip("?") if request.method == "GET" else None)
    if "HX-Request" in request.headers:
        # htmx would put the login page into a fragment's place; this header makes it leave the page instead.
        return "", 401, {"HX-Redirect": login}
    return redirect(login)


def install(app: Flask) -> None:
    """Make sessions and the guard part of the app."""
    manager = LoginManager(app)
    manager.session_protection = None
    manager.user_loader(_load)
    app.before_request(_guard)
