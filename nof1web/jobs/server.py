"""The embedded server as a process to be started and asked, for those who start processes."""

from __future__ import annotations

from nof1web.adapters import embedded_redis
from nof1web.config import Config


def command(config: Config) -> list[str] | None:
    """Return the embedded server's command line, None when REDIS_URL names another; ConfigError when there is none."""
    return None if config.redis_url else embedded_redis.command(config)


def answers(config: Config) -> bool:
    """Whether Redis, embedded or not, is ready."""
    return embedded_redis.answers(config)
