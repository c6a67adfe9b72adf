"""Log in and out."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from nof1web.services import users
from nof1web.web import access
from nof1web.web.forms import LoginForm
from nof1web.web.passwords import beside_the_loop

bp = Blueprint("login", __name__)


@bp.get("/login")
def login() -> ResponseReturnValue:
    """Show the form; who is logged in already goes to the first page."""
    if current_user.is_authenticated:
        return redirect("/")
    return render_template("login/page.html", form=LoginForm())


@bp.post("/login", endpoint="enter")
def enter() -> ResponseReturnValue:
    """Open a session, or say that e-mail and password don't belong together."""
    form, p = LoginForm(), access.ports()
    user = None
    if form.validate():
        user = users.authenticate(beside_the_loop(p), form.email.data.strip(), form.password.data)
        if user is None:
            form.password.errors = [_("E-mail and password don't belong together.")]
    if user is None:
        return render_template("login/page.html", form=form), 422
    session.clear()
    session.permanent = True
    login_user(access.Visitor(user, users.open_session(p, user.id)))
    return redirect(access.local_path(request.args.get("next", "/")), 303)


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    """Close the session here and on the server."""
    users.close_session(access.ports(), access.token())
    logout_user()
    session.clear()
    return redirect("/login", 303)
