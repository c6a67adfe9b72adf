"""Answers to a pressed button: the page's head and a sentence for htmx, a redirect to the page without JavaScript."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from nof1web.errors import Nof1Error
from nof1web.web import access, failures, pages
from nof1web.web.numbers import sentence


def wants_fragment() -> bool:
    """Whether htmx asks; only posts may look at this."""
    return "HX-Request" in request.headers


def done(page: str, id: str, text: str) -> ResponseReturnValue:
    """Answer that something was done or asked for."""
    flash(text, "done")
    return _shown(page, id, 200)


def refused(page: str, id: str, error: Nof1Error) -> ResponseReturnValue:
    """Answer why it was not done; the page stays as it was."""
    flash(sentence(error.text), "refused")
    return _shown(page, id, failures.status_of(error))


def _shown(page: str, id: str, status: int) -> ResponseReturnValue:
    if not wants_fragment():
        return redirect(url_for("credentials.one" if page == "credential" else "trackers.one", id=id), 303)
    head = pages.fragment(access.ports(), access.me().id, "head", page=page, id=id)
    # The sentence has a place of its own: a push that redraws the head must not wipe it away.
    return make_response(head + render_template("shared/_messages.html", pushed=True), status)


def saved(tracker_id: str, text: str) -> ResponseReturnValue:
    """Answer that a tracker's settings were kept: to its page, where the sentence stands."""
    flash(text, "done")
    to = url_for("trackers.one", id=tracker_id)
    return ("", 204, {"HX-Redirect": to}) if wants_fragment() else redirect(to, 303)
