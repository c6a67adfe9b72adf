"""Who may log in, and their sessions."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import asdict
from datetime import timedelta

from nof1web.errors import N_, InvalidInput, Text
from nof1web.services import halting
from nof1web.services.ids import new_id
from nof1web.services.ports import Ports
from nof1web.services.stores import Quota, User

PASSWORD_LENGTH = 10
SESSION_LIFE = timedelta(days=14)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def add_user(p: Ports, email: str, password: str, *, admin: bool = False) -> User:
    """Add a login; InvalidInput names what is wrong with e-mail or password."""
    email = email.strip().lower()
    fields: dict[str, Text] = {}
    if not _EMAIL.fullmatch(email):
        fields["email"] = Text(N_("Enter an e-mail address like name@example.org."))
    elif p.registry.user_by_email(email) is not None:
        fields["email"] = Text(N_("There already is a user with this e-mail address."))
    if len(password) < PASSWORD_LENGTH:
        fields["password"] = Text(
            N_("Choose a password of at least %(length)s characters."), {"length": PASSWORD_LENGTH}
        )
    if fields:
        first = next(iter(fields.values()))
        raise InvalidInput(first.template, fields=fields, **first.numbers)
    hashed = p.passwords.hash(password)
    role = "admin" if admin else "user"
    user = User(new_id("u"), email, hashed, role, enabled=True, language="", created_at=p.clock())
    p.registry.add_user(user)
    p.registry.audit(p.clock(), user.id, "user.add", email)
    return user


def set_enabled(p: Ports, user: User, enabled: bool) -> None:
    """Let somebody log in again, or end their sessions, let them in no more and halt all of their credentials.

    Closes and protection still flow, for nobody else would look after what is open. Being let in again ends no halt:
    a person does that.
    """
    p.registry.set_enabled(user.id, enabled)
    if not enabled:
        halting.halt_user(p, user.id, by="host")
    p.registry.audit(p.clock(), user.id, "user.enable" if enabled else "user.disable", user.email)


def set_quota(p: Ports, user: User, quota: Quota) -> None:
    """Set what somebody may have: credentials, cycles and entries."""
    p.registry.set_quota(user.id, quota)
    said = {name: str(number) for name, number in asdict(quota).items() if number is not None}
    p.registry.audit(p.clock(), user.id, "user.quota", ", ".join(" ".join(each) for each in said.items()))


def authenticate(p: Ports, email: str, password: str) -> User | None:
    """Return the user, or None for a wrong e-mail, a wrong password or a disabled login; all take as long."""
    user = p.registry.user_by_email(email.strip().lower())
    matches = p.passwords.matches(user.password_hash if user else "", password)
    return user if user is not None and matches and user.enabled else None


def open_session(p: Ports, user_id: str) -> str:
    """Start a session; return its token, of which only a hash is kept."""
    token = secrets.token_urlsafe(32)
    at = p.clock()
    p.registry.open_session(_hashed(token), user_id, at=at, expires_at=at + SESSION_LIFE)
    return token


def session_user(p: Ports, token: str) -> User | None:
    """Return whose session a token is, None once it ended."""
    return p.registry.session_user(_hashed(token), p.clock())


def close_session(p: Ports, token: str) -> None:
    """End a session; ending it twice is fine."""
    p.registry.close_session(_hashed(token))


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
