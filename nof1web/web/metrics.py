"""/metrics in Prometheus' text form, for whoever runs this server."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from itertools import accumulate
from typing import cast

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.utils import floatToGoString

from nof1web.services import metering, tokens
from nof1web.services.metering import Gauge, Metered
from nof1web.services.tallying import LONGER, CycleTimes
from nof1web.web import access

PREFIX = "nof1_"
_FORWARDED = ("X-Forwarded-For", "Forwarded")

bp = Blueprint("metrics", __name__)


class Collected:
    """A scrape's values as prometheus_client collects them: read from the stores, so any process can answer."""

    def __init__(self, gauges: tuple[Gauge, ...], cycles: CycleTimes | None) -> None:
        self._gauges, self._cycles = gauges, cycles

    def collect(self) -> Iterator[Metric]:
        """Yield each measured thing with its values."""
        for gauge in self._gauges:
            kind = CounterMetricFamily if gauge.counts else GaugeMetricFamily
            family = kind(PREFIX + gauge.name, gauge.help, labels=gauge.labels)
            for labels, value in gauge.values:
                family.add_metric(labels, value)
            yield family
        if self._cycles is not None:
            yield _durations(self._cycles)


def _durations(cycles: CycleTimes) -> Metric:
    """Cycles by how long they took: each bucket of Prometheus' holds those of the shorter ones too."""
    upto = accumulate(count for _, count in cycles.buckets)
    buckets = [
        ("+Inf" if longest == LONGER else floatToGoString(longest / 1000), count)
        for (longest, _), count in zip(cycles.buckets, upto, strict=True)
    ]
    family = HistogramMetricFamily(PREFIX + "cycle_duration_seconds", "How long an account's cycle took.")
    family.add_metric((), buckets, cycles.total_ms / 1000)
    return family


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Answer a scrape from this machine itself, or with an admin's token; 403 to anybody else."""
    if not (_here() or _admin()):
        return _("Read this on the server itself, or with the token of an administrator."), 403
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collected(*metering.measured(cast(Metered, access.ports()))))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _here() -> bool:
    """Whether nobody stands between: what a proxy passes on comes from this machine too, but says for whom."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _admin() -> bool:
    given = request.authorization
    found = tokens.bearer(access.ports(), given.token) if given and given.type == "bearer" and given.token else None
    return found is not None and found[0].role == "admin"
