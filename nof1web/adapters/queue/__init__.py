"""Work in Redis: RQ queues per credential, the index of what is due, heartbeats. Everything here can be rebuilt."""

from __future__ import annotations

from nof1web.adapters.queue.heartbeats import Beat, beat, beats, leave
from nof1web.adapters.queue.index import Index
from nof1web.adapters.queue.rq_queue import RqQueue

__all__ = ["Beat", "Index", "RqQueue", "beat", "beats", "leave"]
