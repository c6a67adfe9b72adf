"""The Flask application: one factory that puts the parts together."""

from __future__ import annotations

import gc
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path

from flask import Flask
from htmx_flask import Htmx
from werkzeug.middleware.proxy_fix import ProxyFix

from nof1web import config as configuration
from nof1web.config import Config
from nof1web.services.ports import Ports
from nof1web.web import (
    access,
    activity,
    agents,
    api,
    bulk,
    cells,
    chips,
    choices,
    credentials,
    failures,
    health,
    keys,
    live,
    login,
    metrics,
    numbers,
    overview,
    pairs,
    removed,
    security,
    several,
    sparkline,
    spoken,
    stopping,
    tokens,
    trackers,
    untracking,
    why,
    words,
)

ROOT = Path(__file__).resolve().parents[2]
_FORM_BYTES = 256 * 1024


def create_app(config: Config | None = None, *, ports: Callable[[], Ports] | None = None) -> Flask:
    """Return the application; ConfigError when the environment is wrong.

    Nothing is opened here: `ports` (default: wiring's) is called by the first request that needs it.
    """
    config = config or configuration.load()
    app = Flask("nof1web", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=_FORM_BYTES,
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        NOF1_PUBLIC_URL=config.public_url,
        **security.cookies(config),
    )
    app.extensions["nof1_ports"] = ports or _wired
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if config.proxy_hops:
        hops = config.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    _install(app, config)
    return app


@cache
def _wired() -> Ports:
    from nof1web import wiring
    from nof1web.wiring import master

    # Secrets are typed here, before they are sealed.
    master.leave_no_dump()
    # A page that waits for a busy file keeps everybody waiting: all pages share one thread. It opens no secret either.
    made = wiring.ports(busy_ms=250, blind=True)
    # What is loaded by now stays: looking through it again and again would halt everybody's pages meanwhile.
    gc.collect()
    gc.freeze()
    return made


def _install(app: Flask, config: Config) -> None:
    Htmx(app)
    choices.install(app, ROOT / "nof1web" / "translations")
    # The guard stands before the CSRF check: a stranger is sent to the login, whatever they post.
    access.install(app)
    security.install(app, config)
    failures.install(app)
    api.install(app)
    for part in (spoken, numbers, chips, cells, words, sparkline, live):
        part.install(app)
    areas = (
        login, overview, bulk, credentials, keys, pairs, removed, several, trackers, untracking,
        stopping, agents, activity, why, tokens, health, metrics,
    )  # fmt: skip
    for area in areas:
        app.register_blueprint(area.bp)

    @app.context_processor
    def site() -> dict[str, object]:
        demo = config.mode == "demo"
        return {
            "demo": demo,
            "exchange_url": config.testnet_url if demo else "",
            "egress_address": config.egress_ip,
            "private_way": access.private_way,
        }
