"""Pulling a language model beside the requests that wait for it."""

from __future__ import annotations

import threading
import time

from faceplate.adapters.llama.weights import ChosenModel, LanguageModels
from faceplate.domain.errors import Busy, FaceplateError

_RETRY_S = 60.0
"""A pull that failed is tried again after this long."""

_LONGEST_WAIT_S = 60.0


class _Aborted(BaseException):
    """Ends the pull from within its progress report; what was fetched stays for the next time."""


class Fetcher:
    """Run `LanguageModels.pull` in a thread of its own, one at a time. Safe for several threads."""

    def __init__(self, models: LanguageModels) -> None:
        self._models = models
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._started_s = 0.0
        self._done_bytes = self._first_bytes = self._total_bytes = 0
        self._found: ChosenModel | None = None
        self._failure: FaceplateError | None = None
        self._failed_s = 0.0
        self._abort = threading.Event()

    def require(self) -> ChosenModel:
        """Return the model once it has been pulled; the first call starts the pull.

        Raises:
            Busy: It is being pulled (code ``model_downloading``); the details tell how far it is.
            FaceplateError: It could not be had; after a minute it is tried again.
        """
        with self._guard:
            if self._found is not None:
                return self._found
            running = self._thread is not None and self._thread.is_alive()
            if not running:
                if self._failure is not None and time.monotonic() - self._failed_s < _RETRY_S:
                    raise self._failure
                self._begin()
        raise self._busy()

    def abort(self) -> None:
        """Stop at the next piece that arrives."""
        self._abort.set()

    def _begin(self) -> None:
        self._failure = None
        self._done_bytes = self._first_bytes = self._total_bytes = 0
        self._started_s = time.monotonic()
        self._thread = threading.Thread(target=self._pull, name="model pull", daemon=True)
        self._thread.start()

    def _pull(self) -> None:
        try:
            self._found = self._models.pull(self._note_progress)
        except FaceplateError as exc:
            self._failed_s = time.monotonic()
            self._failure = exc
        except _Aborted:
            return

    def _note_progress(self, _name: str, _source: str, done_bytes: int, total_bytes: int) -> None:
        if self._abort.is_set():
            raise _Aborted
        if self._done_bytes == 0:
            self._first_bytes = done_bytes
        self._done_bytes, self._total_bytes = done_bytes, total_bytes

    def _busy(self) -> Busy:
        done, total = self._done_bytes, self._total_bytes
        fetched = done - self._first_bytes
        left_s = 5.0
        if fetched > 0:
            left_s = (time.monotonic() - self._started_s) * (total - done) / fetched
        share = f", {100 * done // total} % is here" if total else ""
        return Busy(
            f"The embedded language model is being downloaded{share}.",
            retry_after_s=min(max(left_s, 1.0), _LONGEST_WAIT_S),
            code="model_downloading",
            details={"done_bytes": done, "total_bytes": total},
        )
