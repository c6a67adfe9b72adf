"""Who may use the controls and the form for keys: programs and people on this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from nof1web.sim.routing import Answer, Call, json_answer

NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def is_local(call: Call) -> bool:
    """Whether a request comes from loopback, asks for this machine by name, and no page of another site sent it.

    A site whose own name points here (DNS rebinding) is told by the Host header, any other site by its Origin.
    """
    host, origin = call.environ.get("HTTP_HOST", ""), call.environ.get("HTTP_ORIGIN")
    try:
        named_here = urlsplit(f"//{host}").hostname in NAMES
        same_site = origin is None or urlsplit(origin).netloc == host
        return named_here and same_site and ip_address(call.address).is_loopback
    except ValueError:
        return False


def only_here() -> Answer:
    """The refusal for everybody else."""
    return json_answer({"error": "only from this machine"}, 403)
