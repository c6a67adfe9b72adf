"""Folders and files that only this program's user may read."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from nof1web.errors import N_, Unavailable

_creating = threading.Lock()


def private_folder(path: Path) -> None:
    """Make a folder of mode 0700, or tighten one that is there; Unavailable when that is not allowed."""
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        _tighten(path, 0o700)
    except OSError as error:
        raise _unwritable(path, error) from error


def create_private(path: Path) -> None:
    """Create an empty file of mode 0600 unless it exists, and tighten one that does.

    Makes the folder (0700) when it is missing; Unavailable when that is not allowed.
    """
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        # Never opens a file that exists: closing it would drop the locks SQLite holds on it in this process.
        with _creating:
            if not path.exists():
                _create(path)
        _tighten(path, 0o600)
    except OSError as error:
        raise _unwritable(path, error) from error


def erase_folder(path: Path) -> None:
    """Overwrite and delete every file of a folder, then the folder; one that is gone is fine.

    On disks that write elsewhere instead of over, what was sealed stays sealed: its key was erased before.
    """
    try:
        for file in sorted(path.glob("*")) if path.exists() else []:
            with file.open("r+b") as opened:
                opened.write(bytes(file.stat().st_size))
                opened.flush()
                os.fsync(opened.fileno())
            file.unlink()
        if path.exists():
            path.rmdir()
    except OSError as error:
        raise _unwritable(path, error) from error


def _create(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return


def _tighten(path: Path, mode: int) -> None:
    if path.stat().st_mode & 0o077:
        path.chmod(mode)


def _unwritable(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        N_("%(path)s can't be written (%(reason)s): give the user who runs nof1web the right to write there."),
        path=str(path),
        reason=error.strerror or str(error),
    )
