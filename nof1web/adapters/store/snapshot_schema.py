"""What was added to account snapshots."""

from __future__ import annotations

LEVERAGES = """
ALTER TABLE snapshots ADD COLUMN leverages TEXT;
ALTER TABLE snapshots ADD COLUMN modes_at INTEGER;
"""
