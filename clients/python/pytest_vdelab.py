"""A plugin of pytest: machines as fixtures.

    pytest -p pytest_vdelab --vdelab-file nat.lua

gives tests the fixture `lab`, a vdelab.Lab of that file, and one for each of
its machines and segments, by their names ("-" becomes "_"):

    def test_it_answers(client, router):
        client.succeed("ping -c 1 router")

The file may also come from pytest.ini (vdelab_file = nat.lua), or from a mark:

    pytestmark = pytest.mark.vdelab("nat.lua")
    pytestmark = pytest.mark.vdelab(nodes={"client": {}, "router": {}})

One file that needs vdelab.py and pytest only; doc/python.md tells the rest.
"""
from __future__ import annotations

import json
import os
import re
import subprocess
from typing import (
    Any,
    Callable,
    Dict,
    Generator,
    List,
    Mapping,
    Optional,
    Tuple,
    TypeVar,
    cast,
)

import pytest

import vdelab

vdelab.hide_file(__file__)
__tracebackhide__ = True

SCOPES = ("session", "module", "function")
FINDINGS_MAX = 20  # of a run, on the terminal
_key = pytest.StashKey[List["_Run"]]()


_H = TypeVar("_H", bound=Callable[..., Any])


def _around(hook: _H) -> _H:
    """Of pytest, with the types that it has."""
    return cast(_H, pytest.hookimpl(hookwrapper=True)(hook))


class _Run:
    """A lab, and what is told of it."""

    def __init__(self, lab: vdelab.Lab) -> None:
        self.lab = lab
        self.results = lab.results
        self.test = lab.test
        self.error: Optional[str] = None  # of the first test that failed
        self.code: Optional[int] = None

    def files(self) -> List[str]:
        """What there is to read, when it has ended."""
        return [os.path.join(self.results, name)
                for name in ("report.html", "junit.xml", "log.jsonl")
                if os.path.exists(os.path.join(self.results, name))]

    def findings(self) -> List[str]:
        """What the report says of the failure."""
        path = os.path.join(self.results, "report.html")
        try:
            with open(path, encoding="utf-8") as f:
                found = re.search(
                    r'<script type="application/json" id="data">(.*?)</script>',
                    f.read(), re.DOTALL)
            data = json.loads(found.group(1)) if found else {}
            return [str(f["text"]) for f in data.get("findings", [])]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return []


# ---- options ----


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("vdelab", "machines as fixtures")
    group.addoption("--vdelab-file", metavar="FILE",
                    help="the test file whose nodes are the machines")
    group.addoption("--vdelab-scope", choices=SCOPES,
                    help="how long machines live (default: module)")
    group.addoption("--vdelab-results", metavar="DIR", default="results",
                    help="where results go (default: results)")
    group.addoption("--vdelab-accel", choices=("auto", "kvm", "tcg"),
                    help="how guests run")
    group.addoption("--vdelab-seed", type=int, metavar="N",
                    help="of random numbers")
    group.addoption("--vdelab-snapshot", choices=("auto", "off"),
                    help="auto: machines go on from a saved state")
    group.addoption("--vdelab-timeout-scale", type=float, metavar="F",
                    help="multiply every deadline")
    parser.addini("vdelab_file", "the test file whose nodes are the machines, "
                  "relative to this one")
    parser.addini("vdelab_scope", "session, module (default) or function")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "vdelab(file, **description): the machines of this module, "
        "or of this test if they live as long: a test file, or what "
        "vdelab.Lab takes")
    runs: List[_Run] = []
    config.stash[_key] = runs


def _scope_name(config: pytest.Config) -> str:
    name = str(config.getoption("--vdelab-scope")
               or config.getini("vdelab_scope") or "module")
    if name not in SCOPES:
        raise pytest.UsageError(
            f"vdelab_scope: {name} is none of {', '.join(SCOPES)}")
    return name


def _scope(fixture_name: str, config: pytest.Config) -> Any:
    return _scope_name(config)


def _default_file(config: pytest.Config) -> Optional[str]:
    option = config.getoption("--vdelab-file")
    if option:
        return os.path.abspath(str(option))
    ini = config.getini("vdelab_file")
    return os.path.join(str(config.rootpath), str(ini)) if ini else None


def _description(mark: Optional[pytest.Mark], directory: str,
                 config: pytest.Config) -> Optional[Dict[str, Any]]:
    """What Lab takes; None: nothing says which machines there are."""
    if mark is None:
        file = _default_file(config)
        return {"file": file} if file else None
    given = dict(mark.kwargs)
    if mark.args:
        given["file"] = os.path.join(directory, os.fspath(mark.args[0]))
    elif "file" not in given:
        given.setdefault("directory", directory)
    return given


# ---- names of machines as fixtures ----


def _names(description: Mapping[str, Any]) -> List[str]:
    """Of its machines and segments."""
    nodes = description.get("nodes")
    if nodes is None and "machine" in description:
        nodes = {"machine": description["machine"]}
    if nodes is not None:
        vlans = {v for node in nodes.values()
                 for v in (node.get("vlans") or ([1] if "vlans" not in node
                                                 else []))}
        return [*nodes, *(f"vlan{v}" for v in vlans)]
    program = vdelab.find_program(description.get("program"))
    said = subprocess.run(
        [program, "check", "--json", os.fspath(description["file"])],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if said.returncode != 0:
        return []  # the fixture `lab` says why
    about = json.loads(said.stdout)
    return [*about["nodes"], *about["segments"]]


class _Holder:
    """Where pytest looks for fixtures."""


def _make_fixture(name: str) -> Callable[..., Any]:
    def find(lab: vdelab.Lab) -> Any:
        return getattr(lab, name)

    find.__doc__ = f"{name} of the lab."
    made: Callable[..., Any] = pytest.fixture(scope=_scope, name=name)(find)
    return made


def _add_names(session: pytest.Session, description: Mapping[str, Any],
               nodeid: str) -> None:
    holder = _Holder()
    names = _names(description)
    for name in names:
        name = name.replace("-", "_")
        setattr(holder, name, _make_fixture(name))
    if len([n for n in names if not n.startswith("vlan")]) == 1:
        setattr(holder, "machine", _make_fixture("machine"))
    manager: Any = getattr(session, "_fixturemanager")
    manager.parsefactories(holder, nodeid)


def pytest_collection(session: pytest.Session) -> None:
    file = _default_file(session.config)
    if file is not None:
        _add_names(session, {"file": file}, "")


def pytest_pycollect_makeitem(collector: Any, name: str, obj: Any) -> None:
    """Before the first item of a module: its mark's machines."""
    module = collector.getparent(pytest.Module)
    if module is None or getattr(module, "_vdelab_seen", False):
        return
    module._vdelab_seen = True
    mark = module.get_closest_marker("vdelab")
    if mark is not None:
        description = _description(
            mark, str(module.path.parent), collector.config)
        if description:
            _add_names(collector.session, description, module.nodeid)


# ---- the fixture ----


def _results(request: Any, config: pytest.Config) -> str:
    """Of each worker and each life of machines another directory."""
    parts = [os.path.abspath(str(config.getoption("--vdelab-results")))]
    worker = getattr(config, "workerinput", {}).get("workerid")
    if worker:
        parts.append(str(worker))
    scope = _scope_name(config)
    if scope == "module":
        parts.append(request.node.path.stem)
    elif scope == "function":
        parts.append(re.sub(r"[^A-Za-z0-9_.-]+", "-", request.node.name))
    return os.path.join(*parts)


@pytest.fixture(scope=_scope)
def lab(request: Any) -> Generator[vdelab.Lab, None, None]:
    """Machines and segments under way: a vdelab.Lab."""
    config: pytest.Config = request.config
    mark = request.node.get_closest_marker("vdelab")
    directory = str(getattr(request.node, "path", config.rootpath).parent)
    description = _description(mark, directory, config)
    if description is None:
        pytest.fail("vdelab: nothing says which machines there are: use "
                    "--vdelab-file, vdelab_file in pytest.ini, or "
                    "pytest.mark.vdelab", pytrace=False)
    options: Dict[str, Any] = {"results": _results(request, config)}
    for name in ("accel", "seed", "snapshot", "timeout_scale"):
        options[name] = config.getoption(
            f"--vdelab-{name.replace('_', '-')}")
    try:
        made = vdelab.Lab(**{**options, **description})
    except vdelab.Error as e:
        pytest.fail(f"vdelab: {e}", pytrace=False)
    run = _Run(made)
    config.stash[_key].append(run)
    yield made
    run.code = made.close(run.error)


# ---- tests ----


def _run_of(item: pytest.Item) -> Optional[_Run]:
    given = getattr(item, "funcargs", {}).get("lab")
    for run in item.config.stash[_key]:
        if run.lab is given and given is not None:
            return run
    return None


@_around
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, None]:
    """Each test is a subtest of its lab's run."""
    run = _run_of(item)
    if run is None:
        yield
        return
    _, line, _ = item.location
    scope = vdelab.Scope(run.lab, "subtest", item.name,
                         place=(str(item.path), (line or 0) + 1))
    scope.__enter__()
    outcome = yield
    kind, error, trace = outcome.excinfo or (None, None, None)
    if isinstance(error, pytest.skip.Exception):
        kind = error = trace = None
    try:
        scope.__exit__(kind, error, trace)
    except vdelab.Error as e:  # the run has ended
        error = e
    if error is not None and run.error is None and not _is_expected(item):
        run.error = vdelab.describe_error(error)


def _is_expected(item: pytest.Item) -> bool:
    return item.get_closest_marker("xfail") is not None


@_around
def pytest_runtest_makereport(
        item: pytest.Item) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    run = _run_of(item)
    if run is None:
        return
    report.user_properties.append(("vdelab_results", run.results))
    if not report.failed:
        return
    if report.when == "setup" and run.error is None:
        run.error = str(report.longreprtext).strip().splitlines()[-1]
    lines = [f"results: {run.results}",
             f"report:  {os.path.join(run.results, 'report.html')}"]
    report.sections.append(("vdelab", "\n".join(lines)))


def pytest_terminal_summary(
        terminalreporter: Any, config: pytest.Config) -> None:
    """What there is to read of runs that failed."""
    failed = [run for run in config.stash[_key] if run.code]
    if not failed:
        return
    terminalreporter.section("vdelab")
    for run in failed:
        terminalreporter.write_line(
            f"{run.test}: failed; {run.results}")
        for finding in run.findings()[:FINDINGS_MAX]:
            terminalreporter.write_line(f"  {finding}")
        for path in run.files():
            terminalreporter.write_line(f"  {path}")


def pytest_report_header(config: pytest.Config) -> Tuple[str, ...]:
    file = _default_file(config)
    return (f"vdelab: {file}, machines live as long as a "
            f"{_scope_name(config)}",) if file else ()
