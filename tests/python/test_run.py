"""vdelab.py with real runs, whose machines are tests/unit/fake-qemu."""
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import vdelab

PATIENCE_S = 20
BUILD = os.environ.get("TOP_BUILDDIR", os.getcwd())
VDELAB = os.path.join(BUILD, "out", "bin", "vdelab")
NODE = {"kernel": "./kernel", "memory": 64}


def soon(condition):
    """Wait until it is true."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it has not become true in time")
        time.sleep(0.02)


def remove(directory):
    """With what a run that nobody waits for still writes and removes there."""
    def gone():
        shutil.rmtree(directory, ignore_errors=True)
        return not os.path.exists(directory)

    soon(gone)


class Case(unittest.TestCase):
    """Has a directory of its own, in which labs are made."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="vdelab-py-")
        self.addCleanup(remove, self.dir)
        self.write("kernel", "")
        qemu = self.write("qemu", "#!/bin/sh\nexec "
                          f"{BUILD}/tests/unit/fake-qemu \"$@\" talk\n")
        os.chmod(qemu, 0o755)
        run = os.path.join(self.dir, "run")
        os.mkdir(run, 0o700)
        self.environment = {
            "QEMU": qemu, "XDG_RUNTIME_DIR": run, "VDELAB": VDELAB}
        for name, value in self.environment.items():
            before = os.environ.get(name)
            os.environ[name] = value
            self.addCleanup(
                os.environ.__setitem__ if before is not None
                else lambda n, _: os.environ.pop(n), name, before)

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def lab(self, **options):
        options.setdefault("nodes", {"a": {**NODE, "vlans": [1]},
                                     "b-c": {**NODE, "vlans": []}})
        options.setdefault("name", "x")
        lab = vdelab.Lab(directory=self.dir, accel="tcg", timeout_scale=1,
                         results=os.path.join(self.dir, "results"), **options)
        self.addCleanup(lab.close)
        return lab

    def log(self, name="x"):
        path = os.path.join(self.dir, "results", name, "log.jsonl")
        with open(path, encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def events(self, kind, name="x"):
        return [e for e in self.log(name) if e["type"] == kind]

    def runs_left(self):
        found = os.path.join(self.environment["XDG_RUNTIME_DIR"], "vdelab")
        return [name for name in os.listdir(found) if name.startswith("run-")]


class Table(Case):
    """The client has what the table of methods has."""

    # What Python has in its own way.
    OTHERWISE = {
        "global.json", "global.base64", "global.packet", "global.defer",
        "global.print", "global.lab", "global.with", "global.subtest",
    }
    CLASSES = {
        "global": vdelab.Lab, "machine": vdelab.Machine,
        "segment": vdelab.Segment, "port": vdelab.Port, "watch": vdelab.Watch,
        "command": vdelab.Command, "condition": vdelab.PollingCondition,
    }
    # Names that the NixOS test driver gives to arguments.
    NAMES = {
        "path": "filename", "arguments": "query", "unit": {"jobname"},
        "state": "require_state", "seconds": "secs", "text": "chars",
        "regex": "regexp", "what": "event_filter", "name": "filename",
        "dir": "target_dir", "value": "values", "command": "commands",
    }

    def names_of(self, name):
        other = self.NAMES.get(name, name)
        return {name, *(other if isinstance(other, set) else {other})}

    def test_every_method_is_there_with_its_arguments(self):
        lab = self.lab()
        n = 0
        for row in lab._raw("rpc.methods", {}):
            full = row["name"]
            owner, _, name = full.partition(".")
            if ("owner" not in row or full in self.OTHERWISE
                    or full.startswith(("global.json.", "global.base64."))):
                continue
            name = name.rpartition(".")[2]  # lab.save
            with self.subTest(full):
                n += 1
                if "params" not in row:
                    self.check_value(lab, owner, name)
                else:
                    self.check_method(row, getattr(self.CLASSES[owner], name))
        self.assertGreater(n, 80)

    def check_value(self, lab, owner, name):
        objects = {"global": lab, "machine": lab.a, "segment": lab.vlan1,
                   "port": lab.a.eth1}
        if owner in objects:
            getattr(objects[owner], name)
        else:
            self.assertEqual(name, "name")

    def check_method(self, row, function):
        signature = inspect.signature(function).parameters
        free = any(p.kind is p.VAR_KEYWORD for p in signature.values())
        wanted = [p for p in row["params"]
                  if p["type"] != "fn" or row["owner"] == "global"]
        given = list(signature)[1:]
        if row["name"] == "machine.nested":
            self.assertEqual(given, ["text"])
            return
        if row["name"] == "global.nested":
            wanted = wanted[:1]
        for i, param in enumerate(wanted):
            self.assertIn(given[i] if i < len(given) else "nothing",
                          self.names_of(param["name"])
                          | {param["name"] + "s", "function"},
                          f"argument {i + 1}")
        for option in row.get("options", []):
            if not free:
                self.assertTrue(
                    self.names_of(option["name"]) & set(given),
                    f"option {option['name']}")

    def test_the_client_has_no_method_that_the_table_has_not(self):
        lab = self.lab()
        names = {row["name"] for row in lab._raw("rpc.methods", {})}
        own = {"expecting", "expecting_no", "close", "ports"}
        for owner, cls in self.CLASSES.items():
            if owner == "global":
                continue
            for name in vars(cls):
                if not name.startswith("_") and name not in own:
                    self.assertIn(f"{owner}.{name}", names)


class Labs(Case):
    def test_a_dictionary_describes_a_lab(self):
        lab = self.lab()
        self.assertEqual([m.name for m in lab.machines], ["a", "b-c"])
        self.assertEqual([v.name for v in lab.vlans], ["vlan1"])
        self.assertEqual(lab.a.eth1.ipv4, "192.168.1.1")
        self.assertEqual(lab.file, "-")

    def test_a_file_describes_a_lab(self):
        path = self.write("f.lua", "return { name = 'f', machine = { kernel ="
                          " './kernel', memory = 64 }, test_script ="
                          " function() end }")
        lab = self.lab(file=path, nodes=None)
        self.assertEqual(lab.machine.name, "machine")
        self.assertEqual(lab.file, path)

    def test_what_is_wrong_with_a_description_is_told(self):
        with self.assertRaises(vdelab.RequestError) as caught:
            self.lab(nodes={"a": {"memry": 64}})
        self.assertIn("memry", str(caught.exception))
        self.assertIn("memory", str(caught.exception))

    def test_a_program_that_is_not_there_is_told(self):
        with self.assertRaises(vdelab.RequestError) as caught:
            self.lab(program="/nonexistent/vdelab")
        self.assertIn("/nonexistent/vdelab", str(caught.exception))

    def test_a_lab_that_ends_well_has_passed(self):
        with self.lab() as lab:
            lab.log("hello")
        end = self.events("run.end")[0]
        self.assertEqual((end["result"], end["error"]), ("passed", None))
        self.assertEqual(self.runs_left(), [])

    def test_an_error_in_a_lab_is_the_runs(self):
        with self.assertRaises(ValueError):
            with self.lab():
                raise ValueError("so it is")
        end = self.events("run.end")[0]
        self.assertEqual(end["result"], "failed")
        self.assertRegex(end["error"],
                         r"^\S*test_run\.py:\d+: ValueError: so it is$")

    def test_a_method_does_its_work(self):
        lab = self.lab()
        lab.a.start()
        self.assertEqual(
            lab.a.wait_for_console_text("hel+o", timeout=PATIENCE_S), "hello")
        self.assertEqual(lab.a.get_console_log(), "hello\n")
        self.assertFalse(lab.b_c.is_up())
        self.assertEqual(lab.a.qmp("any", {"x": [1, "y"]}), {"x": [1, "y"]})

    def test_time_that_is_up_is_a_timeout(self):
        lab = self.lab()
        with self.assertRaises(vdelab.TimeoutError) as caught:
            lab.a.wait_for_console_text("never", timeout=0.1)
        self.assertIn("hello", str(caught.exception))

    def test_a_wrong_argument_is_refused(self):
        lab = self.lab()
        with self.assertRaises(vdelab.RequestError):
            lab.a.wait_for_open_port(0)

    def test_watches_and_frames(self):
        lab = self.lab()
        watch = lab.vlan1.watch("arp")
        frame = bytes.fromhex("ffffffffffff525400120101080600010800060400015254"
                              "00120101c0a80101000000000000c0a80102")
        with lab.vlan1.expecting("arp", within=PATIENCE_S) as frames:
            lab.vlan1.send(frame.ljust(60, b"\0"))
        self.assertEqual([f.protocol for f in frames], ["arp"])
        self.assertEqual(frames[0].data[:42], frame)
        self.assertEqual([f.number for f in watch.expect(within=PATIENCE_S)],
                         [f.number for f in frames])
        self.assertEqual(watch.count(), 1)
        self.assertEqual(lab.vlan1.frames("ip"), [])
        with self.assertRaises(vdelab.RequestedAssertionFailed):
            with lab.vlan1.expecting_no("arp"):
                lab.vlan1.send(frame)
        watch.close()
        with self.assertRaises(vdelab.RequestError):
            watch.count()

    def test_netem_is_as_before_after_its_context(self):
        lab = self.lab()
        lab.vlan1.netem(delay="1ms", seed=3)
        with lab.with_netem(lab.vlan1, loss="100%", seed=4):
            pass
        with self.assertRaises(vdelab.Error):
            lab.with_netem(lab.vlan1, loss="nonsense").__enter__()
        steps = self.events("step.begin")
        kinds = [s["kind"] for s in steps]
        self.assertEqual(kinds[:2], ["netem", "with_netem"])

    def test_steps_have_their_places_and_depths(self):
        lab = self.lab()
        with lab.subtest("outer"):
            with lab.a.nested("inner"):
                lab.sleep(0)
        lab.close()
        steps = self.events("step.begin")
        self.assertEqual([(s["kind"], s["machine"], s["in"]) for s in steps],
                         [("subtest", None, 0), ("nested", "a", 1),
                          ("sleep", None, 2)])
        with open(__file__, encoding="utf-8") as f:
            lines = f.read().splitlines()
        for step, text in zip(steps, ("subtest(", "nested(", "lab.sleep(0)")):
            self.assertTrue(step["at"]["file"].endswith("test_run.py"))
            self.assertIn(text, lines[step["at"]["line"] - 1])
        self.assertIn(__file__, [
            os.path.join(os.getcwd(), s["file"])
            for s in self.events("source")])

    def test_an_error_in_a_subtest_is_the_subtests(self):
        lab = self.lab()
        with self.assertRaises(vdelab.TimeoutError):
            with lab.subtest("late"):
                lab.a.wait_for_console_text("never", timeout=0.05)
        lab.close()
        ends = self.events("step.end")
        self.assertEqual([e["ok"] for e in ends], [False, False])
        self.assertEqual([e["timed_out"] for e in ends], [True, True])
        self.assertRegex(ends[1]["error"], r"test_run\.py:\d+: a: timed out")

    def test_a_panic_fails_what_waits_for_another_machine(self):
        lab = self.lab()
        lab.a.start()
        lab.a.wait_for_console_text("hello", timeout=PATIENCE_S)
        threading.Timer(0.1, lambda: lab.a.qmp("fake-event", {
            "name": "GUEST_PANICKED", "data": {}})).start()
        began = time.monotonic()
        with self.assertRaises(vdelab.MachineError) as caught:
            lab.sleep(100)
        self.assertLess(time.monotonic() - began, PATIENCE_S)
        self.assertIn("a: the guest panicked", str(caught.exception))
        lab.sleep(0)  # it is told once

    def test_a_call_on_a_machine_that_has_died_is_a_machine_error(self):
        lab = self.lab()
        lab.a.start()
        lab.a.wait_for_console_text("hello", timeout=PATIENCE_S)

        def end_it():
            with self.assertRaises(vdelab.Error):
                lab.a.qmp("fake-exit", {"status": 3})

        timer = threading.Timer(0.1, end_it)
        timer.start()
        with self.assertRaises(vdelab.MachineError):
            lab.a.wait_for_console_text("never", timeout=PATIENCE_S)
        timer.join(PATIENCE_S)

    def test_events_of_qemu_are_found_by_name_and_by_function(self):
        lab = self.lab()
        lab.a.start()
        for name in ("ONE", "TWO", "THREE"):
            lab.a.qmp("fake-event", {"name": name, "data": {}})
        event = lab.a.wait_for_qmp_event("TWO", timeout=PATIENCE_S)
        self.assertEqual(event["event"], "TWO")
        event = lab.a.wait_for_qmp_event(
            lambda e: e["event"] == "THREE", timeout=PATIENCE_S)
        self.assertEqual(event["event"], "THREE")
        with self.assertRaises(vdelab.TimeoutError):
            lab.a.wait_for_qmp_event(lambda e: True, timeout=0.05)

    def test_lua_is_run_as_at_a_prompt(self):
        lab = self.lab()
        self.assertEqual(lab.eval("1 + 1, 'x'"), ["2", '"x"'])
        with self.assertRaises(vdelab.RequestError):
            lab.eval("if true then")


class Ends(Case):
    def python(self, text, *arguments):
        """Another Python that runs @text."""
        script = self.write("child.py", text)
        return subprocess.Popen(
            [sys.executable, script, *arguments], cwd=self.dir,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.path.dirname(vdelab.__file__)})

    TEXT = """if True:
        import vdelab
        lab = vdelab.Lab(machine={"kernel": "./kernel", "memory": 64},
                         name="x", accel="tcg")
        lab.machine.start()
        print("up", flush=True)
        """

    def test_the_run_ends_with_a_program_that_is_killed(self):
        child = self.python(self.TEXT + "lab.sleep(1000)\n")
        self.assertEqual(child.stdout.readline(), "up\n")
        child.kill()
        child.communicate()
        soon(lambda: self.runs_left() == [])
        soon(lambda: self.events("run.end"))
        self.assertIn("who started the run has gone",
                      self.events("run.end")[0]["error"])

    def test_an_interrupted_program_leaves_nothing(self):
        child = self.python(
            self.TEXT + "with lab: lab.sleep(1000)\n")
        self.assertEqual(child.stdout.readline(), "up\n")
        soon(lambda: [s for s in self.events("step.begin")
                      if s["kind"] == "sleep"])
        child.send_signal(2)
        _, errors = child.communicate(timeout=PATIENCE_S)
        self.assertIn("KeyboardInterrupt", errors)
        self.assertEqual(self.runs_left(), [])
        self.assertEqual(self.events("run.end")[0]["result"], "failed")

    def test_a_run_that_is_killed_is_told_as_such(self):
        lab = self.lab()
        os.kill(lab.info()["pid"], 9)
        with self.assertRaises(vdelab.RunEnded) as caught:
            lab.sleep(100)
        self.assertIn("exit status -9", str(caught.exception))
        with self.assertRaises(vdelab.RunEnded):
            lab.a.start()


class Scripts(Case):
    """test_script = python("./p.py")"""

    def run_script(self, text, *options, timeout=PATIENCE_S, lua=None, **more):
        self.write("p.py", text)
        lua = lua or 'python("./p.py")'
        path = self.write(
            "p.lua", f"""return {{ name = "p", timeout = {timeout}, nodes = {{
            a = {{ kernel = "./kernel", memory = 64 }} }},
            test_script = {lua} }}""")
        results = os.path.join(self.dir, "results")
        shutil.rmtree(results, ignore_errors=True)
        child = subprocess.Popen(
            [VDELAB, more.get("command", "run"), *options, path],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd=self.dir)
        if "meanwhile" in more:
            more["meanwhile"](child)
        self.output, _ = child.communicate(timeout=PATIENCE_S * 2)
        return child.returncode

    OPTIONS = ("--accel", "tcg", "--timeout-scale", "1")
    SOON = ("--accel", "tcg", "--timeout-scale", "0.2")

    def error(self):
        return self.events("run.end", "p")[0]["error"]

    def test_a_script_that_comes_to_its_end_has_passed(self):
        code = self.run_script("""
import sys, os, vdelab
print("printed", len(machines), seed > 0)
print("to stderr", file=sys.stderr)
os.system("echo from a child")
assert machine is a is machines[0] is lab["a"]
assert vlan1 is vlans[0] and __name__ == "__main__"
assert isinstance(a, vdelab.Machine) and a.eth1.ipv4 == "192.168.1.1"
start_all()
with subtest("one"):
    assert a.wait_for_console_text("hello", timeout=5) == "hello"
    print("no end", end="")
""", *self.OPTIONS)
        self.assertEqual((code, self.error()), (0, None), self.output)
        texts = [e["text"] for e in self.events("log", "p")]
        self.assertEqual(sorted(texts), sorted([
            "printed 1 True", "to stderr", "from a child", "no end"]))
        begin = self.events("run.begin", "p")[0]
        self.assertEqual(begin["language"], "python")
        sources = {e["file"]: e["text"] for e in self.events("source", "p")}
        self.assertEqual(len(sources), 2)
        self.assertIn("import sys, os, vdelab", "".join(sources.values()))
        self.assertEqual(self.runs_left(), [])

    def test_a_failure_names_the_lines_of_the_script(self):
        code = self.run_script(
            "def f():\n"
            "    a.wait_for_console_text('never', timeout=0.05)\n"
            "with subtest('s'):\n"
            "    f()\n", *self.OPTIONS)
        self.assertEqual(code, 1)
        lines = self.error().splitlines()
        self.assertRegex(lines[0], r"p\.py:2: a: timed out")
        self.assertRegex(lines[-1], r"called from \S*p\.py:4$")
        ends = self.events("step.end", "p")
        self.assertEqual([e["timed_out"] for e in ends], [True, True])
        at = self.events("run.end", "p")[0]["at"]
        self.assertEqual(at["line"], 2)
        self.assertIn("p.py:2", self.output)
        self.assertNotIn("Traceback", self.output)

    def test_an_assertion_shows_its_source(self):
        self.assertEqual(self.run_script("assert 1 == 2\n", *self.OPTIONS), 1)
        self.assertRegex(self.error(),
                         r"p\.py:1: AssertionError: assert 1 == 2$")

    def test_any_error_can_be_told(self):
        for text in ("'\\0\\udcff'", "'x' * 5000000", "chr(0x1f600) * 40000"):
            with self.subTest(text):
                self.assertEqual(self.run_script(
                    f"with subtest('s'):\n    raise ValueError({text})\n",
                    *self.OPTIONS), 1)
                self.assertRegex(self.error(), r"^\S*p\.py:2: ValueError: ")

    def test_what_a_script_exits_with_counts(self):
        for text, code, error in (
            ("import sys; sys.exit(3)", 1, "exited with status 3"),
            ("import os; os._exit(0)", 1, "ended too early"),
            ("import os; os.kill(os.getpid(), 9)", 1, "killed by signal 9"),
        ):
            with self.subTest(text):
                self.assertEqual(self.run_script(text, *self.OPTIONS), code)
                if error is None:
                    self.assertIsNone(self.error())
                else:
                    self.assertIn(error, self.error())

    def test_a_script_may_be_a_part_of_one_in_lua(self):
        code = self.run_script("sleep(0)\nraise ValueError('so')\n",
                               *self.OPTIONS, lua="""(function()
            local part = python("./p.py")
            return function()
                subtest("part", part)
            end
        end)()""")
        self.assertEqual(code, 1)
        self.assertRegex(self.error(), r"p\.py:2: ValueError: so")
        steps = self.events("step.begin", "p")
        self.assertEqual([(s["kind"], s["in"]) for s in steps],
                         [("subtest", 0), ("sleep", 1)])

    def test_mistakes_are_found_before_anything_starts(self):
        code = self.run_script("x = 1\nif x\n", command="check")
        self.assertEqual(code, 2)
        self.assertRegex(self.output, r"p\.py:2: expected ':'|p\.py:2: ")
        code = self.run_script("", command="check", lua='python("./q.py")')
        self.assertEqual(code, 2)
        self.assertRegex(self.output, r"p\.lua:\d: cannot read '\S*q\.py': No")
        code = self.run_script("x = 1\n", command="check")
        self.assertEqual(code, 0, self.output)

    def test_time_that_is_up_ends_a_call_of_the_script(self):
        code = self.run_script("a.start()\nsleep(1000)\n", *self.OPTIONS,
                               timeout=1)
        self.assertEqual(code, 124)
        self.assertRegex(self.error(), r"p\.py:[12]: the test did not end")

    def test_time_that_is_up_ends_a_script_that_makes_none(self):
        code = self.run_script("import time\ntime.sleep(1000)\n",
                               *self.OPTIONS, timeout=1)
        self.assertEqual(code, 124)
        self.assertRegex(self.error(), r"p\.py:[12]: the test did not end")

    def test_a_panic_ends_whatever_the_script_does(self):
        code = self.run_script("""
import threading
a.start()
a.wait_for_console_text("hello", timeout=5)
a.qmp("fake-event", {"name": "GUEST_PANICKED", "data": {}})
try:
    sleep(1000)
finally:
    print("tidied up")
""", *self.OPTIONS)
        self.assertEqual(code, 1)
        self.assertRegex(self.error(), r"p\.py:7: a: the guest panicked")

    def test_an_interrupted_run_ends_its_script(self):
        def interrupt(child):
            soon(lambda: os.path.exists(os.path.join(
                self.dir, "results", "p", "log.jsonl")))
            soon(lambda: self.events("step.begin", "p"))
            child.send_signal(2)

        code = self.run_script("sleep(1000)\n", *self.OPTIONS,
                               meanwhile=interrupt)
        self.assertEqual(code, 130, self.output)
        self.assertRegex(self.error(), r"p\.py:1: interrupted by Interrupt")
        self.assertEqual(self.runs_left(), [])

    def test_a_script_that_goes_on_regardless_is_killed(self):
        began = time.monotonic()
        code = self.run_script("""
import signal, time
while True:
    try:
        time.sleep(1)
    except BaseException:
        pass
""", *self.SOON, timeout=1)
        self.assertEqual(code, 124)
        self.assertLess(time.monotonic() - began, PATIENCE_S)
        self.assertIn("the test did not end within", self.error())

    def test_a_script_is_run_when_a_client_asks(self):
        self.write("p.py", "log('from the script')\n")
        path = self.write("p.lua", """return { name = "x", machine = {
            kernel = "./kernel", memory = 64 },
            test_script = python("./p.py") }""")
        lab = self.lab(file=path, nodes=None)
        lab.run_test_script()
        lab.close()
        self.assertEqual([e["text"] for e in self.events("log")],
                         ["from the script"])
