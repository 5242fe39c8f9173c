"""vdelab.py against a control socket that this file plays."""
import base64
import json
import os
import pickle
import shutil
import signal
import socket
import tempfile
import threading
import time
import unittest

import vdelab

PATIENCE_S = 20

INFO = {
    "run": "x1", "test": "nat", "file": "nat.lua", "results": "/r/nat",
    "seed": 7, "timeout_scale": 1.0, "state": "serving",
    "machines": [
        {"name": "client", "state": "off", "nics": [
            {"name": "eth1", "port": "client.eth1", "vlan": 1,
             "mac": "52:54:00:12:01:01", "ipv4": "192.168.1.1",
             "ipv6": "2001:db8:1::1"}]},
        {"name": "db-1", "state": "off", "nics": []}],
    "segments": ["vlan1"],
}

METHODS = [
    {"name": "subtest.begin",
     "signature": "name:str kind:name? machine:str? in:int? at:obj?"},
    {"name": "subtest.end",
     "signature": "subtest:int error:str? timed_out:bool?"},
    {"name": "run.source", "signature": "file:str text:str"},
]


def fail(kind, message, **data):
    return {"error": {"code": -32000, "message": message,
                      "data": {"kind": kind, **data}}}


class FakeRun:
    """A control socket.  answers[method] is a result, or a function of the
    request that returns a reply; None from it: no answer yet."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="vdelab-py-")
        self.path = os.path.join(self.dir, "control")
        self.requests = []
        self.changed = threading.Condition()
        self.answers = {"run.info": INFO, "rpc.methods": METHODS}
        self.n_steps = 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.client = None
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            self.client, _ = self.listener.accept()
            with self.client.makefile("rb") as lines:
                for line in lines:
                    self.take(json.loads(line))
        except OSError:
            pass  # closed: by the test, or by the client

    def take(self, request):
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
        method = request["method"]
        if method == "subtest.begin" and method not in self.answers:
            self.n_steps += 1
            reply = {"result": {"subtest": self.n_steps}}
        elif method in self.answers:
            reply = self.answers[method]
            reply = (reply(request) if callable(reply)
                     else {"result": reply})
        else:
            reply = {"result": None}
        if reply is not None:
            self.send(request["id"], reply)

    def send(self, number, reply):
        line = {"jsonrpc": "2.0", "id": number, **reply}
        self.client.sendall(json.dumps(line).encode() + b"\n")

    def wait_for(self, method, n=1):
        """The n'th request of that name."""
        end = time.monotonic() + PATIENCE_S
        with self.changed:
            while True:
                found = [r for r in self.requests if r["method"] == method]
                if len(found) >= n:
                    return found[n - 1]
                if not self.changed.wait(end - time.monotonic()):
                    raise AssertionError(f"no {method} came")

    def params(self, method, n=1):
        return self.wait_for(method, n)["params"]

    def close(self):
        for s in (self.client, self.listener):
            if s is not None:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                s.close()
        self.thread.join(PATIENCE_S)
        shutil.rmtree(self.dir)


class Case(unittest.TestCase):
    def setUp(self):
        self.run_ = FakeRun()
        self.addCleanup(self.run_.close)
        self.lab = vdelab.Lab.connect(self.run_.path)
        self.addCleanup(self.lab.close)

    def answer(self, method, reply):
        self.run_.answers[method] = reply


class Calls(Case):
    def test_a_call_has_its_object_arguments_and_options(self):
        self.answer("machine.succeed", "out")
        self.lab.client.succeed("a", "b", timeout=3)
        params = self.run_.params("machine.succeed")
        self.assertEqual(params["self"], "client")
        self.assertEqual(params["args"], ["a", "b"])
        self.assertEqual(params["options"], {"timeout": 3})

    def test_options_that_are_not_given_are_not_sent(self):
        self.answer("machine.succeed", "")
        self.lab.client.succeed("a")
        self.assertNotIn("options", self.run_.params("machine.succeed"))

    def test_a_call_tells_the_line_that_made_it(self):
        self.answer("machine.is_up", True)
        self.lab.client.is_up()
        at = self.run_.params("machine.is_up")["at"]
        self.assertTrue(at["file"].endswith("test_client.py"), at)
        with open(__file__, encoding="utf-8") as f:
            line = f.read().splitlines()[at["line"] - 1]
        self.assertIn("self.lab.client.is_up()", line)

    def test_a_file_that_calls_is_told_once(self):
        self.answer("machine.is_up", True)
        self.lab.client.is_up()
        self.lab.client.is_up()
        self.run_.wait_for("machine.is_up", 2)
        sources = [r for r in self.run_.requests
                   if r["method"] == "run.source"]
        self.assertEqual(len(sources), 1)
        with open(__file__, encoding="utf-8") as f:
            self.assertEqual(sources[0]["params"]["text"], f.read())

    def test_an_older_run_is_told_no_places(self):
        self.lab._knows_places = False
        self.answer("machine.is_up", True)
        self.lab.client.is_up()
        self.assertNotIn("at", self.run_.params("machine.is_up"))

    def test_execute_returns_status_and_stdout_and_has_stderr(self):
        self.answer("machine.execute", [3, "out", "err"])
        result = self.lab.client.execute("x")
        status, out = result
        self.assertEqual((status, out, result.stderr), (3, "out", "err"))

    def test_octets_that_are_no_text_come_whole(self):
        octets = b"a\x00\xffb"
        self.answer("machine.succeed",
                    {"$base64": base64.b64encode(octets).decode()})
        out = self.lab.client.succeed("x")
        self.assertEqual(out, "a\x00\ufffdb")
        self.assertEqual(out.octets, octets)

    def test_octets_and_texts_with_nul_go_whole(self):
        self.answer("machine.succeed", "")
        for given in (b"\xff\x00", "a\0b", "\udcff"):
            self.lab.client.succeed("x", stdin=given)
        sent = [r["params"]["options"]["stdin"] for r in self.run_.requests
                if r["method"] == "machine.succeed"]
        self.assertEqual([base64.b64decode(s["$base64"]) for s in sent],
                         [b"\xff\x00", b"a\0b", b"\xff"])

    def test_a_port_is_sent_as_one(self):
        self.answer("segment.count", 4)
        self.assertEqual(
            self.lab.vlan1.count("arp", port=self.lab.client.eth1), 4)
        self.assertEqual(
            self.run_.params("segment.count")["options"]["port"],
            {"$object": "port", "id": "client.eth1"})

    def test_frames_are_read_by_member_and_attribute(self):
        self.answer("segment.frames", [
            {"line": "ARP", "src": "x", "data": {"$base64": "AAE="},
             "payload": "abc"}])
        frame = self.lab.vlan1.frames()[0]
        self.assertEqual(str(frame), "ARP")
        self.assertEqual(frame.src, frame["src"])
        self.assertEqual(frame.data, b"\0\1")
        self.assertEqual(frame.payload, b"abc")
        with self.assertRaises(AttributeError):
            frame.tcp

    def test_an_argument_of_more_than_a_line_is_refused_here(self):
        with self.assertRaises(vdelab.RequestError) as caught:
            self.lab.client.succeed("x", stdin="x" * (1024 * 1024))
        self.assertIn("copy_from_host", str(caught.exception))

    def test_calls_of_several_threads_get_each_its_own_answer(self):
        held = []

        def later(request):
            held.append(request)
            if len(held) == 3:  # in the opposite order
                for r in reversed(held):
                    self.run_.send(r["id"], {"result": r["params"]["args"][0]})

        self.answer("machine.succeed", later)
        found = {}
        threads = [threading.Thread(target=lambda i=i: found.update(
            {i: self.lab.client.succeed(str(i))})) for i in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        self.assertEqual(found, {0: "0", 1: "1", 2: "2"})

    def test_names_of_nodes_are_found_as_they_are_and_as_identifiers(self):
        self.assertIs(self.lab["db-1"], self.lab.db_1)
        with self.assertRaises(KeyError):
            self.lab["vlan1"]
        with self.assertRaises(AttributeError):
            self.lab.nobody
        with self.assertRaises(AttributeError):
            self.lab.client.eth2


class Failures(Case):
    def test_each_kind_of_error_has_its_exception(self):
        for kind, cls in (("usage", vdelab.RequestError),
                          ("failed", vdelab.RequestedAssertionFailed),
                          ("timed-out", vdelab.TimeoutError),
                          ("cancelled", vdelab.Cancelled),
                          ("ended", vdelab.RunEnded)):
            with self.subTest(kind):
                self.answer("machine.crash", lambda r: fail(kind, "why"))
                with self.assertRaises(cls) as caught:
                    self.lab.client.crash()
                self.assertIs(type(caught.exception), cls)
                self.assertEqual(caught.exception.kind, kind)
                self.assertEqual(caught.exception.method, "machine.crash")
                self.assertEqual(str(caught.exception), "why")

    def test_a_lost_machine_is_a_machine_error(self):
        self.answer("machine.crash", lambda r: fail(
            "failed", "client: it is off", lost=True))
        with self.assertRaises(vdelab.MachineError):
            self.lab.client.crash()

    def test_what_is_not_so_is_an_assertion_and_late_a_timeout(self):
        self.assertTrue(issubclass(vdelab.TimeoutError, TimeoutError))
        self.assertTrue(issubclass(vdelab.TimeoutError, AssertionError))
        self.assertTrue(issubclass(
            vdelab.TimeoutError, vdelab.RequestedAssertionFailed))
        self.assertFalse(issubclass(vdelab.MachineError, AssertionError))

    def test_a_run_that_dies_fails_what_waits_and_what_follows(self):
        def die(request):
            self.run_.client.shutdown(socket.SHUT_RDWR)

        self.answer("machine.succeed", die)
        for _ in range(2):
            with self.assertRaises(vdelab.RunEnded) as caught:
                self.lab.client.succeed("x")
            self.assertIn("the run has ended", str(caught.exception))

    def test_an_interrupt_cancels_the_call(self):
        def interrupt(request):
            signal.pthread_kill(main, signal.SIGINT)

        def cancelled(request):
            self.run_.send(request["params"]["id"], fail("cancelled", "so"))
            return {"result": {"cancelled": True}}

        main = threading.get_ident()
        self.answer("machine.succeed", interrupt)
        self.answer("call.cancel", cancelled)
        with self.assertRaises(KeyboardInterrupt):
            self.lab.client.succeed("sleep 100")
        call = self.run_.wait_for("machine.succeed")
        self.assertEqual(self.run_.params("call.cancel")["id"], call["id"])
        self.answer("machine.succeed", "on")
        self.assertEqual(self.lab.client.succeed("true"), "on")

    def test_no_socket_is_told_by_its_name(self):
        with self.assertRaises(vdelab.RunEnded) as caught:
            vdelab.Lab.connect("/nonexistent/control")
        self.assertIn("/nonexistent/control", str(caught.exception))

    def test_an_error_tells_the_tests_own_calls_only(self):
        self.answer("machine.succeed", lambda r: fail("failed", "no"))

        def inner():
            self.lab.client.succeed("x")

        try:
            inner()
        except vdelab.Error as e:
            text = vdelab.describe_error(e)
        first, second = text.splitlines()
        self.assertRegex(first, r"test_client\.py:\d+: no$")
        self.assertRegex(second, r"called from .*test_client\.py:\d+, in test")

    def test_a_bare_assert_shows_its_line(self):
        try:
            assert 1 == 2
        except AssertionError as e:
            self.assertIn("AssertionError: assert 1 == 2",
                          vdelab.describe_error(e))

    def test_values_can_be_pickled(self):
        for value in (vdelab.Output(b"\xff"), vdelab.Result(
                1, vdelab.Output(b"a"), vdelab.Output(b"b"))):
            copy = pickle.loads(pickle.dumps(value))
            self.assertEqual(copy, value)
            self.assertEqual(copy.__dict__, value.__dict__)


class Scopes(Case):
    def test_what_is_done_in_a_subtest_is_in_its_step(self):
        with self.lab.subtest("a"):
            with self.lab.nested("b"):
                self.lab.client.crash()
            self.lab.client.start()
        self.assertEqual(self.run_.params("subtest.begin", 2)["kind"], "nested")
        self.assertEqual(self.run_.params("subtest.begin", 2)["in"], 1)
        self.assertEqual(self.run_.params("machine.crash")["in"], 2)
        self.assertEqual(self.run_.params("machine.start")["in"], 1)

    def test_a_subtest_that_fails_says_why_and_where(self):
        with self.assertRaises(ZeroDivisionError):
            with self.lab.subtest("a"):
                1 / 0
        error = self.run_.params("subtest.end")["error"]
        self.assertRegex(error, r"test_client.py:\d+: ZeroDivisionError: ")

    def test_a_subtest_that_is_late_says_so(self):
        self.answer("machine.crash", lambda r: fail("timed-out", "late"))
        with self.assertRaises(vdelab.TimeoutError):
            with self.lab.subtest("a"):
                self.lab.client.crash()
        self.assertTrue(self.run_.params("subtest.end")["timed_out"])

    def test_a_subtest_decorates_functions(self):
        @self.lab.subtest("a")
        def work(n):
            return n + 1

        self.assertEqual((work(1), work(2)), (2, 3))
        self.assertEqual(self.run_.params("subtest.begin", 2)["name"], "a")

    def test_threads_of_parallel_are_in_its_step(self):
        self.lab.parallel(self.lab.client.crash, self.lab.client.start)
        self.assertEqual(self.run_.params("subtest.begin")["kind"], "parallel")
        self.assertEqual(self.run_.params("machine.crash")["in"], 1)
        self.assertEqual(self.run_.params("machine.start")["in"], 1)

    def test_parallel_returns_what_its_functions_did_in_order(self):
        self.assertEqual(self.lab.parallel(lambda: 1, lambda: 2), [1, 2])

    def cancel_later(self, method):
        """Calls of it wait until they are cancelled."""
        def cancelled(request):
            self.run_.send(request["params"]["id"], fail("cancelled", "so"))
            return {"result": {"cancelled": True}}

        self.answer(method, lambda r: None)
        self.answer("call.cancel", cancelled)

    def test_the_first_error_of_parallel_ends_the_others(self):
        self.cancel_later("machine.succeed")

        def bad():
            self.run_.wait_for("machine.succeed")
            raise ValueError("bad")

        with self.assertRaises(ValueError):
            self.lab.parallel(lambda: self.lab.client.succeed("x"), bad)

    def test_a_condition_that_fails_ends_the_call(self):
        self.cancel_later("machine.succeed")
        holds = [True]

        @self.lab.polling_condition(interval=0.01, description="it holds")
        def condition():
            return holds[0]

        with self.assertRaises(vdelab.RequestedAssertionFailed) as caught:
            with condition:
                threading.Timer(0.05, lambda: holds.__setitem__(
                    0, False)).start()
                self.lab.client.succeed("sleep 100")
        self.assertIn("condition does not hold: it holds: it is false",
                      str(caught.exception))

    def test_a_condition_that_does_not_hold_is_not_entered(self):
        condition = self.lab.polling_condition(lambda: 1 / 0)
        with self.assertRaises(vdelab.RequestedAssertionFailed) as caught:
            with condition:
                self.fail("it must not come here")
        self.assertIn("ZeroDivisionError", str(caught.exception))

    def test_a_condition_is_waited_for(self):
        left = [3]

        def condition():
            left[0] -= 1
            return left[0] <= 0

        self.lab.polling_condition(condition).wait(timeout=PATIENCE_S)
        self.assertEqual(left[0], 0)
        with self.assertRaises(vdelab.TimeoutError):
            self.lab.polling_condition(lambda: False).wait(timeout=0.05)

    def test_retry_tries_until_it_is_true(self):
        seen = []

        def work(last):
            seen.append(last)
            if len(seen) == 1:
                raise ValueError("not yet")
            return len(seen) > 2 and "done"

        self.assertEqual(self.lab.retry(work, interval=0.01), "done")
        self.assertEqual(seen, [False, False, False])

    def test_retry_tries_once_more_and_says_what_was_last(self):
        seen = []

        def work(last):
            seen.append(last)
            raise ValueError("never")

        with self.assertRaises(vdelab.TimeoutError) as caught:
            self.lab.retry(work, timeout=0.05, interval=0.03)
        self.assertEqual(seen.count(True), 1)
        self.assertTrue(seen[-1])
        self.assertIn("never", str(caught.exception))

    def test_retry_does_not_wait_through_the_end_of_a_machine(self):
        self.answer("machine.crash", lambda r: fail("failed", "x", lost=True))
        with self.assertRaises(vdelab.MachineError):
            self.lab.retry(lambda last: self.lab.client.crash())
        self.assertEqual(len([r for r in self.run_.requests
                              if r["method"] == "machine.crash"]), 1)

    def test_frames_are_expected_around_what_causes_them(self):
        self.answer("scope.begin", {"subtest": 9})
        self.answer("subtest.end", {"ok": True, "results": [{"line": "x"}]})
        with self.lab.vlan1.expecting("arp", within=5) as frames:
            self.lab.client.crash()
            self.assertEqual(frames, [])
        self.assertEqual([str(f) for f in frames], ["x"])
        begin = self.run_.params("scope.begin")
        self.assertEqual(begin["method"], "segment.expect")
        self.assertEqual(begin["self"], "vlan1")
        self.assertEqual(begin["args"], ["arp"])
        self.assertEqual(begin["options"], {"within": 5})
        self.assertEqual(self.run_.params("machine.crash")["in"], 9)


class Descriptions(unittest.TestCase):
    def test_values_are_written_as_lua_has_them(self):
        for value, text in (
            (True, "true"), (3, "3"), (0.5, "0.5"), ("a\"\\\n", '"a\\"'),
            ([], "{}"), ({"a": None}, "{}"),
        ):
            with self.subTest(value):
                if isinstance(value, str):
                    text = '"a\\034\\092\\010"'
                self.assertEqual(vdelab._lua(value), text)
        with self.assertRaises(vdelab.RequestError):
            vdelab._lua(object())

    def test_one_of_file_nodes_and_machine_is_wanted(self):
        for given in ({}, {"nodes": {}, "machine": {}},
                      {"file": "x.lua", "nodes": {}}):
            with self.subTest(given), self.assertRaises(vdelab.RequestError):
                vdelab.Lab(**given)
