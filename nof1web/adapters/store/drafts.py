"""Keys somebody typed, sealed, until their test is over."""

from __future__ import annotations

from nof1web.adapters.store import units
from nof1web.adapters.store.columns import PLAIN, SENTENCE, TIME, Column, Columns, maybe
from nof1web.adapters.store.connections import SqliteFile
from nof1web.errors import N_, NotFound, Text
from nof1web.services.stores import Draft

_CODES = Column(lambda codes: units.to_json(list(codes)), lambda text: tuple(units.from_json(text)))

_DRAFT = Columns(
    Draft,
    {
        "id": PLAIN, "name": PLAIN, "environment": PLAIN, "api_key": PLAIN, "sealed": PLAIN, "state": PLAIN,
        "answer": maybe(SENTENCE), "credential_id": PLAIN, "created_at": TIME, "label": PLAIN, "margin_mode": PLAIN,
        "proxy": PLAIN, "sealed_proxy": PLAIN, "replaces": PLAIN, "warnings": _CODES, "public_key": PLAIN,
    },
    remembers=False,
)


class Drafts:
    """The part of services.stores.CredentialStore that keeps keys being tested."""

    _file: SqliteFile

    def add_draft(self, draft: Draft) -> None:
        """Insert."""
        self._file.insert("drafts", _DRAFT.values(draft))

    def put_draft(self, draft: Draft) -> None:
        """Replace by id."""
        self._file.insert("drafts", _DRAFT.values(draft), replacing=("id",))

    def waiting(self) -> tuple[Draft, ...]:
        """Return the key pairs whose id isn't known yet, oldest first."""
        rows = self._file.rows("SELECT * FROM drafts WHERE state = 'waiting' ORDER BY created_at, id")
        return _DRAFT.all(rows)

    def testing(self) -> tuple[Draft, ...]:
        """Return the keys whose test isn't over, oldest first."""
        rows = self._file.rows("SELECT * FROM drafts WHERE state = 'testing' ORDER BY created_at, id")
        return _DRAFT.all(rows)

    def draft(self, draft_id: str) -> Draft | None:
        """Return the draft of that id."""
        row = self._file.row("SELECT * FROM drafts WHERE id = ?", (draft_id,))
        return _DRAFT.read(row) if row else None

    def finish_draft(
        self,
        draft_id: str,
        *,
        state: str,
        answer: Text,
        credential_id: str = "",
        warnings: tuple[str, ...] = (),
    ) -> None:
        """Note the test's answer and erase the sealed secrets from the file and its write-ahead log.

        Inside a transaction the log is emptied after the commit. NotFound when there is no such draft.
        """
        with self._file.transaction():
            touched = self._file.change(
                "UPDATE drafts SET sealed = x'', sealed_proxy = x'', state = ?, answer = ?, credential_id = ?,"
                " warnings = ? WHERE id = ?",
                (state, SENTENCE.write(answer), credential_id, _CODES.write(warnings), draft_id),
            )
            if not touched:
                raise NotFound(N_("This key test does not exist any more: enter the key again."))
            self._file.erase_behind()
