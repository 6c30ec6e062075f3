"""Notes on this machine's disk that wait for the store: one file a process, taken over when the process has ended."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


class FileNotebook:
    """The port Notebook: lines in a folder; nothing is made before the first line is."""

    def __init__(self, folder: Path, kind: str) -> None:
        """Take the folder and what the notes are about, a part of the files' names."""
        self._folder, self._kind = folder, kind
        self._handle: int | None = None
        self._path: Path | None = None
        self.failing = False

    def add(self, lines: Sequence[str], durably: bool = False) -> None:
        """Note lines; a killed process loses none, `durably` nor does a machine without power. Never raises."""
        self._try(lambda handle: self._write(handle, lines, durably))

    def replace(self, lines: Sequence[str]) -> None:
        """Have these lines and no others. Never raises."""
        if self._handle is not None or lines:
            self._try(lambda handle: self._rewrite(handle, lines))

    @contextmanager
    def left_behind(self) -> Iterator[list[str]]:
        """Enter the lines of processes that have ended; they are gone afterwards, unless the block fails."""
        taken = list(self._ended())
        try:
            yield [line for _, path in taken for line in path.read_text("utf-8", "replace").split("\n")[:-1]]
            for _, path in taken:
                path.unlink(missing_ok=True)
        finally:
            for handle, _ in taken:
                os.close(handle)

    def close(self) -> None:
        """Let go of the file; an empty one is removed."""
        if self._handle is not None and self._path is not None:
            if os.fstat(self._handle).st_size == 0:
                self._path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = None
            with suppress(OSError):
                self._folder.rmdir()

    def _try(self, work: Callable[[int], object]) -> None:
        try:
            work(self._opened())
            self.failing = False
        except OSError:
            # What cannot be noted waits in memory alone, as it does in a place without a disk.
            self.failing = True

    def _opened(self) -> int:
        if self._handle is None:
            for folder in (self._folder.parent, self._folder):  # the parent is the spool: as private as what lies in it
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path = self._folder / f"{self._kind}-{secrets.token_hex(6)}.notes"
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX)
        return self._handle

    def _rewrite(self, handle: int, lines: Sequence[str]) -> None:
        os.ftruncate(handle, 0)
        self._write(handle, lines, False)

    def _write(self, handle: int, lines: Sequence[str], durably: bool) -> None:
        if lines:
            os.write(handle, "".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
        if durably:
            os.fsync(handle)

    def _ended(self) -> Iterator[tuple[int, Path]]:
        for path in sorted(self._folder.glob(f"{self._kind}-*.notes")) if self._folder.is_dir() else ():
            if path == self._path:
                continue
            with suppress(OSError):
                handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    os.close(handle)  # its process is at work
                else:
                    if _is_ours(handle):
                        yield handle, path
                    else:
                        os.close(handle)


def _is_ours(handle: int) -> bool:
    """What others could have written is not told in our name."""
    found = os.fstat(handle)
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022
