"""Operations that read what sources say."""

from __future__ import annotations

from typing import cast

from nof1web.core import leaders
from nof1web.services import addresses, market_documents, reporting, source_views
from nof1web.services.addresses import Looking
from nof1web.services.stores import Scope
from nof1web.web.api.bearer import Caller
from nof1web.web.api.models import Listing, asked, made, sources
from nof1web.web.api.operations import operation
from nof1web.web.api.paging import sliced

TAG = "Sources"


@operation("GET", "/sources", tag=TAG, name="sources")
def listing(caller: Caller, query: asked.Paging) -> Listing[sources.Source]:
    """List the sources that can be followed, and how they are doing."""
    found = source_views.sources(caller.p)
    return sliced(
        found, lambda each: each.source, query, lambda each: made(sources.Source, market_documents.source(each))
    )


@operation("GET", "/agents", tag=TAG, name="agents")
def agents(caller: Caller, query: asked.OfSource) -> Listing[sources.Agent]:
    """List the agents of all sources with their books at live marks."""
    found = [each for each in reporting.agents(caller.p) if query.source in ("", each.source)]
    return sliced(
        found,
        lambda each: f"{each.source}|{each.agent}",
        query,
        lambda each: made(sources.Agent, market_documents.agent(each)),
    )


@operation("GET", "/signals", tag=TAG, name="signals")
def signals(caller: Caller, query: asked.OfSource) -> Listing[sources.Signal]:
    """List what the newest record of each agent says, as decisions see it."""
    found = caller.p.market.signals(query.source or None)
    return sliced(
        found,
        lambda each: f"{each.source}|{each.agent}",
        query,
        lambda each: made(sources.Signal, market_documents.signal(each)),
    )


@operation("POST", "/addresses", scope=Scope.TRADE, status=201, tag=TAG, name="add_address")
def add(caller: Caller, body: asked.Address) -> sources.Address:
    """Have an address on Hyperliquid read from now on; its book appears among the agents in a few seconds."""
    label = addresses.label_of(body.label)
    address = addresses.add(cast(Looking, caller.p), body.address, confirmed=body.confirmed)
    if label:
        addresses.name(caller.p, caller.user_id, address, label)
    return sources.Address(source=leaders.SOURCE, agent=address)
