"""A folder of the file system: `file:public` (below the working directory) or `file:/srv/site`.

Each object is written aside, synced and renamed into place, so a reader or a crash never meets half of one.
Headers are not stored: a web server derives them from the extension.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from tasks.errors import ConfigError, StoreError
from tasks.model import Action, ActionKind, Listed, Page, Receipt, Stored
from tasks.stores import Capabilities, Guard, StoreKind, StoreOptions, unguarded
from tasks.stores.checks import SCRATCH, check_key, check_writes, conflicting, deleted, written
from tasks.stores.syncing import sync

_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
# These say "not now" (a network file system, or a folder emptied by another run); all others need an operator.
_PASSING = frozenset({errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.ENOENT, errno.ESTALE, errno.ETIMEDOUT})
_LOCK_SECONDS = 20.0
_ADVICE = {
    errno.EACCES: "give this user the right to write there",
    errno.EPERM: "give this user the right to write there",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "make room on the file system",
    errno.EDQUOT: "raise the quota or make room",
    errno.EFBIG: "raise the file size limit of the process",
    errno.EEXIST: "expected a folder; move the file away",
    errno.ENOTDIR: "expected a folder; move the file away",
}


class DirectoryStore:
    """Objects as files below `root`. Opening and reading create nothing; the first write makes the folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, key: str) -> Stored | None:
        """The object under `key`; None when there is none."""
        check_key(key)
        try:
            with (self._root / key).open("rb") as file:
                body = file.read()
            return Stored(body=body, tag=_tag(body))
        except _ABSENT:
            return None
        except OSError as error:
            raise self._failure("read", error) from error

    def write(self, actions: Iterable[Action], *, guard: Guard = unguarded) -> tuple[Receipt, ...]:
        """Write each page to a file of its own; sync; rename each into place; sync again."""
        writes = check_writes(actions)
        for _, page in writes:
            if page.encoding:
                raise ValueError(f"{page.key}: a folder keeps no Content-Encoding; expected a plain page")
        if not writes:
            return ()
        try:
            with self._scratch() as scratch:
                aside = [scratch / str(number) for number in range(len(writes))]
                new = [
                    path for path, (action, page) in zip(aside, writes, strict=True) if _laid_aside(path, action, page)
                ]
                if new:
                    sync(self._root, new)
                made = set[Path]()
                receipts = tuple(
                    self._put(action, page, path, made, guard)
                    for path, (action, page) in zip(aside, writes, strict=True)
                )
            self._sync_folders_of(receipt.key for receipt in receipts if not receipt.error)
        except OSError as error:
            raise self._failure("write", error) from error
        return receipts

    def delete(self, keys: Iterable[str], *, guard: Guard = unguarded) -> tuple[Receipt, ...]:
        """Remove the files, and the folders that this empties."""
        gone = tuple(keys)
        for key in gone:
            check_key(key)
        try:
            for key in gone:
                guard()
                self._remove(key)
            self._sync_folders_of(gone)
        except OSError as error:
            raise self._failure("delete", error) from error
        return tuple(deleted(key) for key in gone)

    def listed(self, prefix: str = "") -> Iterator[Listed]:
        """Every file below the folder whose key begins with `prefix`."""
        if not self._root.exists():
            return
        try:
            for folder, folders, files in os.walk(self._root, onerror=_raise):
                here = Path(folder)
                if here == self._root and SCRATCH in folders:
                    folders.remove(SCRATCH)
                for name in files:
                    key = (here / name).relative_to(self._root).as_posix()
                    if key.startswith(prefix):
                        with contextlib.suppress(FileNotFoundError):  # another process has just removed it
                            body = (here / name).read_bytes()
                            yield Listed(key=key, size=len(body), tag=_tag(body))
        except OSError as error:
            raise self._failure("list", error) from error

    def probe(self) -> Capabilities:
        """It can do everything; headers are nothing to it."""
        return Capabilities()

    def close(self) -> None:
        """Nothing is kept open between calls."""

    @contextlib.contextmanager
    def _scratch(self) -> Iterator[Path]:
        """A folder of this call's own on the target's file system; what dead writers left there goes.

        A living writer holds a lock on its folder, and the lock on the common one keeps a new folder from being
        swept before it is locked.
        """
        common = self._root / SCRATCH
        common.mkdir(parents=True, exist_ok=True)
        with _locked(common):
            for left in common.iterdir():
                _sweep(left)
            own = Path(tempfile.mkdtemp(dir=common))
            lock = os.open(own, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield own
        finally:
            shutil.rmtree(own, ignore_errors=True)
            os.close(lock)

    def _put(self, action: Action, page: Page, aside: Path, made: set[Path], guard: Guard) -> Receipt:
        """Rename the page that lies aside into place, if what is there is what the action expects. `made`: known folders."""
        target = self._root / page.key
        folder = target.parent
        try:
            if folder not in made:
                folder.mkdir(parents=True, exist_ok=True)
                made.add(folder)
        except (FileExistsError, NotADirectoryError):
            reason = f"{target.parent} cannot be a folder: there is a file of that name on the way; remove the file"
            return written(action, page, error=reason)
        with _locked(self._root / SCRATCH):  # between the look and the rename no other writer of ours comes
            guard()
            if target.is_dir():
                reason = f"{target} cannot be a file: there is a folder of that name; remove the folder"
                return written(action, page, error=reason)
            if not _as_expected(action, target):
                return conflicting(action, page)
            if action.kind is not ActionKind.HEADERS:
                aside.replace(target)
            whole = target.stat().st_size == len(page.body)
        return written(action, page, tag=page.body_digest, verified=whole)

    def _remove(self, key: str) -> None:
        path = self._root / key
        try:
            path.unlink()
        except _ABSENT:
            return
        for folder in path.parents:
            if folder == self._root:
                return
            try:
                folder.rmdir()
            except OSError:  # not empty, or another run was faster
                return

    def _sync_folders_of(self, keys: Iterable[str]) -> None:
        if self._root.is_dir():
            sync(self._root, self._folders_of(keys))

    def _folders_of(self, keys: Iterable[str]) -> Iterator[Path]:
        """Every folder on the way to these keys, once. Emptied ones were removed."""
        folders = {folder for key in keys for folder in (self._root / key).parents if folder.is_relative_to(self._root)}
        yield from (folder for folder in sorted(folders) if folder.is_dir())

    def _failure(self, verb: str, error: OSError) -> StoreError:
        advice = _ADVICE.get(error.errno or 0, "")
        where = error.filename or self._root
        message = f"cannot {verb} in the folder {self._root}: {error.strerror or error} ({where})"
        return StoreError(f"{message}; {advice}" if advice else message, retryable=error.errno in _PASSING)


def _tag(body: bytes) -> str:
    """By content, as most object stores do: a copy of the folder is as good as the folder. As `Page.body_digest`."""
    return hashlib.sha256(body).hexdigest()


def _as_expected(action: Action, target: Path) -> bool:
    try:
        there = _tag(target.read_bytes())
    except FileNotFoundError:
        there = ""
    if action.kind is ActionKind.CREATE:
        return not there
    return there == action.tag if action.tag else bool(there) or action.kind is ActionKind.UPDATE


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The folder's lock. Whoever has it works for milliseconds, unless it was stopped just then: that is not waited for."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    told = "another process holds its lock; if it was stopped, end it"
                    raise OSError(errno.ETIMEDOUT, told, str(folder)) from error
                time.sleep(0.002)
        yield
    finally:
        os.close(lock)


def _sweep(left: Path) -> None:
    """Remove a writer's folder, unless its writer lives."""
    if not left.is_dir():
        left.unlink(missing_ok=True)
        return
    try:
        lock = os.open(left, os.O_RDONLY)
    except FileNotFoundError:  # its writer has just finished
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(left, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(lock)


def _laid_aside(path: Path, action: Action, page: Page) -> bool:
    """Write the page to a new file that a web server may read; False where the action changes headers only."""
    if action.kind is ActionKind.HEADERS:
        return False
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
        file.write(page.body)
    return True


def _raise(error: OSError) -> None:
    raise error


def _open(url: str, _options: StoreOptions) -> DirectoryStore:
    path = url.partition(":")[2]
    if path.startswith("//"):
        host, slash, rest = path[2:].partition("/")
        if host not in ("", "localhost"):
            raise ConfigError(f"{url!r} names the host {host!r}; expected 'file:public' or 'file:/srv/site'")
        path = slash + rest
    if not path or "\0" in path:
        raise ConfigError(f"{url!r} names no folder; expected 'file:public' or 'file:/srv/site'")
    if path.startswith("~"):
        raise ConfigError(f"{url!r}: '~' is not a home folder here; write the whole path")
    try:
        root = Path(path).resolve()
    except (OSError, RuntimeError) as error:  # links in a circle
        raise ConfigError(f"{url!r} leads nowhere: {error}") from error
    if root == Path(root.anchor):
        raise ConfigError(f"{url!r} names the root of the file system; expected a folder of the site's own")
    return DirectoryStore(root)


STORE = StoreKind(scheme="file", open=_open)
