"""The secret of sessions: in a file that its owner alone may read, drawn anew when all sessions are to end."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from aggregator.errors import UserError
from aggregator.storage.files.signing_key import LENGTH, signing_key


class FileSecret:
    """Reads the file each time it is asked, 20 microseconds: what one process ends has ended for all of them."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def current(self) -> bytes:
        """Give the secret; made where there is none.

        Raises:
            UserError: the file can be neither read nor made.
        """
        return signing_key(self._file)

    def renew(self) -> None:
        """Put another secret in its place, whole or not at all.

        Raises:
            UserError: it can't be written; the secret before still holds.
        """
        try:
            handle, draft = tempfile.mkstemp(dir=self._file.parent, prefix="draft-")  # opened with mode 0600
            try:
                with os.fdopen(handle, "wb") as opened:
                    opened.write(secrets.token_bytes(LENGTH))
                    os.fsync(opened.fileno())
                Path(draft).replace(self._file)
            finally:
                with suppress(FileNotFoundError):
                    Path(draft).unlink()
        except OSError as error:
            raise UserError(
                f"{self._file}: sessions can't be ended, as it can't be written: {error.strerror}"
            ) from error
