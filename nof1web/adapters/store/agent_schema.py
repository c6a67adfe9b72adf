"""The table of a tenant's own names for agents."""

from __future__ import annotations

LABELS = """
CREATE TABLE agent_labels (
    source TEXT NOT NULL,
    agent TEXT NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (source, agent)
) STRICT, WITHOUT ROWID;
"""
