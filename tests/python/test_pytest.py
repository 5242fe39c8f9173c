"""The pytest plugin, with machines that are tests/unit/fake-qemu."""
import importlib.util
import os
import subprocess
import sys
import unittest
import xml.etree.ElementTree

import test_run
import vdelab

HAVE_PYTEST = importlib.util.find_spec("pytest") is not None
HAVE_XDIST = importlib.util.find_spec("xdist") is not None


@unittest.skipUnless(HAVE_PYTEST, "pytest is not installed")
class Plugin(test_run.Case):
    LAB = """return { name = "lab", test_script = function() end, nodes = {
        a = { kernel = "./kernel", memory = 64, vlans = { 1 } },
        ["b-c"] = { kernel = "./kernel", memory = 64, vlans = {} } } }"""

    def pytest(self, text, *options, file="lab.lua", name="test_it.py"):
        """Run it; what became of each test, by name."""
        if file:
            self.write("lab.lua", self.LAB)
            options = (f"--vdelab-file={file}", *options)
        self.write(name, "import pytest\n" + text)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "pytest_vdelab",
             "-p", "no:cacheprovider", "--vdelab-accel=tcg",
             "--vdelab-timeout-scale=1", "--junit-xml=junit.xml", *options],
            cwd=self.dir, text=True, check=False, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=test_run.PATIENCE_S * 3,
            env={**os.environ,
                 "PYTHONPATH": os.path.dirname(vdelab.__file__)})
        self.output = done.stdout
        path = os.path.join(self.dir, "junit.xml")
        if not os.path.exists(path):
            self.fail(self.output)
        root = xml.etree.ElementTree.parse(path).getroot()
        words = {}
        for case in root.iter("testcase"):
            found = [e.tag for e in case if e.tag in (
                "failure", "error", "skipped")]
            words[case.get("name")] = found[0] if found else "passed"
        return words

    def log_of(self, *parts):
        return self.events("run.end", os.path.join(*parts, "lab"))[0]

    def test_machines_and_segments_are_fixtures(self):
        words = self.pytest("""
def test_names(lab, a, b_c, vlan1):
    assert (a, b_c, vlan1) == (lab["a"], lab["b-c"], lab.vlan1)
def test_machine(a):
    a.start()
    assert a.wait_for_console_text("hello", timeout=10) == "hello"
def test_none(): pass
""")
        self.assertEqual(set(words.values()), {"passed"}, self.output)
        steps = self.events("step.begin", "test_it/lab")
        self.assertEqual(
            [(s["text"], s["in"], s["at"]["line"]) for s in steps
             if s["kind"] == "subtest"],
            [("test_names", 0, 3), ("test_machine", 0, 5)])
        self.assertEqual([s["kind"] for s in steps if s["in"] == 2],
                         ["start", "wait_for_console_text"])
        self.assertEqual(self.log_of("test_it")["result"], "passed")
        self.assertEqual(self.runs_left(), [])

    def test_a_failure_has_the_report_of_its_run(self):
        words = self.pytest("""
def test_it(a):
    a.wait_for_console_text("never", timeout=0.05)
def test_after(a): pass
""")
        self.assertEqual(words, {"test_it": "failure", "test_after": "passed"})
        results = os.path.join(self.dir, "results", "test_it", "lab")
        self.assertIn(f"report:  {results}/report.html", self.output)
        self.assertIn("vdelab.TimeoutError: a: timed out", self.output)
        self.assertNotIn("_connection", self.output)  # no frames of ours
        end = self.log_of("test_it")
        self.assertEqual(end["result"], "failed")
        self.assertRegex(end["error"], r"^test_it\.py:4: a: timed out")
        with open(os.path.join(self.dir, "junit.xml"), encoding="utf-8") as f:
            self.assertIn(results, f.read())

    def test_what_is_skipped_or_expected_to_fail_does_not_fail_the_run(self):
        words = self.pytest("""
def test_skipped(a): pytest.skip("so")
@pytest.mark.xfail
def test_expected(a): assert False
@pytest.mark.parametrize("n", [1, 2])
def test_n(a, n): a.log(n)
""")
        self.assertEqual(words, {
            "test_skipped": "skipped", "test_expected": "skipped",
            "test_n[1]": "passed", "test_n[2]": "passed"}, self.output)
        self.assertEqual(self.log_of("test_it")["result"], "passed")

    def test_a_mark_says_which_machines_there_are(self):
        self.write("other.lua", self.LAB.replace("b-c", "other"))
        words = self.pytest("""
pytestmark = pytest.mark.vdelab("other.lua")
def test_other(other): assert other.name == "other"
""", file=None)
        self.assertEqual(words, {"test_other": "passed"}, self.output)
        words = self.pytest("""
pytestmark = pytest.mark.vdelab(
    machine={"kernel": "./kernel", "memory": 64, "vlans": [7]})
def test_machine(machine, vlan7): pass
""", file=None)
        self.assertEqual(words, {"test_machine": "passed"}, self.output)

    def test_machines_may_live_as_long_as_a_test(self):
        words = self.pytest("""
def test_1(a): a.start()
def test_2(a): assert a.qmp("any") == {} and False
""", "--vdelab-scope=function")
        self.assertEqual(words, {"test_1": "passed", "test_2": "failure"})
        self.assertEqual(self.log_of("test_1")["result"], "passed")
        self.assertEqual(self.log_of("test_2")["result"], "failed")

    def test_a_session_has_one_run(self):
        self.write("test_more.py", "def test_more(a): pass\n")
        words = self.pytest("def test_1(a): pass\n",
                            "--vdelab-scope=session")
        self.assertEqual(set(words.values()), {"passed"}, self.output)
        steps = self.events("step.begin", "lab")
        self.assertEqual([s["text"] for s in steps], ["test_1", "test_more"])

    def test_a_lab_that_cannot_be_says_why(self):
        self.write("bad.lua", "return { nodes = { a = { memry = 64 } },\n"
                   "name = 'bad', test_script = function() end }")
        words = self.pytest("def test_1(lab): pass\n", file="bad.lua")
        self.assertEqual(words, {"test_1": "error"})
        self.assertIn("memry", self.output)
        self.assertNotIn("Traceback", self.output)
        words = self.pytest("def test_1(lab): pass\n", file=None)
        self.assertEqual(words, {"test_1": "error"})
        self.assertIn("vdelab_file in pytest.ini", self.output)

    def test_a_panic_fails_a_test_at_once(self):
        words = self.pytest("""
import threading
def test_1(lab, a):
    a.start()
    a.wait_for_console_text("hello", timeout=10)
    threading.Timer(0.1, lambda: a.qmp("fake-event", {
        "name": "GUEST_PANICKED", "data": {}})).start()
    lab.sleep(1000)
""")
        self.assertEqual(words, {"test_1": "failure"})
        self.assertIn("MachineError: a: the guest panicked", self.output)

    @unittest.skipUnless(HAVE_XDIST, "pytest-xdist is not installed")
    def test_workers_have_runs_of_their_own(self):
        words = self.pytest("""
@pytest.mark.parametrize("n", range(4))
def test_n(a, n): a.log(n)
""", "-n2")
        self.assertEqual(set(words.values()), {"passed"}, self.output)
        self.assertEqual(sorted(os.listdir(os.path.join(
            self.dir, "results"))), ["gw0", "gw1"])
