"""A refusal (RFC 9457)."""

from __future__ import annotations

from nof1web.web.api.models.fields import Model


class Problem(Model):
    """Why something was not done: `detail` is a sentence, `code` for programs, `fields` a sentence per wrong field."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    fields: dict[str, str]
