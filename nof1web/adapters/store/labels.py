"""What a tenant calls agents: nobody else sees it."""

from __future__ import annotations

from collections.abc import Mapping

from nof1web.adapters.store.connections import SqliteFile


class SqliteLabels:
    """services.stores.LabelStore."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def all(self) -> Mapping[tuple[str, str], str]:
        """Return the label of each (source, agent) that has one."""
        rows = self._file.rows("SELECT source, agent, label FROM agent_labels")
        return {(row["source"], row["agent"]): row["label"] for row in rows}

    def put(self, source: str, agent: str, label: str) -> None:
        """Insert or replace; an empty label removes it."""
        if label:
            row = {"source": source, "agent": agent, "label": label}
            self._file.insert("agent_labels", row, replacing=("source", "agent"))
        else:
            self._file.change("DELETE FROM agent_labels WHERE source = ? AND agent = ?", (source, agent))
