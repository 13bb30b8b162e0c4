"""The process around every command: its three streams, its signals, and how it ends. The outermost layer.

It is at work before anything else of the program is imported, and imports nothing itself but the standard library and
``errors``. What it decides: an output that could not be written (exit 9), a signal (exit 130, also a second one), and
what an error means that no command foresaw. What a command foresees is reported by ``cli.outcome.ending``.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import gc
import io
import os
import resource
import select
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chargeback.errors import ChargebackError

OUTPUT_FAILED = 9
"""Exit code: the output could not be written (INTERFACE, exit codes)."""
INTERRUPTED = 130
LEAST_MEMORY = 256 << 20
"""Bytes of address space without which no command is begun."""
INTERRUPTION = "interrupted: what was collected is discarded, every existing revision is unchanged"
_STANDING = (0, 3)
"""Exit codes of a command whose work is done."""
_ONLY_CLOSED = (errno.EBADF, errno.EPIPE)
"""Nobody wants this output: the stream was closed, or whoever read it has gone."""


class Ended(SystemExit):
    """How a command ended. ``own`` is its exit code; ``accepted`` are codes that become 0 (``--ok``).

    ``stands``: it has done what it was called for, so that an output nobody wants takes nothing away.
    """

    def __init__(self, own: int, *, stands: bool = False, accepted: frozenset[int] = frozenset()) -> None:
        super().__init__(0 if own in accepted else own)
        self.own = own
        self.stands = stands and own in _STANDING
        self.accepted = accepted


class StandardStream(io.FileIO):
    """stdout or stderr below its buffer. The first failure is kept and never raised; what follows is dropped."""

    def __init__(self, descriptor: int, *, failure: OSError | None = None) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self.failure: OSError | None = None
        self._known = failure

    def write(self, data: Any) -> int:
        """The number of bytes that were taken: all of them once the stream has failed."""
        self.failure = self.failure or self._known
        if self.failure is None:
            try:
                return self._written(data)
            except OSError as error:
                self.failure = error
        return len(memoryview(data).cast("B"))

    def _written(self, data: Any) -> int:
        while (count := super().write(data)) is None:  # the descriptor does not block: wait until it takes more
            select.select((), (self.fileno(),), ())
        return count

    @property
    def only_closed(self) -> bool:
        """Whether it failed because it is closed, and not because it is full or broken."""
        return self.failure is not None and self.failure.errno in _ONLY_CLOSED


class Streams:
    """stdin, stdout and stderr as commands may use them: always there, and writing to them never raises."""

    def __init__(self) -> None:
        closed = _reopened()
        if sys.stdin is None:
            sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 (lives as long as the process)
        self.out = StandardStream(1, failure=closed.get(1))
        self.err = StandardStream(2, failure=closed.get(2))
        sys.stdout = _text(self.out, sys.stdout)
        sys.stderr = _text(self.err, sys.stderr)

    def flush(self) -> None:
        """Write what is buffered."""
        sys.stdout.flush()
        sys.stderr.flush()

    def exit_code(self, ended: Ended) -> int:
        """The exit code after all that was said has been written, or could not be; that is reported where it can be."""
        self.flush()
        code = ended.own
        if self.out.failure is not None and not (ended.stands and self.out.only_closed):
            code = _with_failed_output(code)
            if self.out.failure.errno != errno.EPIPE:  # as with every command: `chargeback list | head` says nothing
                _say(f"standard output: {self.out.failure.strerror} -> correct it, and run the command again")
        if self.err.failure is not None and not self.err.only_closed:
            code = _with_failed_output(code)
        return 0 if code in ended.accepted else code


class Signals:
    """SIGINT, SIGTERM and SIGHUP: the first ends the command in good order, the next one the process at once."""

    def __init__(self) -> None:
        self.received = False
        self.final: int | None = None

    def take(self) -> None:
        """From now on signals come here; one that whoever started the process had ignored stays ignored."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._arrived)
        sys.unraisablehook = self._unraisable(sys.unraisablehook)

    def finish(self, code: int) -> None:
        """All is written: a signal that arrives now ends the process with this exit code."""
        self.final = code

    def end(self) -> None:
        """End without taking the interpreter apart, which takes 0.1 s where a month of 20 accounts was in memory, and
        says much where memory is short. Called when all that was to be done at the exit is done."""
        if self.final is not None:
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
            os._exit(self.final)

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        if self.final is not None:
            os._exit(self.final)
        if self.received:
            self._leave()
        self.received = True
        raise KeyboardInterrupt

    def _leave(self) -> None:
        """End now: a revision is whole or not there, whenever the process ends."""
        with contextlib.suppress(OSError):
            os.write(2, f"chargeback: {INTERRUPTION} -> run again\n".encode())
        os._exit(INTERRUPTED)

    def _unraisable(self, before: Callable[[Any], Any]) -> Callable[[Any], None]:
        """An interruption that arrived where nothing can be raised (a destructor, a callback) would be lost there."""

        def hook(lost: Any) -> None:
            if isinstance(lost.exc_value, KeyboardInterrupt):
                self._leave()
            before(lost)

        return hook


def guarded(command: Callable[[], object]) -> int:
    """Run the command; its exit code, whatever happens to it."""
    signals = Signals()
    signals.take()
    atexit.register(signals.end)  # what is registered first comes last
    _in_utf8()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's: it would end the process where threads are short
    gc.set_threshold(200_000, 20, 20)  # a month makes millions of objects and next to no circles of them
    if not sys.warnoptions:  # for who develops libraries; whoever asks for them (-W, PYTHONWARNINGS) has them
        warnings.simplefilter("ignore")
    try:
        streams = Streams()
        ended = _ended(command)
        code = streams.exit_code(ended)
    except KeyboardInterrupt:  # between the lines above
        code = INTERRUPTED
    signals.finish(code)
    return code


def meaning(error: BaseException) -> ChargebackError:
    """What an error says that no command foresaw: the machine is short of something, or there is a bug (exit 1).

    After a signal every error is the interruption: libraries catch ``KeyboardInterrupt`` and raise something else.
    """
    from chargeback.errors import ChargebackError, InterruptedRunError, StorageError, is_shortage

    if isinstance(error, KeyboardInterrupt) or _interrupted():
        return InterruptedRunError(INTERRUPTION, remedy="run again")
    if isinstance(error, ChargebackError):
        return error
    if is_shortage(error):
        return StorageError(
            f"the machine, or a limit of this process (ulimit, container), is short of memory, threads or files: "
            f"{f'{type(error).__name__}: {error}'.rstrip(': ')}",
            remedy="give it more, and run again",
        )
    if isinstance(error, FileNotFoundError) and not _has_working_folder():
        return StorageError(
            "the working folder no longer exists, so relative paths cannot be used",
            remedy="cd into a folder that exists",
        )
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return StorageError(f"{os.fsdecode(error.filename)}: {error.strerror}", remedy="correct it, and run again")
    return ChargebackError(f"unexpected {type(error).__name__}: {error}", remedy="report it; -v shows where")


def asks_for_json(given: Sequence[str]) -> bool:
    """Whether the arguments hold ``--output json``, in either spelling."""
    return "--output=json" in given or ("--output", "json") in pairwise(given)


def _ended(command: Callable[[], object]) -> Ended:
    from chargeback.errors import error_exit

    try:
        _need_memory()
        command()
    except Ended as ended:
        return Ended(INTERRUPTED) if ended.own == 1 and _interrupted() else ended
    except SystemExit as ended:
        return Ended(ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1)
    except BaseException as unforeseen:
        error = meaning(unforeseen)
        if {"-v", "--verbose"} & set(sys.argv) and error_exit(error) == 1:
            import traceback

            sys.stderr.write(_masked(traceback.format_exc()))
    else:
        return Ended(0)
    message = _masked(error.message)
    _say(f"{message} -> {error.remedy}")
    code = error_exit(error)
    if asks_for_json(sys.argv):
        import json

        errors = [{"account": "", "message": message, "remedy": error.remedy}]
        document = {"schema": 1, "status": "failed", "exit": code, "errors": errors}
        print(json.dumps(document, indent=2))  # noqa: T201 (the layer below every command)
    return Ended(code)


def _need_memory() -> None:
    """``MemoryError`` where a limit leaves less than the libraries take: numpy's would end the process with exit 1."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < LEAST_MEMORY:
        raise MemoryError(f"ulimit -v is {limit >> 10}, and {LEAST_MEMORY >> 10} is the least")


def _masked(text: str) -> str:
    """The text without the run's secrets: by the gate where it is loaded, since before that no secret has been read."""
    gate = sys.modules.get("chargeback.evidence.gate")
    return str(gate.masked(text)) if gate is not None else text


def _say(line: str) -> None:
    """A line on stderr, from the layer below ``cli.ending``."""
    shown = "".join(character if character.isprintable() else " " for character in line)
    sys.stderr.write(f"chargeback: {shown}\n")
    sys.stderr.flush()


def _with_failed_output(code: int) -> int:
    from chargeback.errors import decisive_exit

    return code if code == INTERRUPTED else decisive_exit((code, OUTPUT_FAILED))


def _in_utf8() -> None:
    """Start the interpreter again where it takes the names of files for another encoding than UTF-8.

    An archive's names are UTF-8 on every machine; Python would refuse Thai ones under an ASCII locale, and write others
    under an 8-bit one. C and POSIX need this only where somebody has switched Python's own remedy off.
    """
    if sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 (this very program)


def _reopened() -> dict[int, OSError]:
    """The descriptors among 0, 1 and 2 that were closed, with their failure. They lead to the null device from now on,
    so that no file of the archive can become stdout or stderr by taking their number."""
    closed = {}
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError as error:
            closed[descriptor] = error
            with contextlib.suppress(OSError):
                opened = os.open(os.devnull, os.O_RDWR)
                os.dup2(opened, descriptor, inheritable=True)
                if opened != descriptor:
                    os.close(opened)
    return closed


def _text(stream: StandardStream, before: Any) -> io.TextIOWrapper:
    """A text stream over it, encoded as before; what the encoding lacks is written as an escape."""
    return io.TextIOWrapper(
        io.BufferedWriter(stream),
        encoding=_encoding(before),
        errors="backslashreplace",
        line_buffering=before is sys.stderr or stream.isatty(),
    )


def _encoding(before: Any) -> str:
    """As before; where Python is in its UTF-8 mode (``_in_utf8``), as the locale says, which is what terminals show."""
    if sys.flags.utf8_mode:
        import locale  # here alone, as every command starts with this module

        chosen = "PYTHONIOENCODING" in os.environ or locale.setlocale(locale.LC_CTYPE) in ("C", "POSIX")
        if not chosen:
            return locale.getencoding()
    return getattr(before, "encoding", None) or "utf-8"


def _interrupted() -> bool:
    """Whether a signal has been received by the ``Signals`` that are at work."""
    handler = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return isinstance(handler, Signals) and handler.received


def _has_working_folder() -> bool:
    try:
        os.getcwd()  # noqa: PTH109
    except OSError:
        return False
    return True
