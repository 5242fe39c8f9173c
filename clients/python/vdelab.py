#!/usr/bin/env python3
"""Tests on QEMU guests, from Python: the methods of vdelab(1)'s scripts.

    import vdelab

    with vdelab.Lab("nat.lua") as lab:      # or Lab(nodes={"client": {}, ...})
        lab.start_all()
        lab.client.succeed("ping -c 1 router")
        with lab.subtest("the router answers for the server"):
            lab.vlan2.expect("src host 192.168.2.2 and tcp", within=5)

One file that needs nothing but Python, 3.9 or later: import it from where
vdelab has put it, or copy it.  What it calls is the table of `vdelab methods`,
over the control socket of a run; doc/python.md tells the rest.
"""
from __future__ import annotations

import base64
import builtins
import contextvars
import functools
import io
import itertools
import json
import linecache
import os
import queue
import shutil
import signal
import socket as sockets
import subprocess
import sys
import sysconfig
import threading
import time
import traceback
from types import FrameType, TracebackType
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NoReturn,
    Optional,
    Sequence,
    Set,
    TextIO,
    Tuple,
    Type,
    TypeVar,
    Union,
    cast,
)

__all__ = [
    "Cancelled", "Command", "Error", "Frame", "Lab", "Machine", "MachineError",
    "Output", "PollingCondition", "Port", "RequestError",
    "RequestedAssertionFailed", "Result", "RunEnded", "Scope", "Segment",
    "TimeoutError", "Watch", "describe_error", "find_program", "hide_file",
    "run_script", "script_globals",
]

__tracebackhide__ = True  # for pytest: who reads a failure wrote the test

Seconds = Optional[float]
Octets = Union[str, bytes]
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

LINE_MAX = 1024 * 1024  # of the control socket
CANCEL_S = 5.0  # until a call that is cancelled has said so
SIGNALS_S = 0.5  # between two looks at whether a signal has come
END_S = 60.0  # until a run that is to end has ended
SHOWN_MAX = 64 * 1024  # characters of what a run that failed to start says
ERROR_MAX = 32 * 1024  # characters of what is told of an error
OUTCOME_MAX = 60 * 1024  # octets of what a script died of: a pipe holds them


# ---- errors ----


class Error(Exception):
    """What a call, or the run itself, failed with.

    kind: "usage", "failed", "timed-out", "cancelled", "ended": doc/run-api.md.
    step: the step of the log it was called in, if that is known.
    """

    kind = "failed"

    def __init__(
        self,
        message: str = "",
        *,
        kind: Optional[str] = None,
        method: Optional[str] = None,
        step: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.method = method
        self.step = step
        if kind is not None:
            self.kind = kind

    def __str__(self) -> str:
        return self.message


class RequestError(Error):
    """The call is wrong: an argument does not suit the method."""

    kind = "usage"


class MachineError(Error):
    """A machine has died, or its shell: nothing more is to be had of it."""


class RequestedAssertionFailed(Error, AssertionError):
    """The method did its work, and it is not as it should be."""


class TimeoutError(RequestedAssertionFailed, builtins.TimeoutError):
    """The same, because time was up."""

    kind = "timed-out"


class Cancelled(Error):
    """The call was ended before it was done."""

    kind = "cancelled"


class RunEnded(Error):
    """The run has ended, or is about to: no call begins any more."""

    kind = "ended"


class _Stopped(BaseException):
    """The driver wants a script to end, which is not in a call."""


def _error_of(answer: Mapping[str, Any], method: str) -> Error:
    """The exception for an error of JSON-RPC."""
    data = answer.get("data")
    data = data if isinstance(data, dict) else {}
    kind = str(data.get("kind", "usage"))
    kinds: Dict[str, Type[Error]] = {
        "usage": RequestError,
        "failed": RequestedAssertionFailed,
        "timed-out": TimeoutError,
        "cancelled": Cancelled,
        "ended": RunEnded,
    }
    cls = kinds.get(kind, Error)
    if data.get("lost"):
        cls = MachineError
    return cls(str(answer.get("message", "")), kind=kind, method=method)


# ---- values ----


class Output(str):
    """What a command has written.

    As text, in which U+FFFD stands for each octet that is no UTF-8; `octets`
    has all as it came.
    """

    octets: bytes

    def __new__(cls, octets: bytes = b"") -> Output:
        self = super().__new__(cls, octets.decode("utf-8", "replace"))
        self.octets = octets
        return self

    def __reduce__(self) -> Tuple[Any, ...]:
        return (Output, (self.octets,))


class Result(Tuple[int, Output]):
    """(status, stdout); `stderr` beside."""

    stderr: Output

    def __new__(cls, status: int, stdout: Output, stderr: Output) -> Result:
        self = super().__new__(cls, cast(Any, (status, stdout)))
        self.stderr = stderr
        return self

    def __reduce__(self) -> Tuple[Any, ...]:
        return (Result, (self.status, self.stdout, self.stderr))

    @property
    def status(self) -> int:
        return self[0]

    @property
    def stdout(self) -> Output:
        return self[1]


class Frame(Dict[str, Any]):
    """A frame that has crossed a segment: frame["ip_src"], or frame.ip_src;
    str(frame) is its line, as tcpdump shows it."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"this frame has no {name}") from None

    def __str__(self) -> str:
        return str(self.get("line", ""))


def _to_wire(value: Any) -> Any:
    """@value as JSON, as doc/run-api.md wants it."""
    if isinstance(value, _Object):
        return {"$object": value._kind, "id": value._id}
    if isinstance(value, Output):
        value = value.octets
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return _to_wire(value.encode("utf-8", "surrogateescape"))
        return _to_wire(value.encode()) if "\0" in value else value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$base64": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, os.PathLike):
        return _to_wire(os.fspath(value))
    if isinstance(value, Mapping):
        return {str(k): _to_wire(v) for k, v in value.items()}
    if isinstance(value, Iterable):
        return [_to_wire(v) for v in value]
    return value


def _octets(value: Any) -> bytes:
    if isinstance(value, dict) and "$base64" in value:
        return base64.b64decode(value["$base64"])
    return str(value).encode("utf-8", "surrogateescape")


def _frames(value: Any) -> List[Frame]:
    """A list of frames of the wire; what holds octets becomes bytes."""

    def plain(member: Any, key: str = "") -> Any:
        if isinstance(member, dict) and "$base64" in member:
            return _octets(member)
        if key in ("data", "payload") and isinstance(member, str):
            return _octets(member)
        if isinstance(member, dict):
            return {k: plain(v, k) for k, v in member.items()}
        if isinstance(member, list):
            return [plain(v) for v in member]
        return member

    return [Frame(plain(frame)) for frame in value or []]


def _text(value: Any) -> str:
    return Output(_octets(value))


# ---- places in the test's own text ----

_BEGAN_IN = os.getcwd()
_own_files: Set[str] = {__file__}
_libraries = tuple(
    {os.path.join(p, "") for k, p in sysconfig.get_paths().items()
     if k in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {"/usr/lib/python3/dist-packages/"}
)


def hide_file(path: str) -> None:
    """Frames of this file are not the test's own: what wraps this module calls
    it for itself."""
    _own_files.add(path)


def _is_own(path: str) -> bool:
    """Is it text of the test, not of Python or of ours?"""
    return not (
        path in _own_files or path.startswith("<") or path.startswith(_libraries)
    )


_shown_as: Dict[str, str] = {}  # what the driver calls files, by path


def _shown_path(path: str) -> str:
    """As messages name it: as the driver does, or relative where that is
    shorter to read."""
    if path in _shown_as:
        return _shown_as[path]
    below = os.path.join(_BEGAN_IN, "")
    return path[len(below):] if path.startswith(below) else path


def _place() -> Optional[Tuple[str, int]]:
    """Path and line of the innermost call in the test's own text."""
    frame: Optional[FrameType] = sys._getframe(1)
    while frame is not None:
        if _is_own(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None


def _places_of(error: BaseException) -> List[Tuple[str, int, str]]:
    """Where it was raised: path, line and function, the innermost first."""
    found = []
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        found.append((error.filename, error.lineno, ""))
    for frame, line in traceback.walk_tb(error.__traceback__):
        if _is_own(frame.f_code.co_filename):
            name = frame.f_code.co_name
            found.insert(0, (frame.f_code.co_filename, line, name))
    if isinstance(error, SyntaxError) and len(found) > 1:
        found.sort(key=lambda place: place[2] != "")
    return found


def _message_of(error: BaseException) -> str:
    if isinstance(error, Error):
        return error.message
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    text = "".join(traceback.format_exception_only(type(error), error)).strip()
    if isinstance(error, AssertionError) and str(error) == "":
        for path, line, _ in _places_of(error)[:1]:
            return f"{text}: {linecache.getline(path, line).strip()}"
    return text


def describe_error(error: BaseException) -> str:
    """"nat.py:12: what is wrong", and the calls that led there, of the test's
    own text only."""
    text = _message_of(error)
    places = _places_of(error)
    for path, line, _ in places[:1]:
        place = f"{_shown_path(path)}:{line}: "
        if not text.startswith(place):  # a run that knows it has said it
            text = place + text
    if len(places) > 1:
        text = text.rstrip("\n")
    for path, line, name in places[1:]:
        where = "" if name in ("", "<module>") else f", in {name}"
        text += f"\n  called from {_shown_path(path)}:{line}{where}"
    return _tellable(text)


def _tellable(text: str) -> str:
    """As the control socket takes a text: of some length, without NUL and what
    is no character."""
    if len(text) > ERROR_MAX:
        text = text[:ERROR_MAX] + "\n[...]"
    text = text.replace("\0", "\ufffd")
    return text.encode("utf-8", "replace").decode()


# ---- the control socket ----


class _Call:
    """A request that is under way."""

    def __init__(self, number: int, method: str) -> None:
        self.number = number
        self.method = method
        self.done = threading.Event()
        self.result: Any = None
        self.error: Optional[Error] = None
        self.on_done: Optional[Callable[[_Call], None]] = None


class _Connection:
    """Calls over one connection, from any thread.

    A thread of ours reads, and one writes: whoever calls may be interrupted by
    a signal at any moment, and must not leave half a line behind.
    """

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._to_send: queue.SimpleQueue[Optional[bytes]] = (
            queue.SimpleQueue())
        self._numbers = itertools.count(1)
        self._calls: Dict[int, _Call] = {}
        self._lost: Optional[str] = None  # why
        self.why_lost: Callable[[], str] = lambda: ""
        self._socket = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        try:
            self._connect(path)
        except OSError as e:
            self._socket.close()
            raise RunEnded(f"no run at {path}: {e.strerror}") from None
        self._reader = threading.Thread(
            target=self._read, name="vdelab", daemon=True)
        self._reader.start()
        self._writer = threading.Thread(
            target=self._write, name="vdelab", daemon=True)
        self._writer.start()

    def _connect(self, path: str) -> None:
        if len(os.fsencode(path)) < 100:
            self._socket.connect(path)
            return
        # Longer than an address may be.
        directory = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY)
        try:
            self._socket.connect(
                f"/proc/self/fd/{directory}/{os.path.basename(path)}")
        finally:
            os.close(directory)

    def _write(self) -> None:
        for line in iter(self._to_send.get, None):
            try:
                self._socket.sendall(line)
            except OSError:
                return  # who reads finds the end, too

    def _read(self) -> None:
        why = "it has closed its control socket"
        try:
            with self._socket.makefile("rb") as lines:
                for line in lines:
                    self._take(json.loads(line))
        except (OSError, ValueError) as e:
            why = str(e)
        with self._lock:
            self._lost = why
            calls, self._calls = list(self._calls.values()), {}
        for call in calls:
            call.error = self._loss(call.method)
            self._finish(call)

    def _loss(self, method: str) -> RunEnded:
        why = self.why_lost()
        return RunEnded(f"{method}: the run has ended: {why or self._lost}",
                        method=method)

    def _take(self, answer: Dict[str, Any]) -> None:
        number = answer.get("id")
        with self._lock:
            call = self._calls.pop(number, None) if isinstance(
                number, int) else None
        if call is None:
            return  # a notification
        if "error" in answer:
            call.error = _error_of(answer["error"], call.method)
        else:
            call.result = answer.get("result")
        self._finish(call)

    @staticmethod
    def _finish(call: _Call) -> None:
        call.done.set()
        if call.on_done is not None:
            call.on_done(call)

    def new_call(self, method: str) -> _Call:
        return _Call(next(self._numbers), method)

    def begin(self, call: _Call, params: Mapping[str, Any]) -> None:
        """Send it; wait() then waits."""
        method = call.method
        line = json.dumps({"jsonrpc": "2.0", "id": call.number,
                           "method": method, "params": params}).encode()
        if len(line) > LINE_MAX:
            raise RequestError(
                f"{method}: its arguments are larger than 1 MiB: of a file use "
                "copy_from_host", method=method)
        with self._lock:
            if self._lost is not None:
                raise self._loss(method)
            self._calls[call.number] = call
            self._to_send.put(line + b"\n")

    def finish(self, call: _Call, params: Mapping[str, Any],
               guards: Sequence[_Guard] = ()) -> Any:
        """Send it, and wait for its answer."""
        try:
            self.begin(call, params)
            for guard in guards:
                guard.add(call)
            # Now and then, for a signal that came just before a wait begins
            # does not end it.
            while not call.done.wait(SIGNALS_S):
                pass
        except Error:
            raise
        except BaseException:  # ^C, say: nothing of the call goes on
            if self.cancel(call):
                call.done.wait(CANCEL_S)
            raise
        finally:
            for guard in guards:
                guard.remove(call)
        if call.error is not None:
            raise call.error
        return call.result

    def cancel(self, call: _Call) -> bool:
        """Tell the run to end it: it fails, unless it has ended just now."""
        if call.done.is_set():
            return True
        try:
            self.begin(self.new_call("call.cancel"), {"id": call.number})
        except Error:
            return False
        return True

    def close(self) -> None:
        with self._lock:
            self._lost = self._lost or "this program has left it"
        self._to_send.put(None)
        self._writer.join(CANCEL_S)
        try:
            self._socket.shutdown(sockets.SHUT_RDWR)
        except OSError:
            pass
        if threading.current_thread() is not self._reader:
            self._reader.join(CANCEL_S)
        self._socket.close()


class _Guard:
    """What is begun under it is ended when something else has gone wrong."""

    def __init__(self, connection: _Connection, *, once: bool = False) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._calls: Set[_Call] = set()
        self._once = once  # it is told once, then all is as before
        self.why: Optional[Error] = None

    def add(self, call: _Call) -> None:
        with self._lock:
            self._calls.add(call)
            late = self.why is not None and not self._once
        if late:
            self._connection.cancel(call)

    def remove(self, call: _Call) -> None:
        with self._lock:
            self._calls.discard(call)

    def fail(self, why: Error) -> None:
        with self._lock:
            self.why = why
            calls = list(self._calls)
        for call in calls:
            self._connection.cancel(call)

    def check(self) -> None:
        """Raise what has gone wrong."""
        with self._lock:
            why = self.why
            if self._once:
                self.why = None
        if why is not None:
            raise why


# Of the thread that calls: the steps of the log it is in, and what guards it.
_steps: contextvars.ContextVar[Tuple[Tuple[int, int], ...]] = (
    contextvars.ContextVar("vdelab_steps", default=()))
_guards: contextvars.ContextVar[Tuple[_Guard, ...]] = (
    contextvars.ContextVar("vdelab_guards", default=()))


class _Scope:
    """A step of the log around what is done in it: `with lab.subtest("x"):`,
    or a decorator: then each call of the function is one."""

    def __init__(self, lab: Lab, kind: str, text: str,
                 machine: Optional[str] = None, *,
                 place: Optional[Tuple[str, int]] = None) -> None:
        """kind, text, machine: of the step. place: path and line, unless it is
        where this is called."""
        self._lab = lab
        self._kind = kind
        self._text = text
        self._machine = machine
        self._place = place
        self._open: List[Tuple[int, contextvars.Token[Any]]] = []

    def __enter__(self) -> _Scope:
        params: Dict[str, Any] = {"name": _tellable(self._text)}
        if self._kind != "subtest":
            params["kind"] = self._kind
        if self._machine is not None:
            params["machine"] = self._machine
        step = int(self._lab._call(
            "subtest.begin", params, self._place)["subtest"])
        token = _steps.set(_steps.get() + ((id(self._lab), step),))
        self._open.append((step, token))
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        step, token = self._open.pop()
        _steps.reset(token)
        params: Dict[str, Any] = {"subtest": step}
        if error is not None:
            params["error"] = describe_error(error)
            if isinstance(error, TimeoutError):
                params["timed_out"] = True
            if isinstance(error, Error) and error.step is None:
                error.step = step
        try:
            self._lab._end_scope(params)
        except Error:
            if error is None:
                raise

    def __call__(self, function: F) -> F:
        @functools.wraps(function)
        def in_scope(*args: Any, **kwargs: Any) -> Any:
            with _Scope(self._lab, self._kind, self._text, self._machine):
                return function(*args, **kwargs)

        return cast(F, in_scope)


Scope = _Scope


class _FunctionScope:
    """What Lua's scripts give a function to: the body of the `with` is it."""

    def __init__(self, lab: Lab, method: str, self_: Optional[str],
                 args: Sequence[Any], options: Mapping[str, Any]) -> None:
        self._lab = lab
        self._params = _params(self_, args, options)
        self._params["method"] = method
        self._step = 0
        self._token: Optional[contextvars.Token[Any]] = None
        self.frames: List[Frame] = []  # of expecting(), when it has ended

    def __enter__(self) -> List[Frame]:
        answer = self._lab._call("scope.begin", self._params)
        self._step = int(answer["subtest"])
        self._token = _steps.set(
            _steps.get() + ((id(self._lab), self._step),))
        return self.frames

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if self._token is not None:
            _steps.reset(self._token)
        params: Dict[str, Any] = {"subtest": self._step}
        if error is not None:
            params["error"] = describe_error(error)
        try:
            results = self._lab._end_scope(params)
        except Error:
            if error is None:
                raise
            return
        if isinstance(results, list):
            self.frames.extend(_frames(results))


def _params(self_: Any, args: Sequence[Any],
            options: Mapping[str, Any]) -> Dict[str, Any]:
    given = {k: _to_wire(v) for k, v in options.items() if v is not None}
    params: Dict[str, Any] = {}
    if self_ is not None:
        params["self"] = self_
    if args:
        params["args"] = [_to_wire(value) for value in args]
    if given:
        params["options"] = given
    return params


# ---- objects of a run ----


class _Object:
    """What methods are called on."""

    _kind = ""

    def __init__(self, lab: Lab, id_: Union[str, int]) -> None:
        self._lab = lab
        self._id = id_

    def _do(self, method: str, *args: Any, **options: Any) -> Any:
        return self._lab._method(
            f"{self._kind}.{method}", self._id, args, options)

    def __str__(self) -> str:
        return str(self._id)

    def __repr__(self) -> str:
        return f"<{self._kind} {self}>"


class Port(_Object):
    """Where an interface of a machine is plugged in: machine.eth1."""

    _kind = "port"

    def __init__(self, lab: Lab, nic: Mapping[str, Any]) -> None:
        super().__init__(lab, str(nic["port"]))
        self.name = str(nic["port"])
        self.mac = str(nic["mac"])
        self.ipv4 = str(nic["ipv4"])
        self.ipv6 = str(nic["ipv6"])
        self.vlan = int(nic["vlan"])

    def netem(self, **words: Any) -> int:
        """What becomes of its frames from now on, in the words of tc:
        delay="50ms", loss="1%", dir="in", seed=7; nothing when none is given.
        Returns the seed."""
        return int(self._do("netem", **words))

    def hold(self, filter: str, n: int = 1, *, nth: Optional[int] = None,
             dir: Optional[str] = None) -> None:
        """Keep back the next frame, or n, that match, until release()."""
        self._do("hold", filter, n, nth=nth, dir=dir)

    def release(self) -> int:
        """Let go on what is held; returns how many frames that were."""
        return int(self._do("release"))

    def drop(self, filter: str, n: int = 1, *, nth: Optional[int] = None,
             dir: Optional[str] = None) -> None:
        """Lose the next frame, or n, that match."""
        self._do("drop", filter, n, nth=nth, dir=dir)

    def delay(self, filter: str, seconds: float, n: int = 1, *,
              nth: Optional[int] = None, dir: Optional[str] = None) -> None:
        """Let the next frame, or n, that match come so much later."""
        self._do("delay", filter, seconds, n, nth=nth, dir=dir)


PortOrName = Union[Port, str]


class Watch(_Object):
    """The frames that match, from when it was made on."""

    _kind = "watch"

    def __init__(self, lab: Lab, id_: int) -> None:
        super().__init__(lab, id_)
        self.name = str(self._do("name"))

    def expect(self, *, within: Seconds = None,
               count: Optional[int] = None) -> List[Frame]:
        """Wait until a frame, or count of them, has come."""
        return _frames(self._do("expect", within=within, count=count))

    def expect_no(self, *, during: Seconds = None) -> None:
        """None must have come; with during, none may for so many seconds."""
        self._do("expect_no", during=during)

    def count(self) -> int:
        """How many have come."""
        return int(self._do("count"))

    def frames(self, *, limit: Optional[int] = None) -> List[Frame]:
        """Those that have come."""
        return _frames(self._do("frames", limit=limit))

    def close(self) -> None:
        """It is needed no more."""
        self._lab._release(self)

    def __str__(self) -> str:
        return self.name


class Segment(_Object):
    """An Ethernet segment: lab.vlan1."""

    _kind = "segment"

    def __init__(self, lab: Lab, name: str) -> None:
        super().__init__(lab, name)
        self.name = name

    def expect(
        self,
        filter: str,
        *,
        within: Seconds = None,
        count: Optional[int] = None,
        since: Seconds = None,
        port: Optional[PortOrName] = None,
        function: Optional[Callable[[], Any]] = None,
    ) -> List[Frame]:
        """Wait until a frame that matches the pcap filter, or count of them,
        has crossed it in this subtest, or since the function began, which is
        called first."""
        if function is not None:
            with self.expecting(filter, within=within, count=count,
                                since=since, port=port) as frames:
                function()
            return frames
        return _frames(self._do("expect", filter, within=within, count=count,
                                since=since, port=port))

    def expecting(
        self,
        filter: str,
        *,
        within: Seconds = None,
        count: Optional[int] = None,
        since: Seconds = None,
        port: Optional[PortOrName] = None,
    ) -> _FunctionScope:
        """The same around what causes the frames:
        `with lab.vlan1.expecting("arp", within=5) as frames:`"""
        return _FunctionScope(
            self._lab, "segment.expect", self.name, [filter],
            {"within": within, "count": count, "since": since, "port": port})

    def expect_no(
        self,
        filter: str,
        *,
        during: Seconds = None,
        since: Seconds = None,
        port: Optional[PortOrName] = None,
        function: Optional[Callable[[], Any]] = None,
    ) -> None:
        """No frame that matches must have crossed it in this subtest; with
        during, none may from now on; with a function, none while it runs."""
        if function is not None:
            with self.expecting_no(filter, during=during, since=since,
                                   port=port):
                function()
            return
        self._do("expect_no", filter, during=during, since=since, port=port)

    def expecting_no(
        self,
        filter: str,
        *,
        during: Seconds = None,
        since: Seconds = None,
        port: Optional[PortOrName] = None,
    ) -> _FunctionScope:
        """The same as the context of what must not cause any."""
        return _FunctionScope(
            self._lab, "segment.expect_no", self.name, [filter],
            {"during": during, "since": since, "port": port})

    def count(self, filter: Optional[str] = None, *, since: Seconds = None,
              port: Optional[PortOrName] = None) -> int:
        """How many frames that match have crossed it."""
        args = [] if filter is None else [filter]
        return int(self._do("count", *args, since=since, port=port))

    def frames(self, filter: Optional[str] = None, *, since: Seconds = None,
               port: Optional[PortOrName] = None,
               limit: Optional[int] = None) -> List[Frame]:
        """They themselves, the oldest first."""
        args = [] if filter is None else [filter]
        return _frames(self._do("frames", *args, since=since, port=port,
                                limit=limit))

    def watch(self, filter: Optional[str] = None, *,
              port: Optional[PortOrName] = None) -> Watch:
        """Those from now on, to be asked for later."""
        args = [] if filter is None else [filter]
        return Watch(self._lab, self._do("watch", *args, port=port)["id"])

    def send(self, frame: bytes) -> None:
        """Send an Ethernet frame into it: its octets."""
        self._do("send", bytes(frame))

    def mark(self, text: str) -> None:
        """A comment in its capture."""
        self._do("mark", text)

    def netem(self, **words: Any) -> int:
        """What becomes of the frames that cross it, in the words of tc."""
        return int(self._do("netem", **words))


Wire = Union[Port, Segment]


def _result(value: Any) -> Result:
    return Result(int(value[0]), Output(_octets(value[1])),
                  Output(_octets(value[2])))


class Command(_Object):
    """A command in the background: machine.spawn()."""

    _kind = "command"

    def __init__(self, lab: Lab, id_: int) -> None:
        super().__init__(lab, id_)
        self.name = str(self._do("name"))

    def wait(self, timeout: Seconds = None) -> Result:
        """Until it has ended; 137 when it was killed, 124 by kill_after."""
        return _result(self._do("wait", timeout=timeout))

    def succeed(self, timeout: Seconds = None) -> Output:
        """It must end with 0; what it has written."""
        return Output(_octets(self._do("succeed", timeout=timeout)))

    def fail(self, timeout: Seconds = None) -> Output:
        """It must end with another status."""
        return Output(_octets(self._do("fail", timeout=timeout)))

    def wait_for_output(self, regex: str, timeout: Seconds = None) -> str:
        """Until a line that it has written matches the POSIX extended regular
        expression; returns the line."""
        return _text(self._do("wait_for_output", regex, timeout=timeout))

    def write(self, text: Octets, timeout: Seconds = None) -> None:
        """To its stdin, which spawn(open_stdin=True) leaves open."""
        self._do("write", text, timeout=timeout)

    def close_stdin(self) -> None:
        """End its stdin."""
        self._do("close_stdin")

    def kill(self, signal: str = "KILL") -> None:
        """Send a signal to its process group, and do not wait."""
        self._do("kill", signal)

    def output(self) -> Tuple[Output, Output]:
        """Its stdout and stderr so far."""
        stdout, stderr = self._do("output")
        return Output(_octets(stdout)), Output(_octets(stderr))

    def is_running(self) -> bool:
        """Has it not ended?"""
        return bool(self._do("is_running"))

    def __str__(self) -> str:
        return self.name

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_running():
            self.kill()


class Machine(_Object):
    """A guest: lab.client, or lab["client"]."""

    _kind = "machine"

    def __init__(self, lab: Lab, about: Mapping[str, Any]) -> None:
        super().__init__(lab, str(about["name"]))
        self.name = str(about["name"])
        self.ports: Dict[str, Port] = {
            str(nic["name"]): Port(lab, nic) for nic in about["nics"]}

    def __getattr__(self, name: str) -> Port:
        ports: Dict[str, Port] = self.__dict__.get("ports", {})
        if name in ports:
            return ports[name]
        raise AttributeError(
            f"{self.__dict__.get('name')}: a machine has no method {name}, and "
            f"this one no such interface: it has {', '.join(ports) or 'none'}")

    # -- commands --

    def succeed(self, *commands: str, timeout: Seconds = None,
                stdin: Optional[Octets] = None,
                strict: bool = False) -> Output:
        """Run each shell command in turn, which must exit with 0; what they
        have written to stdout.  With strict, of this and the others, by bash
        after `set -euo pipefail`."""
        return Output(_octets(self._do(
            "succeed", *commands, timeout=timeout, stdin=stdin,
            strict=strict or None)))

    def fail(self, *commands: str, timeout: Seconds = None,
             stdin: Optional[Octets] = None, strict: bool = False) -> Output:
        """The same for commands that must exit with another status."""
        return Output(_octets(self._do(
            "fail", *commands, timeout=timeout, stdin=stdin,
            strict=strict or None)))

    def execute(self, command: str, check_return: bool = True,
                check_output: bool = True, timeout: Seconds = 900, *,
                stdin: Optional[Octets] = None,
                strict: bool = False) -> Result:
        """Run a shell command, whatever it exits with: (status, stdout), and
        .stderr.  124 at the time-out; without check_return the shell need not
        survive it, and the status is -1; without check_output it is begun and
        not waited for: -2."""
        return _result(self._do(
            "execute", command, timeout=timeout, stdin=stdin,
            strict=strict or None,
            check_return=None if check_return else False,
            check_output=None if check_output else False))

    def spawn(self, command: str, *, stdin: Optional[Octets] = None,
              open_stdin: bool = False, kill_after: Seconds = None,
              strict: bool = False) -> Command:
        """Run a shell command in the background."""
        return Command(self._lab, self._do(
            "spawn", command, stdin=stdin, open_stdin=open_stdin or None,
            kill_after=kill_after, strict=strict or None)["id"])

    def wait_until_succeeds(self, command: str, timeout: Seconds = 900, *,
                            stdin: Optional[Octets] = None,
                            strict: bool = False) -> Output:
        """Run it again and again until it exits with 0."""
        return Output(_octets(self._do(
            "wait_until_succeeds", command, timeout=timeout, stdin=stdin,
            strict=strict or None)))

    def wait_until_fails(self, command: str, timeout: Seconds = 900, *,
                         stdin: Optional[Octets] = None,
                         strict: bool = False) -> Output:
        """Run it again and again until it exits with another status."""
        return Output(_octets(self._do(
            "wait_until_fails", command, timeout=timeout, stdin=stdin,
            strict=strict or None)))

    # -- services --

    def wait_for_unit(self, unit: str, user: Optional[str] = None,
                      timeout: Seconds = 900) -> None:
        """Until systemd calls it active; fails at once when it has failed."""
        self._do("wait_for_unit", *_some(unit, user), timeout=timeout)

    def systemctl(self, query: str, user: Optional[str] = None, *,
                  timeout: Seconds = None) -> Result:
        """Run systemctl with these words of the shell."""
        return _result(self._do(
            "systemctl", *_some(query, user), timeout=timeout))

    def get_unit_info(self, unit: str, user: Optional[str] = None, *,
                      timeout: Seconds = None) -> Dict[str, str]:
        """All properties of a unit."""
        return dict(self._do(
            "get_unit_info", *_some(unit, user), timeout=timeout) or {})

    def get_unit_property(self, unit: str, property: str,
                          user: Optional[str] = None, *,
                          timeout: Seconds = None) -> str:
        """One property of a unit."""
        return _text(self._do(
            "get_unit_property", *_some(unit, property, user),
            timeout=timeout))

    def require_unit_state(self, unit: str, require_state: str = "active",
                           user: Optional[str] = None, *,
                           timeout: Seconds = None) -> None:
        """It must be active, or in that state, now."""
        self._do("require_unit_state", *_some(unit, require_state, user),
                 timeout=timeout)

    def start_job(self, jobname: str, user: Optional[str] = None, *,
                  timeout: Seconds = None) -> Result:
        """systemctl start, whatever it exits with."""
        return _result(self._do(
            "start_job", *_some(jobname, user), timeout=timeout))

    def stop_job(self, jobname: str, user: Optional[str] = None, *,
                 timeout: Seconds = None) -> Result:
        """systemctl stop, whatever it exits with."""
        return _result(self._do(
            "stop_job", *_some(jobname, user), timeout=timeout))

    # -- waits --

    def wait_for_open_port(self, port: int, addr: str = "localhost",
                           timeout: Seconds = 900) -> None:
        """Until something accepts TCP connections on the port."""
        self._do("wait_for_open_port", port, timeout=timeout, addr=addr)

    def wait_for_closed_port(self, port: int, addr: str = "localhost",
                             timeout: Seconds = 900) -> None:
        """Until nothing does."""
        self._do("wait_for_closed_port", port, timeout=timeout, addr=addr)

    def wait_for_open_unix_socket(self, addr: str, is_datagram: bool = False,
                                  timeout: Seconds = 900) -> None:
        """Until something listens on the unix socket."""
        self._do("wait_for_open_unix_socket", addr, timeout=timeout,
                 is_datagram=is_datagram or None)

    def wait_for_file(self, filename: str, timeout: Seconds = 900) -> None:
        """Until the path exists in the guest."""
        self._do("wait_for_file", filename, timeout=timeout)

    def sleep(self, secs: float) -> None:
        """By the guest's clock."""
        self._do("sleep", secs)

    # -- consoles and screens --

    def wait_for_console_text(self, regex: str,
                              timeout: Seconds = None) -> str:
        """Until a line of the serial console matches the POSIX extended regular
        expression; returns the line."""
        return _text(self._do("wait_for_console_text", regex, timeout=timeout))

    def get_console_log(self) -> Output:
        """What the serial console has shown, the last 4 MiB."""
        return Output(_octets(self._do("get_console_log")))

    def send_console(self, chars: Octets) -> None:
        """Type at the serial console."""
        self._do("send_console", chars)

    def get_tty_text(self, tty: Union[str, int]) -> str:
        """The lines of /dev/ttyN."""
        return _text(self._do("get_tty_text", tty))

    def wait_until_tty_matches(self, tty: Union[str, int], regexp: str,
                               timeout: Seconds = 900) -> str:
        """Until the text of /dev/ttyN matches."""
        return _text(self._do(
            "wait_until_tty_matches", tty, regexp, timeout=timeout))

    def dump_tty_contents(self, tty: Union[str, int]) -> None:
        """Write them into the log."""
        self._do("dump_tty_contents", tty)

    def send_key(self, key: str, delay: Seconds = None) -> None:
        """Press and let go keys: "ctrl-alt-delete", "ret", "A"."""
        self._do("send_key", key, delay=delay)

    def send_chars(self, chars: str, delay: Seconds = None) -> None:
        """Type a text on the guest's keyboard."""
        self._do("send_chars", chars, delay=delay)

    def screenshot(self, filename: Optional[str] = None) -> str:
        """Keep what the display shows as NAME.png; returns its path."""
        return _text(self._do("screenshot", *_some(filename)))

    def get_screen_text(self) -> str:
        """Read what the display shows."""
        return _text(self._do("get_screen_text"))

    def get_screen_text_variants(self) -> List[str]:
        """The same in all ways there are."""
        return [_text(t) for t in self._do("get_screen_text_variants")]

    def wait_for_text(self, regex: str, timeout: Seconds = 900) -> str:
        """Until a text on the display matches; returns what was read."""
        return _text(self._do("wait_for_text", regex, timeout=timeout))

    def wait_for_x(self, timeout: Seconds = 900) -> None:
        """Until an X server listens on display :0."""
        self._do("wait_for_x", timeout=timeout)

    def get_window_names(self) -> List[str]:
        """The names of the windows of X."""
        return [_text(t) for t in self._do("get_window_names")]

    def wait_for_window(self, regexp: str, timeout: Seconds = 900) -> str:
        """Until the name of a window of X matches; returns it."""
        return _text(self._do("wait_for_window", regexp, timeout=timeout))

    # -- QEMU --

    def send_monitor_command(self, command: str) -> str:
        """A command of QEMU's monitor for people."""
        return _text(self._do("send_monitor_command", command))

    def qmp(self, command: str,
            arguments: Optional[Mapping[str, Any]] = None) -> Any:
        """A command of QEMU's machine protocol; what it returns."""
        return self._do("qmp", *_some(command, arguments))

    def wait_for_qmp_event(
        self,
        event_filter: Union[str, Callable[[Dict[str, Any]], bool]],
        timeout: Seconds = 600,
    ) -> Dict[str, Any]:
        """An event of QEMU, by its name or a function of it: the oldest that no
        such wait has returned, or has passed over for its function."""
        if isinstance(event_filter, str):
            return dict(self._do(
                "wait_for_qmp_event", event_filter, timeout=timeout))
        limit = 600.0 if timeout is None else timeout
        end = time.monotonic() + limit * self._lab.timeout_scale
        while True:
            left = (end - time.monotonic()) / self._lab.timeout_scale
            event = dict(self._do(
                "wait_for_qmp_event", "*", timeout=max(left, 0)))
            if event_filter(event):
                return event

    # -- files --

    def copy_from_host(self, source: Union[str, os.PathLike[str]], target: str,
                       *, timeout: Seconds = None) -> None:
        """A file or directory of the host, relative to the test file, into the
        guest."""
        self._do("copy_from_host", source, target, timeout=timeout)

    def copy_from_host_via_shell(
            self, source: Union[str, os.PathLike[str]], target: str, *,
            timeout: Seconds = None) -> None:
        """The same."""
        self._do("copy_from_host_via_shell", source, target, timeout=timeout)

    def copy_from_machine(self, source: str, target_dir: str = "", *,
                          timeout: Seconds = None) -> str:
        """A file of the guest into the results; returns its path there."""
        return _text(self._do("copy_from_machine", source, timeout=timeout,
                              dir=target_dir or None))

    def copy_from_vm(self, source: str, target_dir: str = "", *,
                     timeout: Seconds = None) -> str:
        """The same."""
        return _text(self._do("copy_from_vm", source, timeout=timeout,
                              dir=target_dir or None))

    def collect_coverage(self) -> bool:
        """Take what its programs have counted until now; was there any?"""
        return bool(self._do("collect_coverage"))

    # -- power and links --

    def start(self, allow_reboot: bool = False) -> None:
        """Start it, and do not wait."""
        self._do("start", allow_reboot=allow_reboot or None)

    def shutdown(self, timeout: Seconds = None) -> None:
        """Tell it to power off, and wait until it has."""
        self._do("shutdown", timeout=timeout)

    def wait_for_shutdown(self, timeout: Seconds = None) -> None:
        """Until it has powered off by itself."""
        self._do("wait_for_shutdown", timeout=timeout)

    def crash(self) -> None:
        """End it at once, as if the power had failed."""
        self._do("crash")

    def reboot(self, timeout: Seconds = None) -> None:
        """Restart it, and wait until its shell answers again."""
        self._do("reboot", timeout=timeout)

    def is_up(self) -> bool:
        """Does its shell answer?"""
        return bool(self._do("is_up"))

    def block(self, *, vlan: Optional[int] = None, nic: Optional[int] = None,
              silent: bool = False) -> None:
        """Cut its links, or those on a segment, or one, until unblock()."""
        self._do("block", vlan=vlan, nic=nic, silent=silent or None)

    def unblock(self, *, vlan: Optional[int] = None,
                nic: Optional[int] = None) -> None:
        """Undo block()."""
        self._do("unblock", vlan=vlan, nic=nic)

    def forward_port(self, host_port: int = 8080, guest_port: int = 80, *,
                     public: bool = False) -> int:
        """The guest's TCP port at one of 127.0.0.1 (0: any); returns which."""
        return int(self._do("forward_port", host_port, guest_port,
                            public=public or None))

    def forward_socket(self, guest_port: int = 80, *,
                       path: Optional[str] = None) -> str:
        """The guest's TCP port at a unix socket; returns its path."""
        return _text(self._do("forward_socket", guest_port, path=path))

    # -- the log --

    def log(self, *values: Any) -> None:
        """Note something about it in the log."""
        self._do("log", *[str(value) for value in values])

    def nested(self, text: str) -> _Scope:
        """A part of the log: `with machine.nested("..."):`"""
        return _Scope(self._lab, "nested", text, self.name)


def _some(*values: Any) -> List[Any]:
    """Arguments up to the last that is given."""
    given = list(values)
    while given and given[-1] is None:
        given.pop()
    return given


# ---- what must hold, and what is tried until it does ----


class PollingCondition:
    """What must hold while `with condition:` runs: its function must not
    return False nor raise.  Looked at every interval by a thread, also while a
    call is under way, which fails as soon as it does not hold."""

    def __init__(self, lab: Lab, function: Callable[[], Any], interval: float,
                 description: Optional[str]) -> None:
        self._lab = lab
        self._function = function
        self._interval = interval
        self._entered: List[_Watcher] = []
        self.name = description or (function.__doc__ or "").strip() or str(
            getattr(function, "__name__", "condition"))

    def _look(self) -> None:
        """Raises the reason when it does not hold."""
        with _Scope(self._lab, "polling_condition", self.name):
            why = None
            try:
                if self._function() is False:
                    why = "it is false"
            except (MachineError, RunEnded):
                raise
            except Exception as e:
                why = describe_error(e)
            if why is not None:
                raise RequestedAssertionFailed(
                    f"condition does not hold: {self.name}: {why}")

    def check(self) -> Tuple[bool, Optional[str]]:
        """Does it hold now, and if not, why?"""
        try:
            self._look()
        except RequestedAssertionFailed as e:
            return False, str(e)
        return True, None

    def wait(self, timeout: Seconds = 900) -> None:
        """Until it holds."""
        with _Scope(self._lab, "wait", self.name):
            limit = self._lab._limit(timeout)
            end = time.monotonic() + limit
            pause = 0.05
            while True:
                last = time.monotonic() >= end
                holds, why = self.check()
                if holds:
                    return
                if last:
                    raise TimeoutError(f"not within {limit:g} s: {why}")
                time.sleep(min(pause, max(0.0, end - time.monotonic())))
                pause = min(pause * 2, 1.0)

    def __enter__(self) -> PollingCondition:
        watcher = _Watcher(self._lab, self.name, self._interval, self._look)
        watcher.enter()
        self._entered.append(watcher)
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._entered.pop().leave(kind, error, trace)


class _Watcher:
    """One `with condition:` under way."""

    def __init__(self, lab: Lab, name: str, interval: float,
                 look: Callable[[], None]) -> None:
        self._lab = lab
        self._look = look
        self._interval = interval
        self._scope = _Scope(lab, "with", name)
        self._guard = _Guard(lab._connection)
        self._over = threading.Event()
        self._thread: Optional[threading.Thread] = None
        self._token: Optional[contextvars.Token[Any]] = None

    def enter(self) -> None:
        self._scope.__enter__()
        try:
            self._look()
        except BaseException as e:
            self._scope.__exit__(type(e), e, e.__traceback__)
            raise
        # What the thread calls is in our step, and under our guards, but not
        # under this one.
        context = contextvars.copy_context()
        self._token = _guards.set(_guards.get() + (self._guard,))
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name="vdelab condition",
            daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(self._interval):
            try:
                self._look()
            except Error as e:
                self._guard.fail(e)
                return

    def leave(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._over.set()
        if self._token is not None:
            _guards.reset(self._token)
        if self._thread is not None:
            self._thread.join()
        why = self._guard.why
        if why is not None and error is not why:
            self._scope.__exit__(type(why), why, why.__traceback__)
            raise why
        self._scope.__exit__(kind, error, trace)


# ---- a run ----


def _lua(value: Any, indent: str = "") -> str:
    """@value as Lua writes it."""
    inner = indent + "\t"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    if isinstance(value, bytes):
        shown = "".join(
            chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\{c:03d}"
            for c in value)
        return f'"{shown}"'
    if isinstance(value, Mapping):
        members = [f"{inner}[{_lua(k)}] = {_lua(v, inner)},\n"
                   for k, v in value.items() if v is not None]
    elif isinstance(value, Iterable):
        members = [f"{inner}{_lua(v, inner)},\n" for v in value]
    else:
        raise RequestError(
            f"a description of nodes cannot hold a {type(value).__name__}")
    return "{\n" + "".join(members) + indent + "}" if members else "{}"


def _find_program(given: Optional[str]) -> str:
    """vdelab itself: as given, $VDELAB, in the PATH, or beside us."""
    here = os.path.dirname(os.path.abspath(__file__))
    beside = os.path.normpath(
        os.path.join(here, os.pardir, os.pardir, "bin", "vdelab"))
    for name in (given, os.environ.get("VDELAB")):
        if name:
            return name
    found = shutil.which("vdelab")
    if found is None and os.access(beside, os.X_OK):
        found = beside
    if found is None:
        raise RequestError("there is no vdelab in the PATH; $VDELAB may name it")
    return found


find_program = _find_program


class _Server:
    """`vdelab serve` as a child of ours: it ends with us, however we end."""

    def __init__(self, program: str, arguments: Sequence[str],
                 description: Optional[str], directory: Optional[str]) -> None:
        ready, ready_child = os.pipe()
        lifeline_child, self._lifeline = os.pipe()
        self._said = ""
        try:
            self._process = subprocess.Popen(
                [program, "serve", "--quiet", "--ready-fd", str(ready_child),
                 "--lifeline-fd", str(lifeline_child), *arguments],
                stdin=subprocess.DEVNULL if description is None
                else subprocess.PIPE,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                pass_fds=(ready_child, lifeline_child), cwd=directory,
                start_new_session=True)  # ^C is for us alone
        except OSError as e:
            os.close(ready)
            os.close(self._lifeline)
            raise RequestError(f"{program}: {e.strerror}") from None
        finally:
            os.close(ready_child)
            os.close(lifeline_child)
        self._listener = threading.Thread(
            target=self._listen, name="vdelab serve", daemon=True)
        self._listener.start()
        try:
            if self._process.stdin is not None:
                self._tell(cast(str, description))
            with open(ready, "r", encoding="utf-8",
                      errors="surrogateescape") as f:
                self.socket = f.readline().rstrip("\n")
        except BaseException:
            self.end()
            raise
        if self.socket == "":
            self.end()
            raise RequestError(self.why() or f"{program} serve has failed")

    def _tell(self, description: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(description.encode())
            self._process.stdin.close()
        except OSError:
            pass  # it says itself why it has gone

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in io.TextIOWrapper(
                cast(Any, self._process.stderr), "utf-8", "replace"):
            self._said = (self._said + line)[-SHOWN_MAX:]

    def why(self) -> str:
        """What it said when it ended."""
        try:
            code = self._process.wait(CANCEL_S)
        except subprocess.TimeoutExpired:
            return ""
        self._listener.join(CANCEL_S)
        return self._said.strip() or f"vdelab has ended with exit status {code}"

    def end(self) -> int:
        """Wait until it has ended; it is ended when it does not."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        try:
            code = self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._listener.join(CANCEL_S)
        return code


class Lab:
    """Machines and segments under way: a run.

    file:        a test file, whose nodes they are; or
    nodes:       what a test file has as `nodes`, as a dictionary;
    machine:     the same of the only one. Paths in it are relative to
    directory:   the current one, unless given.
    name:        of the test, and of the directory of its results in
    results:     where they go.
    seed, accel, timeout_scale, snapshot: as of `vdelab serve`.
    program:     vdelab itself; $VDELAB, or the one in the PATH.

    Machines are lab.client or lab["client"], segments lab.vlan1.
    """

    def __init__(
        self,
        file: Optional[Union[str, os.PathLike[str]]] = None,
        *,
        nodes: Optional[Mapping[str, Any]] = None,
        machine: Optional[Mapping[str, Any]] = None,
        name: Optional[str] = None,
        directory: Optional[str] = None,
        results: Union[str, os.PathLike[str]] = "results",
        seed: Optional[int] = None,
        accel: Optional[str] = None,
        timeout_scale: Optional[float] = None,
        snapshot: Optional[str] = None,
        program: Optional[str] = None,
        socket: Optional[str] = None,
    ) -> None:
        self._server: Optional[_Server] = None
        self._closed = False
        self._root_step = 0
        self._lock = threading.Lock()
        if socket is None:
            what = [w for w in (file, nodes, machine) if w is not None]
            if len(what) != 1:
                raise RequestError(
                    "Lab: one of file, nodes and machine says which machines "
                    "there are")
            options = {"results": os.path.abspath(results), "seed": seed,
                       "accel": accel, "timeout-scale": timeout_scale,
                       "snapshot": snapshot}
            arguments = [f"--{k}={v}" for k, v in options.items()
                         if v is not None]
            text = None
            if file is None:
                text = _description(name or "lab", nodes, machine)
            arguments.append("-" if file is None else os.fspath(file))
            self._server = _Server(_find_program(program), arguments, text,
                                   directory)
            socket = self._server.socket
        try:
            self._connection = _Connection(socket)
            if self._server is not None:
                self._connection.why_lost = self._server.why
            self._learn()
        except BaseException:
            if self._server is not None:
                self._server.end()
            raise

    @classmethod
    def connect(cls, socket: Optional[str] = None) -> Lab:
        """A run that is under way, by the path of its control socket; unless
        given, $VDELAB_SOCKET, as scripts have it that a run has started."""
        socket = socket or os.environ.get("VDELAB_SOCKET")
        if not socket:
            raise RequestError("$VDELAB_SOCKET does not name a run")
        lab = cls(socket=socket)
        if socket == os.environ.get("VDELAB_SOCKET"):
            lab._root_step = int(os.environ.get("VDELAB_STEP", "0"))
        return lab

    def _learn(self) -> None:
        """What there is, and what this run can do."""
        methods = self._raw("rpc.methods", {})
        self._signatures: Dict[str, str] = {
            str(m["name"]): str(m.get("signature", "")) for m in methods}
        self._knows_places = "at:" in self._signatures.get("subtest.begin", "")
        self._knows_kinds = "kind:" in self._signatures.get("subtest.begin", "")
        self._knows_late = "timed_out:" in self._signatures.get(
            "subtest.end", "")
        self._sources: Set[str] = set()
        info = self.info()
        self.run = str(info["run"])
        self.test = str(info["test"])
        self.file = str(info["file"])
        self.results = str(info["results"])
        self.seed = int(info["seed"])
        self.timeout_scale = float(info["timeout_scale"])
        self.machines: List[Machine] = [
            Machine(self, about) for about in info["machines"]]
        self.vlans: List[Segment] = [
            Segment(self, name) for name in info["segments"]]
        self._names: Dict[str, Union[Machine, Segment]] = {}
        for machine in self.machines:
            self._names[machine.name.replace("-", "_")] = machine
            self._names[machine.name] = machine
        for segment in self.vlans:
            self._names[segment.name] = segment
        self._alarm = _Guard(self._connection, once=True)
        if self._server is not None:
            self._wait_for_losses()

    def __getitem__(self, name: str) -> Machine:
        """The machine of that name."""
        found = self._names.get(name)
        if not isinstance(found, Machine):
            raise KeyError(f"there is no machine {name}, only "
                           f"{', '.join(m.name for m in self.machines)}")
        return found

    def __getattr__(self, name: str) -> Any:
        names: Dict[str, Any] = self.__dict__.get("_names", {})
        if name in names:
            return names[name]
        if name == "machine" and len(self.__dict__.get("machines", ())) == 1:
            return self.machines[0]
        raise AttributeError(f"there is no machine, segment or method {name}")

    def __iter__(self) -> Iterator[Machine]:
        return iter(self.machines)

    def __enter__(self) -> Lab:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close(error)

    # -- calls --

    def _raw(self, method: str, params: Mapping[str, Any]) -> Any:
        return self._connection.finish(
            self._connection.new_call(method), params)

    def _call(self, method: str, params: Dict[str, Any],
              place: Optional[Tuple[str, int]] = None) -> Any:
        """A call with its step and place, under the guards of this thread."""
        guards = (self._alarm, *_guards.get())
        for guard in guards:
            guard.check()
        if method == "subtest.begin":
            params = self._known(params)
        step = self._step()
        if step and "in:" in (self._signatures.get(method) or "in:"):
            params["in"] = step
        self._add_place(params, place)
        try:
            return self._connection.finish(
                self._connection.new_call(method), params, guards)
        except Error as e:
            failure = e
        # What it was cancelled for is told, not that it was.
        for guard in guards if isinstance(failure, Cancelled) else ():
            guard.check()
        failure.step = failure.step or step or None
        raise failure.with_traceback(None)

    def _known(self, params: Dict[str, Any]) -> Dict[str, Any]:
        """What older runs know of a scope."""
        if not self._knows_kinds:
            params.pop("kind", None)
            params.pop("machine", None)
        return params

    def _end_scope(self, params: Dict[str, Any]) -> Any:
        if not self._knows_late:
            params.pop("timed_out", None)
        answer = self._raw("subtest.end", params)
        return answer.get("results") if isinstance(answer, dict) else None

    def _step(self) -> int:
        """The step that this thread is in; 0: that of the whole script."""
        for lab, step in reversed(_steps.get()):
            if lab == id(self):
                return step
        return self._root_step

    def _add_place(self, params: Dict[str, Any],
                   place: Optional[Tuple[str, int]]) -> None:
        if not self._knows_places:
            return
        place = place or _place()
        if place is None:
            return
        path, line = place
        params["at"] = {"file": _shown_path(path), "line": line}
        with self._lock:
            known = path in self._sources
            self._sources.add(path)
        if not known and "run.source" in self._signatures:
            self._tell_source(path)

    def _tell_source(self, path: str) -> None:
        """The file is part of the test: who reads the log should see it."""
        text = "".join(linecache.getlines(path))[:256 * 1024]
        try:
            self._connection.begin(
                self._connection.new_call("run.source"),
                {"file": _shown_path(path), "text": text})
        except Error:
            pass  # the call that follows says why

    def _method(self, method: str, self_: Any, args: Sequence[Any],
                options: Mapping[str, Any]) -> Any:
        return self._call(method, _params(self_, args, options))

    def _global(self, name: str, *args: Any, **options: Any) -> Any:
        return self._method(f"global.{name}", None, args, options)

    def _release(self, object_: _Object) -> None:
        self._raw("object.release", {"object": _to_wire(object_)})

    def _limit(self, timeout: Seconds) -> float:
        return (900.0 if timeout is None else timeout) * self.timeout_scale

    # -- machines that die --

    def _wait_for_losses(self) -> None:
        """A guest that panics fails what is under way, whoever it waits for."""
        if "run.wait" not in self._signatures:
            return
        call = self._connection.new_call("run.wait")
        call.on_done = self._on_loss
        try:
            self._connection.begin(call, {"types": ["machine.panicked"]})
        except Error:
            pass  # the next call says why

    def _on_loss(self, call: _Call) -> None:
        if call.error is not None:
            return
        event = call.result
        self._alarm.fail(MachineError(
            f"{event.get('machine')}: the guest panicked: {event.get('text')}"))
        self._wait_for_losses()

    # -- the run --

    def info(self) -> Dict[str, Any]:
        """What is known of the run: run.info of doc/run-api.md."""
        return dict(self._raw("run.info", {}))

    def close(self, error: Optional[Union[str, BaseException]] = None) -> int:
        """End the run, failed if there is an error, or leave it if it is not
        ours.  Returns its exit code; 0 when it is not ours."""
        if self._closed:
            return 0
        self._closed = True
        if self._server is None:
            self._connection.close()
            return 0
        params: Dict[str, Any] = {}
        if isinstance(error, BaseException):
            places = _places_of(error)
            if places and "at:" in self._signatures.get("run.end", ""):
                params["at"] = {"file": _shown_path(places[0][0]),
                                "line": places[0][1]}
            error = describe_error(error)
        if error is not None:
            params["error"] = _tellable(error)
        try:
            self._raw("run.end", params)
        except Error:
            pass  # it has ended by itself
        finally:
            self._connection.close()
            code = self._server.end()
        return code

    def run_test_script(self, *subtests: str) -> None:
        """Run the test file's own test_script; of its subtests these only, if
        any are named."""
        self._raw("script.run", {"subtests": list(subtests)})

    def eval(self, text: str) -> List[str]:
        """Run Lua text, as at a prompt; its values as a person reads them."""
        answer = self._raw("script.eval", {"text": text})
        if answer["unfinished"]:
            raise RequestError("eval: the text ends too early")
        return [str(value) for value in answer["values"]]

    # -- what scripts call --

    def start_all(self) -> None:
        """Start every machine, and do not wait."""
        self._global("start_all")

    def join_all(self, timeout: Seconds = None) -> None:
        """Until every machine that runs has powered off by itself."""
        self._global("join_all", timeout=timeout)

    def subtest(self, name: str) -> _Scope:
        """A named part of the test: `with lab.subtest("..."):`, or a
        decorator."""
        return _Scope(self, "subtest", name)

    def nested(self, text: str) -> _Scope:
        """A part of the log."""
        return _Scope(self, "nested", text)

    def with_netem(self, wire: Wire, **words: Any) -> _FunctionScope:
        """`with lab.with_netem(client.eth1, delay="50ms"):`; afterwards it is
        as it was before."""
        return _FunctionScope(self, "global.with_netem", None, [wire], words)

    def retry(self, function: Callable[[bool], Any], timeout: Seconds = 900,
              interval: float = 1.0) -> Any:
        """Call it until it raises no error and returns something true, which
        is returned; its argument tells the last try.  The end of a machine is
        not waited through."""
        with _Scope(self, "retry", ""):
            limit = self._limit(timeout)
            end = time.monotonic() + limit
            for n in itertools.count(1):
                last = time.monotonic() >= end
                try:
                    result = function(last)
                    if result:
                        return result
                    why = f"returned {result!r}"
                except (MachineError, RunEnded, Cancelled):
                    raise
                except Exception as e:
                    for guard in _guards.get():
                        guard.check()
                    why = f"raised an error: {describe_error(e)}"
                if last:
                    raise TimeoutError(f"not within {limit:g} s ({n} tries); "
                                       f"the last {why}")
                time.sleep(interval)
        raise AssertionError("there is always a next number")

    def polling_condition(
        self,
        function: Optional[Callable[[], Any]] = None,
        *,
        interval: float = 2.0,
        description: Optional[str] = None,
    ) -> Any:
        """What must hold while `with condition:` runs; also a decorator, with
        or without options."""
        if function is None:
            return lambda f: PollingCondition(self, f, interval, description)
        return PollingCondition(self, function, interval, description)

    def parallel(self, *functions: Callable[[], Any]) -> List[Any]:
        """Run them side by side, each in a thread, until all have returned;
        what they returned.  The first that fails ends the others at their next
        call."""
        results: List[Any] = [None] * len(functions)
        errors: List[BaseException] = []
        guard = _Guard(self._connection)

        def run(i: int, function: Callable[[], Any]) -> None:
            _guards.set(_guards.get() + (guard,))
            try:
                results[i] = function()
            except BaseException as e:
                errors.append(e)
                guard.fail(Cancelled("ended before it was done"))

        with _Scope(self, "parallel", f"{len(functions)} functions"):
            threads = [
                threading.Thread(
                    target=contextvars.copy_context().run,
                    args=(run, i, function), name=f"parallel {i + 1}",
                    daemon=True)
                for i, function in enumerate(functions)]
            for thread in threads:
                thread.start()
            try:
                for thread in threads:
                    while thread.is_alive():
                        thread.join(SIGNALS_S)
            except BaseException:
                guard.fail(Cancelled("ended before it was done"))
                raise
            if errors:
                raise errors[0]
        return results

    def save(self, name: str) -> None:
        """Save the state of all machines that run."""
        self._global("lab.save", name)

    def restore(self, name: str) -> None:
        """Everything is as it was when it was saved."""
        self._global("lab.restore", name)

    def log(self, *values: Any) -> None:
        """Note something in the log."""
        self._global("log", *[str(value) for value in values])

    def sleep(self, seconds: float) -> None:
        """By the host's clock."""
        self._global("sleep", seconds)

    def now(self) -> float:
        """Seconds since the run began."""
        return float(self._global("now"))

    def serial_stdout_on(self) -> None:
        """Show the lines of serial consoles."""
        self._global("serial_stdout_on")

    def serial_stdout_off(self) -> None:
        """Show them no more."""
        self._global("serial_stdout_off")

    def breakpoint(self) -> None:
        """Stand still, the guests running, until somebody at a prompt says that
        it goes on."""
        self._global("breakpoint")


def _description(name: str, nodes: Optional[Mapping[str, Any]],
                 machine: Optional[Mapping[str, Any]]) -> str:
    """A test file."""
    table: Dict[str, Any] = {"name": name}
    if nodes is not None:
        table["nodes"] = nodes
    else:
        table["machine"] = machine
    text = _lua(table)
    return f"return {text[:-1]}\ttest_script = function() end,\n}}\n"


# ---- scripts that a run has started ----


def script_globals(lab: Lab) -> Dict[str, Any]:
    """The names that a Python script of a test file finds: those of Lua's."""
    names: Dict[str, Any] = {
        segment.name: segment for segment in lab.vlans}
    for machine in lab.machines:
        names[machine.name.replace("-", "_")] = machine
    if len(lab.machines) == 1:
        names["machine"] = lab.machines[0]
    for name in (
        "start_all", "join_all", "subtest", "nested", "with_netem", "retry",
        "polling_condition", "parallel", "log", "sleep", "now", "breakpoint",
        "serial_stdout_on", "serial_stdout_off", "machines", "vlans", "seed",
    ):
        names[name] = getattr(lab, name)
    names["lab"] = lab
    return names


def _nixos_globals(lab: Lab) -> Dict[str, Any]:
    """Those of a NixOS test script."""
    import vdelab_nixos  # beside us, and a client of ours

    return vdelab_nixos.nixos_globals(lab)


# What scripts of each style find; a function of the run's Lab.
STYLES: Dict[str, Callable[[Lab], Dict[str, Any]]] = {
    "vdelab": script_globals,
    "nixos": _nixos_globals,
}


class _LogWriter(io.TextIOBase):
    """What a script prints, in the log line by line, in its step."""

    def __init__(self, lab: Lab, otherwise: TextIO) -> None:
        self._lab = lab
        self._otherwise = otherwise
        self._rest = threading.local()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, rest = (getattr(self._rest, "text", "") + text).split("\n")
        self._rest.text = rest
        for line in lines:
            self._log(line)
        return len(text)

    def finish(self) -> None:
        rest = getattr(self._rest, "text", "")
        self._rest.text = ""
        if rest:
            self._log(rest)

    def _log(self, line: str) -> None:
        try:
            self._lab.log(line)
        except RunEnded:
            print(line, file=self._otherwise, flush=True)


def _on_sigterm(signo: int, frame: Optional[FrameType]) -> NoReturn:
    raise _Stopped()


def _tell_outcome(error: Optional[BaseException]) -> None:
    """To the driver, on the descriptor that it has named for it."""
    fd = os.environ.get("VDELAB_OUTCOME_FD")
    if fd is None:
        if error is not None:
            print(describe_error(error), file=sys.stderr)
        return
    outcome: Dict[str, Any] = {}
    if isinstance(error, _Stopped):
        outcome["place"] = "".join(
            f"{_shown_path(path)}:{line}: "
            for path, line, _ in _places_of(error)[:1])
    elif error is not None:
        outcome["error"] = describe_error(error)
        outcome["timed_out"] = isinstance(error, TimeoutError)
    text = json.dumps(outcome).encode()
    while len(text) > OUTCOME_MAX:
        outcome["error"] = outcome["error"][:len(outcome["error"]) // 2]
        text = json.dumps(outcome).encode()
    os.write(int(fd), text + b"\n")


def _exit_error(error: SystemExit) -> Optional[BaseException]:
    """sys.exit() in a script: well, unless it says otherwise."""
    if error.code in (None, 0):
        return None
    why = (error.code if isinstance(error.code, str)
           else f"the script exited with status {error.code}")
    return RequestedAssertionFailed(why).with_traceback(error.__traceback__)


def _run_text(path: str, text: bytes, style: str) -> None:
    code = compile(text, path, "exec", dont_inherit=True)
    lines = io.TextIOWrapper(io.BytesIO(text), "utf-8", "replace")
    linecache.cache[path] = (len(text), None, list(lines), path)
    _shown_as[path] = path
    lab = Lab.connect()
    lab._sources.add(path)  # it is in the log already
    names = STYLES[style](lab)
    names.update(__name__="__main__", __file__=path)
    before = sys.stdout
    writer = _LogWriter(lab, sys.stderr)
    sys.stdout = cast(TextIO, writer)
    try:
        exec(code, names)
    finally:
        try:
            writer.finish()
        finally:
            sys.stdout = before


def run_script(path: str, style: str = "vdelab",
               text: Optional[bytes] = None) -> int:
    """Run a Python script on the run that $VDELAB_SOCKET names; the exit
    code.  text: that of the script, unless the file is to be read."""
    error: Optional[BaseException] = None
    # Who imports us in a script gets this module, not another one.
    sys.modules.setdefault("vdelab", sys.modules[__name__])
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    sys.argv = [path]
    signal.signal(signal.SIGTERM, _on_sigterm)
    try:
        if text is None:
            with open(path, "rb") as f:
                text = f.read()
        _run_text(path, text, style)
    except SystemExit as e:
        error = _exit_error(e)
    except BaseException as e:
        error = e
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _tell_outcome(error)
    return 0 if error is None else 1


def _main(arguments: Sequence[str]) -> int:
    words = list(arguments)
    style = "vdelab"
    if words[:1] == ["--style"] and len(words) > 1:
        style = words[1]
        words = words[2:]
    if len(words) != 2 or words[0] != "--run-script" or style not in STYLES:
        print("vdelab.py: usage: vdelab.py [--style "
              f"{'|'.join(STYLES)}] --run-script FILE", file=sys.stderr)
        return 2
    # The driver has read it already, and checked it.
    return run_script(words[1], style, sys.stdin.buffer.read())


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
