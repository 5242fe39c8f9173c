"""NixOS test scripts, as they are: what `vdelab run --nixos` runs them with.

A script finds the names that the test driver of NixOS gives it, with the same
arguments, results and exceptions; what is beyond them is that of vdelab.py, which
must be beside this file.  doc/nixos.md tells what differs.
"""
from __future__ import annotations

import contextlib
import enum
import os
import re
import shutil
import sys
import time
import types
import unittest
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    Mapping,
    NoReturn,
    Optional,
    Sequence,
    Tuple,
    Union,
)

import vdelab

vdelab.hide_file(__file__)

Timeout = Optional[float]

NO_LIMIT_S = 7 * 24 * 3600  # "for ever": the time of the whole test ends it
PAUSE_MIN_S, PAUSE_MAX_S = 0.1, 1.0  # between two looks
SHOWN_MAX = 4000  # characters of what was seen last, in an error

TestScriptError = vdelab.Error
RequestedAssertionFailed = vdelab.RequestedAssertionFailed
MachineError = vdelab.MachineError


class PollingConditionError(vdelab.RequestedAssertionFailed):
    """A condition does not hold."""


class QMPAPIError(vdelab.RequestedAssertionFailed):
    """QEMU has refused a command of its machine protocol."""


def pythonize_name(name: str) -> str:
    """The name of a machine as scripts write it."""
    return re.sub(r"^[^A-Za-z_]|[^A-Za-z0-9_]", "_", name)


def _refuse(name: str, why: str) -> NoReturn:
    raise vdelab.RequestError(f"{name}: {why}")


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN_MAX else "[...]" + text[-SHOWN_MAX:]


# ---- machines ----


class BaseMachine(vdelab.Machine):
    """A machine as scripts of NixOS know it."""

    def __init__(self, lab: vdelab.Lab, about: Mapping[str, Any],
                 run_dir: Path) -> None:
        super().__init__(lab, about)
        self.out_dir = Path(os.environ["out"])
        self.tmp_dir = run_dir
        self.shared_dir = run_dir / "shared-xchg"
        self.state_dir = run_dir / f"vm-state-{self.name}"
        self.callbacks: List[Callable[[], None]] = []
        self.keep_machine_state = False
        self._console = _Console(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self.name}'>"

    def _until(self, kind: str, text: str, timeout: Timeout,
               look: Callable[[], Tuple[bool, str]]) -> None:
        """Wait, as a step of the log, until look() says so; what it saw last
        is in the error."""
        limit = self._lab._limit(NO_LIMIT_S if timeout is None else timeout)
        end = time.monotonic() + limit
        pause = PAUSE_MIN_S
        with vdelab._Scope(self._lab, kind, text, self.name):
            while True:
                last = time.monotonic() >= end
                done, seen = look()
                if done:
                    return
                if last:
                    raise vdelab.TimeoutError(
                        f"{self.name}: {kind}: not within {limit:g} s: {text}"
                        + (f"\nwhat there is:\n{_shown(seen)}" if seen else ""))
                time.sleep(min(pause, max(0.0, end - time.monotonic())))
                pause = min(pause * 2, PAUSE_MAX_S)

    # -- commands: bash, with errexit, nounset and pipefail --

    def execute(  # type: ignore[override]
        self,
        command: str,
        check_return: bool = True,
        check_output: bool = True,
        timeout: Timeout = 900,
    ) -> Tuple[int, str]:
        return vdelab._result(self._do(
            "execute", command, strict=True,
            timeout=NO_LIMIT_S if timeout is None else timeout,
            check_return=None if check_return else False,
            check_output=None if check_output else False))

    def succeed(  # type: ignore[override]
        self, *commands: str, timeout: Timeout = None
    ) -> str:
        if not commands:
            return ""
        return vdelab._text(self._do(
            "succeed", *commands, strict=True,
            timeout=NO_LIMIT_S if timeout is None else timeout))

    def fail(  # type: ignore[override]
        self, *commands: str, timeout: Timeout = None
    ) -> str:
        if not commands:
            return ""
        return vdelab._text(self._do(
            "fail", *commands, strict=True,
            timeout=NO_LIMIT_S if timeout is None else timeout))

    def wait_until_succeeds(  # type: ignore[override]
        self, command: str, timeout: Timeout = 900
    ) -> str:
        return vdelab._text(self._do(
            "wait_until_succeeds", command, strict=True, timeout=timeout))

    def wait_until_fails(  # type: ignore[override]
        self, command: str, timeout: Timeout = 900
    ) -> str:
        return vdelab._text(self._do(
            "wait_until_fails", command, strict=True, timeout=timeout))

    def wait_for_file(self, filename: str, timeout: Timeout = 900) -> None:
        # What the shell makes of the name, since it is not quoted there.
        if re.fullmatch(r"[\w/.+:@%=-]+", filename):
            super().wait_for_file(filename, timeout)
        else:
            self.wait_until_succeeds(f"test -e {filename}", timeout)

    def systemctl(  # type: ignore[override]
        self, q: str, user: Optional[str] = None
    ) -> Tuple[int, str]:
        return super().systemctl(q, user)

    # -- consoles, screens, keys: regular expressions are Python's --

    def wait_for_console_text(  # type: ignore[override]
        self, regex: str, timeout: Timeout = None
    ) -> None:
        self._until("wait_for_console_text", regex, timeout,
                    lambda: self._console.look(regex))

    def get_console_log(self) -> str:  # type: ignore[override]
        return "\n".join(self._console.lines())

    def get_tty_text(self, tty: Union[str, int]) -> str:
        # With the blanks that fill its lines: "login: " is looked for.
        return self.execute(
            f"fold -w$(stty -F /dev/tty{tty} size | cut -d ' ' -f 2) "
            f"/dev/vcs{tty}")[1]

    def wait_until_tty_matches(  # type: ignore[override]
        self, tty: Union[str, int], regexp: str, timeout: Timeout = 900
    ) -> None:
        pattern = re.compile(regexp)

        def look() -> Tuple[bool, str]:
            text = self.get_tty_text(tty)
            return pattern.search(text) is not None, text

        self._until("wait_until_tty_matches", f"tty{tty}: {regexp}", timeout,
                    look)

    def wait_for_text(  # type: ignore[override]
        self, regex: str, timeout: Timeout = 900
    ) -> None:
        pattern = re.compile(regex)
        before: Optional[str] = None

        def look() -> Tuple[bool, str]:
            # All ways of reading take long: only where there is another
            # picture.  Of a text screen, the blanks at the ends of lines are
            # not there.
            nonlocal before
            text = self.get_screen_text()
            texts = [text]
            if text != before and not pattern.search(text + "\n"):
                texts = self.get_screen_text_variants()
                before = text
            return any(pattern.search(t + "\n") for t in texts), text

        self._until("wait_for_text", regex, timeout, look)

    def wait_for_window(  # type: ignore[override]
        self, regexp: str, timeout: Timeout = 900
    ) -> None:
        pattern = re.compile(regexp)

        def look() -> Tuple[bool, str]:
            try:
                names = self.get_window_names()
            except RequestedAssertionFailed as e:  # no X yet
                return False, str(e)
            return (any(pattern.search(name) for name in names),
                    ", ".join(names))

        self._until("wait_for_window", regexp, timeout, look)

    def screenshot(self, filename: str) -> None:  # type: ignore[override]
        if "." not in filename:
            filename += ".png"
        path = super().screenshot(re.sub(
            r"^\.+|[^\w.-]", "_", os.path.basename(filename)))
        if "/" in filename:
            shutil.copyfile(path, filename)
        else:
            self._put_out(path)

    def send_key(
        self, key: str, delay: Timeout = 0.01, log: Optional[bool] = True
    ) -> None:
        try:
            super().send_key(key, delay or 0)
        except vdelab.RequestError:
            if not re.fullmatch(r"[\w-]+", key):
                raise
            self._monitor(f"sendkey {key}")  # a name or number of QEMU's own
            if delay:
                time.sleep(delay)

    def send_chars(self, chars: str, delay: Timeout = 0.01) -> None:
        super().send_chars(chars, delay or 0)

    def send_monitor_command(self, command: str) -> str:
        return super().send_monitor_command(command)

    def _monitor(self, command: str) -> None:
        """A command that says nothing unless it fails."""
        said = self.send_monitor_command(command).strip()
        if said:
            raise MachineError(f"{self.name}: {command}: {said}")

    def shell_interact(self, address: Optional[str] = None) -> None:
        _refuse("shell_interact", "nobody may be there: `vdelab attach` opens a "
                f"shell while the test runs, `shell {self.name}` at its prompt")

    def console_interact(self) -> None:
        _refuse("console_interact", "nobody may be there: `vdelab attach` leads "
                f"to it, `console {self.name}` at its prompt")

    # -- files --

    def copy_from_host(  # type: ignore[override]
        self, source: Union[str, os.PathLike[str]], target: str
    ) -> None:
        super().copy_from_host(os.path.abspath(source), os.fspath(target))

    def copy_from_host_via_shell(  # type: ignore[override]
        self, source: Union[str, os.PathLike[str]], target: str
    ) -> None:
        super().copy_from_host_via_shell(
            os.path.abspath(source), os.fspath(target))

    def copy_from_machine(  # type: ignore[override]
        self, source: str, target_dir: str = ""
    ) -> None:
        self._put_out(
            super().copy_from_machine(
                os.fspath(source), os.fspath(target_dir)),
            os.fspath(target_dir))

    def _put_out(self, path: str, directory: str = "") -> None:
        """What is in the results is also in $out, if Nix wants that elsewhere."""
        target = self.out_dir / directory / os.path.basename(path)
        if self.out_dir == Path(os.path.abspath(self._lab.results)):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.isdir(path):
            shutil.copytree(path, target, dirs_exist_ok=True)
        else:
            shutil.copy(path, target)

    def copy_from_vm(  # type: ignore[override]
        self, source: str, target_dir: str = ""
    ) -> None:
        self.copy_from_machine(source, target_dir)

    # -- power and links --

    @property
    def booted(self) -> bool:
        """Does its QEMU run?"""
        return any(about["name"] == self.name and about["state"] != "off"
                   for about in self._lab.info()["machines"])

    @property
    def connected(self) -> bool:
        return self.is_up()

    def connect(self) -> None:
        self.execute("true")

    def shutdown(self) -> None:  # type: ignore[override]
        super().shutdown()

    def wait_for_shutdown(self) -> None:  # type: ignore[override]
        if self.booted:
            super().wait_for_shutdown(NO_LIMIT_S)

    def reboot(self) -> None:  # type: ignore[override]
        super().reboot()

    def release(self) -> None:
        self.crash()

    def block(self) -> None:  # type: ignore[override]
        super().block(nic=1)

    def unblock(self) -> None:  # type: ignore[override]
        super().unblock(nic=1)

    def forward_port(  # type: ignore[override]
        self, host_port: int = 8080, guest_port: int = 80
    ) -> None:
        # Its eth0 is the start script's own.
        self._monitor(f"hostfwd_add tcp:127.0.0.1:{host_port}-:{guest_port}")

    def switch_root(self) -> None:
        _refuse("switch_root", "commands go to the shell of the system that "
                "has booted; there is none in its initrd")

    # -- QEMU and the log --

    @property
    def qmp_client(self) -> QMPSession:
        return QMPSession(self)

    def wait_for_qmp_event(
        self,
        event_filter: Union[str, Callable[[Dict[str, Any]], bool]],
        timeout: Timeout = 60 * 10,
    ) -> Dict[str, Any]:
        return super().wait_for_qmp_event(event_filter, timeout)

    def log(self, msg: Any) -> None:  # type: ignore[override]
        super().log(msg)

    def log_serial(self, msg: Any) -> None:
        super().log(msg)

    def nested(self, msg: str, attrs: Mapping[str, str] = {}) -> vdelab._Scope:
        return super().nested(msg)

    def run_callbacks(self) -> None:
        for callback in self.callbacks:
            callback()


class QemuMachine(BaseMachine):
    """All are."""


class NspawnMachine(BaseMachine):
    """None is."""


Machine = QemuMachine


class _Console:
    """The lines of a serial console, and those that a wait has passed over: it
    looks at none of them twice."""

    def __init__(self, machine: BaseMachine) -> None:
        self._machine = machine
        self._passed: List[str] = []

    def lines(self) -> List[str]:
        text = self._text()
        return [line.rstrip() for line in
                text.replace("\r", "").rstrip("\n").split("\n")]

    def _text(self) -> str:
        try:
            return vdelab.Machine.get_console_log(self._machine)
        except vdelab.Error:
            # Longer than an answer may be: the file has it, too.
            path = Path(self._machine._lab.results,
                        f"{self._machine.name}.serial.log")
            if not path.exists() or path.stat().st_size < vdelab.LINE_MAX // 2:
                raise
            return path.read_bytes().decode(errors="replace")

    def look(self, regex: str) -> Tuple[bool, str]:
        """Is it there?  All up to the line that it ends in is passed over then;
        and what there is."""
        is_off = not self._machine.booted  # asked first: no line comes later
        lines = self.lines()
        if is_off and lines == [""]:  # it has never run
            self._machine.start()
            is_off = False
        if lines[:len(self._passed)] != self._passed:
            self._passed = []  # started anew
        new = lines[len(self._passed):]
        ends = [end for end in (
            _end_of(re.search(regex, "".join(new)), new, ""),
            _end_of(re.search(regex, "\n".join(new), re.MULTILINE), new, "\n"),
        ) if end is not None]
        if ends:
            self._passed = lines[:len(self._passed) + min(ends)]
        elif is_off:
            raise MachineError(
                f"{self._machine.name}: it is off, and nothing on its console "
                f"matches {regex}; the last that it said:\n"
                + _shown("\n".join(new)))
        return bool(ends), "\n".join(new)


def _end_of(match: Optional[re.Match[str]], lines: List[str],
            between: str) -> Optional[int]:
    """How many of the lines, joined like that, the match takes."""
    if match is None:
        return None
    end = 0
    for i, line in enumerate(lines):
        end += len(line)
        if match.end() <= end:
            return i + 1
        end += len(between)
    return len(lines)


class QMPSession:
    """machine.qmp_client"""

    def __init__(self, machine: BaseMachine) -> None:
        self._machine = machine

    def send(self, cmd: str, args: Mapping[str, Any] = {}) -> Dict[str, Any]:
        try:
            return {"return": self._machine.qmp(cmd, dict(args) or None) or {}}
        except RequestedAssertionFailed as e:
            raise QMPAPIError(str(e)) from None

    def wait_for_event(self, timeout: Any = 10) -> Dict[str, Any]:
        seconds = getattr(timeout, "total_seconds", lambda: timeout)()
        return self._machine.wait_for_qmp_event(lambda _: True, seconds)

    def events(self, timeout: Any = 10) -> Iterator[Dict[str, Any]]:
        """Those that have come."""
        with contextlib.suppress(vdelab.TimeoutError):
            while True:
                yield self.wait_for_event(0)


# ---- segments ----


class VLan(vdelab.Segment):
    """vlan1 and others."""

    def __init__(self, lab: vdelab.Lab, name: str, run_dir: Path) -> None:
        super().__init__(lab, name)
        self.nr = int(name[len("vlan"):])
        self.socket_dir = run_dir / "switch" / name

    def __repr__(self) -> str:
        return f"<Vlan Nr. {self.nr}>"


# ---- the log ----


class LogLevel(enum.IntEnum):
    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4


class Logger:
    """log.info() and others; what goes into nested() is a step of the log."""

    def __init__(self, lab: vdelab.Lab) -> None:
        self._lab = lab
        self._level = LogLevel.INFO

    def _say(self, level: LogLevel, args: Sequence[Any]) -> None:
        if self._level <= level:
            self._lab.log(*args)

    def log(self, message: Any, attributes: Mapping[str, str] = {}) -> None:
        machine = attributes.get("machine")
        self._lab.log(f"{machine}: {message}" if machine else message)

    def debug(self, *args: Any, **kwargs: Any) -> None:
        self._say(LogLevel.DEBUG, args)

    def info(self, *args: Any, **kwargs: Any) -> None:
        self._say(LogLevel.INFO, args)

    def warning(self, *args: Any, **kwargs: Any) -> None:
        self._say(LogLevel.WARNING, args)

    def error(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Ends the test, as it does there."""
        self._lab.log(*args)
        sys.exit(" ".join(map(str, args)) or "log.error()")

    def log_test_error(self, *args: Any, **kwargs: Any) -> None:
        self._lab.log("!!!", *args)

    def log_serial(self, message: Any, machine: str) -> None:
        self._lab.log(f"{machine} # {message}")

    def print_serial_logs(self, enable: bool) -> None:
        if enable:
            self._lab.serial_stdout_on()
        else:
            self._lab.serial_stdout_off()

    def set_log_level(self, level: LogLevel) -> None:
        self._level = level

    def nested(self, message: str,
               attributes: Mapping[str, str] = {}) -> vdelab._Scope:
        return vdelab._Scope(self._lab, "nested", message,
                             attributes.get("machine"))

    def subtest(self, name: str,
                attributes: Mapping[str, str] = {}) -> vdelab._Scope:
        return self._lab.subtest(name)


# ---- the driver ----


class AssertionTester(unittest.TestCase):
    """`t`: the assertions of unittest."""

    failureException = RequestedAssertionFailed


class _Condition(vdelab.PollingCondition):
    """A function that returns nothing, or something true, says that it
    holds."""

    def __init__(self, lab: vdelab.Lab, function: Callable[[], Any],
                 interval: float, description: Optional[str]) -> None:
        def holds() -> bool:
            result = function()
            return result is None or bool(result)

        super().__init__(lab, holds, interval, description
                         or (function.__doc__ or "").strip()
                         or function.__name__)

    def _look(self) -> None:
        try:
            super()._look()
        except RequestedAssertionFailed as e:
            raise PollingConditionError(
                f"Polling condition failed: {self.name}: {e}") from None

    def wait(self, timeout: Timeout = 900) -> None:
        super().wait(NO_LIMIT_S if timeout is None else timeout)


class Debug:
    """debug.breakpoint()"""

    def __init__(self, lab: vdelab.Lab) -> None:
        self._lab = lab

    def breakpoint(self, host: str = "", port: int = 0) -> None:
        self._lab.breakpoint()


class Driver:
    """`driver`: what a test consists of."""

    def __init__(self, lab: vdelab.Lab) -> None:
        info = lab.info()
        run_dir = Path(info["dir"])
        self._lab = lab
        self.out_dir = Path(os.environ["out"])
        self.tests = ""  # the text of the script
        self.logger = Logger(lab)
        self.debug = Debug(lab)
        self.polling_conditions: List[_Condition] = []
        self.machines = [QemuMachine(lab, about, run_dir)
                         for about in info["machines"]]
        self.machines.sort(key=lambda machine: machine.name)
        self.machines_qemu = self.machines
        self.machines_nspawn: List[NspawnMachine] = []
        self.vlans = [VLan(lab, name, run_dir) for name in info["segments"]]

    def start_all(self) -> None:
        """Start all machines, and wait for none."""
        self._lab.start_all()

    def join_all(self) -> None:
        """Until all machines have powered off."""
        self._lab.join_all(NO_LIMIT_S)

    def subtest(self, name: str) -> vdelab._Scope:
        """with subtest("it works"):"""
        return self._lab.subtest(name)

    def retry(self, fn: Callable[[bool], Any], timeout_seconds: float = 900,
              timeout: Timeout = None) -> None:
        """Call it each second until it returns something true; its argument
        tells the last try.  What it raises ends that."""
        limit = self._lab._limit(
            timeout_seconds if timeout is None else timeout)
        began = time.monotonic()
        with vdelab._Scope(self._lab, "retry", getattr(fn, "__name__", "")):
            while time.monotonic() - began < limit:
                if fn(False):
                    return
                time.sleep(1)
            elapsed = time.monotonic() - began
            if not fn(True):
                raise vdelab.TimeoutError(
                    f"action timed out after {elapsed:.2f} seconds "
                    f"(timeout={limit:g})")

    def polling_condition(
        self,
        fun_: Optional[Callable[[], Any]] = None,
        *,
        seconds_interval: float = 2.0,
        description: Optional[str] = None,
    ) -> Any:
        """A decorator: what must hold while `with` it something runs."""
        def make(function: Callable[[], Any]) -> _Condition:
            return _Condition(self._lab, function, seconds_interval,
                              None if description is None
                              else str(description))

        return make if fun_ is None else make(fun_)

    def serial_stdout_on(self) -> None:
        self._lab.serial_stdout_on()

    def serial_stdout_off(self) -> None:
        self._lab.serial_stdout_off()

    def create_machine(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse("create_machine", "a run knows its machines before it begins: "
                "make it one of the test's `nodes`, or add it to `vms` of the "
                "description")

    def test_script(self) -> None:
        _refuse("test_script", "it runs already; at the prompt of `vdelab "
                "shell` there is test_script()")

    def run_tests(self) -> None:
        self.test_script()

    def test_symbols(self) -> Dict[str, Any]:
        """What scripts find."""
        names: Dict[str, Any] = {
            name: getattr(self, name) for name in (
                "create_machine", "join_all", "machines", "machines_nspawn",
                "machines_qemu", "polling_condition", "retry", "run_tests",
                "serial_stdout_off", "serial_stdout_on", "start_all",
                "subtest", "test_script", "vlans")}
        names.update(
            BaseMachine=BaseMachine, Machine=Machine, debug=self.debug,
            driver=self, log=self.logger, os=os, t=AssertionTester())
        for machine in self.machines:
            names[pythonize_name(machine.name)] = machine
        if len(self.machines) == 1:
            names["machine"] = self.machines[0]
        for vlan in self.vlans:
            names[vlan.name] = vlan
        return names


# What scripts import, besides Python's own: names by the module there.
_MODULES: Dict[str, Dict[str, Any]] = {
    "": {},
    "driver": {"Driver": Driver, "AssertionTester": AssertionTester,
               "pythonize_name": pythonize_name},
    "errors": {"TestScriptError": TestScriptError,
               "RequestedAssertionFailed": RequestedAssertionFailed,
               "MachineError": MachineError},
    "logger": {"AbstractLogger": Logger, "LogLevel": LogLevel},
    "machine": {"BaseMachine": BaseMachine, "Machine": Machine,
                "MachineError": MachineError,
                "NspawnMachine": NspawnMachine, "QemuMachine": QemuMachine},
    "machine.qmp": {"QMPAPIError": QMPAPIError, "QMPSession": QMPSession},
    "polling_condition": {"PollingCondition": _Condition,
                          "PollingConditionError": PollingConditionError},
    "vlan": {"VLan": VLan},
}


def _add_modules(driver: Driver) -> None:
    """`from test_driver.errors import RequestedAssertionFailed`"""
    for name, members in _MODULES.items():
        path = "test_driver" + ("." + name if name else "")
        module = types.ModuleType(path, "of the NixOS test driver")
        module.__dict__.update(members)
        module.__path__ = []
        sys.modules[path] = module
        parent, _, child = path.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
    setattr(sys.modules["test_driver.machine"], "retry", driver.retry)


def nixos_globals(lab: vdelab.Lab) -> Dict[str, Any]:
    """The names that a test script of NixOS finds."""
    os.environ.setdefault("out", os.path.abspath(lab.results))
    driver = Driver(lab)
    _add_modules(driver)
    return driver.test_symbols()
