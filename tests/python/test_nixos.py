"""NixOS test scripts: the names that they find, against a control socket that
test_client.py plays, and with real runs that need no machine."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import test_client
import vdelab
import vdelab_nixos
from test_client import fail
from test_run import VDELAB


def state_of(state):
    """run.info, where the machine client is in that state."""
    info = json.loads(json.dumps(test_client.INFO))
    info["dir"] = "/run/x1"
    info["machines"][0]["state"] = state
    return info


class Case(test_client.Case):
    def setUp(self):
        super().setUp()
        self.answer("run.info", state_of("up"))
        before = os.environ.pop("out", None)
        self.addCleanup(lambda: os.environ.pop("out", None) if before is None
                        else os.environ.__setitem__("out", before))
        self.names = vdelab_nixos.nixos_globals(self.lab)
        self.client = self.names["client"]
        self.driver = self.names["driver"]

    def run_script(self, text):
        exec(compile(text, "/t/script.py", "exec"), self.names)

    def options(self, method, n=1):
        return self.run_.params(method, n)["options"]


class Names(Case):
    def test_all_that_the_driver_of_nixos_gives_are_there(self):
        for name in (
            "start_all", "test_script", "machines", "machines_qemu",
            "machines_nspawn", "vlans", "driver", "log", "os",
            "create_machine", "subtest", "run_tests", "join_all", "retry",
            "serial_stdout_off", "serial_stdout_on", "polling_condition",
            "BaseMachine", "Machine", "t", "debug", "client", "db_1", "vlan1",
        ):
            self.assertIn(name, self.names)
        self.assertNotIn("machine", self.names)  # there are two
        self.assertEqual([m.name for m in self.names["machines"]],
                         ["client", "db-1"])
        self.assertEqual(self.names["vlan1"].nr, 1)
        self.assertEqual(repr(self.client), "<QemuMachine 'client'>")

    def test_the_only_machine_is_also_machine(self):
        info = state_of("up")
        del info["machines"][0]
        self.answer("run.info", info)
        names = vdelab_nixos.nixos_globals(self.lab)
        self.assertIs(names["machine"], names["db_1"])

    def test_names_become_those_of_python(self):
        for name, wanted in (("a-b", "a_b"), ("1st", "_st"), ("Web.x", "Web_x"),
                             ("_x", "_x")):
            self.assertEqual(vdelab_nixos.pythonize_name(name), wanted)

    def test_methods_have_the_arguments_that_they_have_there(self):
        import inspect
        wanted = {
            "start": "allow_reboot=False",
            "execute": "command, check_return=True, check_output=True, "
                       "timeout=900",
            "succeed": "*commands, timeout=None",
            "fail": "*commands, timeout=None",
            "wait_until_succeeds": "command, timeout=900",
            "wait_until_fails": "command, timeout=900",
            "wait_for_unit": "unit, user=None, timeout=900",
            "systemctl": "q, user=None",
            "wait_for_open_port": "port, addr='localhost', timeout=900",
            "wait_for_closed_port": "port, addr='localhost', timeout=900",
            "wait_for_open_unix_socket": "addr, is_datagram=False, "
                                         "timeout=900",
            "wait_for_file": "filename, timeout=900",
            "wait_for_console_text": "regex, timeout=None",
            "wait_until_tty_matches": "tty, regexp, timeout=900",
            "wait_for_text": "regex, timeout=900",
            "wait_for_window": "regexp, timeout=900",
            "wait_for_x": "timeout=900",
            "send_chars": "chars, delay=0.01",
            "send_key": "key, delay=0.01, log=True",
            "screenshot": "filename",
            "copy_from_host": "source, target",
            "copy_from_machine": "source, target_dir=''",
            "copy_from_vm": "source, target_dir=''",
            "forward_port": "host_port=8080, guest_port=80",
            "wait_for_qmp_event": "event_filter, timeout=600",
            "block": "", "unblock": "", "crash": "", "shutdown": "",
            "reboot": "", "wait_for_shutdown": "", "is_up": "",
            "get_screen_text": "", "get_console_log": "", "connect": "",
        }
        for name, text in wanted.items():
            signature = inspect.signature(getattr(self.client, name))
            shown = [str(p.replace(annotation=p.empty))
                     for p in signature.parameters.values()
                     if not (p.kind is p.KEYWORD_ONLY and name != "succeed"
                             and name != "fail")]
            self.assertEqual(", ".join(shown), text, name)

    def test_its_modules_can_be_imported(self):
        self.run_script(
            "from test_driver.errors import RequestedAssertionFailed as R\n"
            "from test_driver.errors import MachineError, TestScriptError\n"
            "from test_driver.machine import Machine as M, retry\n"
            "assert issubclass(R, TestScriptError)\n"
            "assert isinstance(client, M)\n")


class Commands(Case):
    def test_they_are_strict_and_have_no_limit_unless_it_is_given(self):
        self.answer("machine.succeed", "a\n")
        self.assertEqual(self.client.succeed("x", "y"), "a\n")
        self.assertEqual(self.options("machine.succeed"),
                         {"strict": True, "timeout": 7 * 24 * 3600})
        self.client.succeed("x", timeout=5)
        self.assertEqual(self.options("machine.succeed", 2)["timeout"], 5)

    def test_execute_returns_a_pair(self):
        self.answer("machine.execute", [3, {"$base64": "/w=="}, "noise"])
        status, output = self.client.execute("x")
        self.assertEqual((status, output), (3, "\ufffd"))
        self.assertEqual(self.options("machine.execute"),
                         {"strict": True, "timeout": 900})

    def test_no_command_is_no_call(self):
        self.assertEqual(self.client.succeed(), "")
        self.assertEqual(self.client.fail(), "")

    def test_the_shell_sees_names_of_files_that_it_expands(self):
        self.client.wait_for_file("/run/x.sock")
        self.assertEqual(self.run_.params("machine.wait_for_file")["args"],
                         ["/run/x.sock"])
        self.answer("machine.wait_until_succeeds", "")
        self.client.wait_for_file("/tmp/*.log")
        self.assertEqual(
            self.run_.params("machine.wait_until_succeeds")["args"],
            ["test -e /tmp/*.log"])

    def test_what_fails_is_what_scripts_catch(self):
        self.answer("machine.succeed", lambda _: fail("failed", "exit 1"))
        self.run_script(
            "try:\n    client.succeed('x')\n"
            "except Exception as e:\n    why = str(e)\n"
            "with t.assertRaises(AssertionError):\n    client.succeed('x')\n")
        self.assertEqual(self.names["why"], "exit 1")

    def test_block_cuts_the_first_interface_only(self):
        self.client.block()
        self.assertEqual(self.options("machine.block"), {"nic": 1})

    def test_what_cannot_be_is_refused_with_a_reason(self):
        for call in (self.driver.create_machine, self.client.switch_root,
                     self.client.shell_interact, self.client.console_interact,
                     self.driver.run_tests):
            with self.assertRaises(vdelab.RequestError) as caught:
                call()
            self.assertIn(": ", str(caught.exception))

    def test_a_machine_that_is_off_is_not_waited_for(self):
        self.answer("run.info", state_of("off"))
        self.client.wait_for_shutdown()
        self.assertFalse(self.client.booted)
        self.assertFalse([r for r in self.run_.requests
                          if r["method"] == "machine.wait_for_shutdown"])

    def test_a_forward_that_fails_says_what_qemu_says(self):
        self.answer("machine.send_monitor_command", "in use\n")
        with self.assertRaisesRegex(vdelab_nixos.MachineError, "in use"):
            self.client.forward_port(8080, 80)
        self.assertEqual(
            self.run_.params("machine.send_monitor_command")["args"],
            ["hostfwd_add tcp:127.0.0.1:8080-:80"])

    def test_keys_that_qemu_alone_knows_are_its(self):
        self.answer("machine.send_key", lambda _: fail("usage", "no key"))
        self.answer("machine.send_monitor_command", "")
        self.client.send_key("shift-0x0c")
        self.assertEqual(
            self.run_.params("machine.send_monitor_command")["args"],
            ["sendkey shift-0x0c"])
        with self.assertRaises(vdelab.RequestError):
            self.client.send_key("a b")

    def test_what_nix_wants_elsewhere_is_also_there(self):
        with tempfile.TemporaryDirectory() as directory:
            source = os.path.join(directory, "x.txt")
            with open(source, "w") as f:
                f.write("kept")
            self.client.out_dir = vdelab_nixos.Path(directory, "out")
            self.answer("machine.copy_from_machine", source)
            self.assertIsNone(self.client.copy_from_vm("/tmp/x.txt", "sub"))
            with open(os.path.join(directory, "out", "sub", "x.txt")) as f:
                self.assertEqual(f.read(), "kept")

    def test_qmp_has_its_own_error(self):
        self.answer("machine.qmp", {"status": "running"})
        self.assertEqual(self.client.qmp_client.send("query-status"),
                         {"return": {"status": "running"}})
        self.answer("machine.qmp", lambda _: fail("failed", "no such"))
        with self.assertRaises(vdelab_nixos.QMPAPIError):
            self.client.qmp_client.send("x", {"a": 1})


class Consoles(Case):
    def console(self, text):
        self.answer("machine.get_console_log", text)

    def test_a_line_is_found_once(self):
        self.console("one\r\ntwo 1\r\ntwo 2\r\n")
        self.client.wait_for_console_text(r"two \d")
        self.client.wait_for_console_text(r"two \d$", timeout=5)
        with self.assertRaisesRegex(vdelab.TimeoutError, "two"):
            self.client.wait_for_console_text("two", timeout=0.2)
        self.assertEqual(self.client.get_console_log(), "one\ntwo 1\ntwo 2")

    def test_a_machine_that_is_off_says_no_more(self):
        self.answer("run.info", state_of("off"))
        self.console("the last word\n")
        self.client.wait_for_console_text("last")
        with self.assertRaisesRegex(vdelab_nixos.MachineError, "it is off"):
            self.client.wait_for_console_text("never")
        starts = [r for r in self.run_.requests
                  if r["method"] == "machine.start"]
        self.assertEqual(starts, [])
        self.console("")
        with self.assertRaises(vdelab.TimeoutError):
            self.client.wait_for_console_text("x", timeout=0.1)
        self.run_.wait_for("machine.start")

    def test_a_long_console_is_read_in_its_file(self):
        self.answer("machine.get_console_log",
                    lambda _: fail("failed", "too long"))
        with self.assertRaisesRegex(vdelab.Error, "too long"):
            self.client.get_console_log()
        with tempfile.TemporaryDirectory() as directory:
            self.lab.results = directory
            with open(os.path.join(directory, "client.serial.log"), "w") as f:
                f.write("x" * 70 + "\n")
                f.write("filler\n" * (1 << 17) + "the end\n")
            self.client.wait_for_console_text("the end", timeout=1)

    def test_a_text_may_take_several_lines(self):
        self.console("begin\nmiddle\nend\nrest")
        self.client.wait_for_console_text("beginmiddle")  # as it is there
        self.client.wait_for_console_text("^end\nrest")
        self.console("new\nbegin\n")  # started anew
        self.client.wait_for_console_text("begin", timeout=5)

    def test_a_tty_has_the_blanks_at_the_ends_of_its_lines(self):
        self.answer("machine.execute", [0, "m login:   \n", ""])
        self.client.wait_until_tty_matches("1", "login: $|login: ", timeout=5)
        self.assertIn("/dev/vcs1",
                      self.run_.params("machine.execute")["args"][0])
        with self.assertRaisesRegex(vdelab.TimeoutError, "m login"):
            self.client.wait_until_tty_matches("1", "Password", timeout=0.2)

    def test_a_screen_is_read_in_all_ways_when_it_has_changed(self):
        self.answer("machine.get_screen_text", "l0gin:")
        self.answer("machine.get_screen_text_variants", ["l0gin:", "login:"])
        self.client.wait_for_text(r"login:\s", timeout=5)
        with self.assertRaises(vdelab.TimeoutError):
            self.client.wait_for_text("never", timeout=0.5)
        n = len([r for r in self.run_.requests
                 if r["method"] == "machine.get_screen_text_variants"])
        self.assertEqual(n, 2)


class Driver(Case):
    def test_assertions_fail_the_test_with_what_is_not_so(self):
        with self.assertRaisesRegex(vdelab.RequestedAssertionFailed, "1 != 2"):
            self.run_script("t.assertEqual(1, 2)")

    def test_retry_tries_until_it_is_true_and_once_more(self):
        self.run_script(
            "calls = []\n"
            "def f(last):\n    calls.append(last)\n    return len(calls) == 2\n"
            "assert retry(f) is None\n")
        self.assertEqual(self.names["calls"], [False, False])
        with self.assertRaisesRegex(vdelab.TimeoutError, "timed out after"):
            self.run_script("retry(lambda last: last is None, 0)")
        with self.assertRaises(ZeroDivisionError):
            self.run_script("retry(lambda last: 1 / 0, timeout_seconds=3)")

    def test_a_condition_decorates_with_and_without_arguments(self):
        self.run_script(
            "@polling_condition\n"
            "def holds():\n    'it holds'\n"
            "@polling_condition(seconds_interval=0.01, description='no')\n"
            "def fails():\n    return 0\n"
            "with holds:\n    pass\n"
            "holds.wait(timeout=1)\n")
        with self.assertRaisesRegex(vdelab_nixos.PollingConditionError,
                                    "Polling condition failed: no"):
            self.run_script("with fails:\n    client.succeed('x')\n")

    def test_what_is_logged_has_its_level(self):
        self.run_script("log.info('a')\nlog.debug('b')\nlog.warning('c')\n"
                        "log.log('d', {'machine': 'client'})\n")
        said = [r["params"]["args"] for r in self.run_.requests
                if r["method"] == "global.log"]
        self.assertEqual(said, [["a"], ["c"], ["client: d"]])
        with self.assertRaises(SystemExit) as caught:
            self.run_script("log.error('it is over')")
        self.assertEqual(caught.exception.code, "it is over")

    def test_parts_of_the_log_are_steps(self):
        self.run_script("with log.nested('x'):\n    pass\n"
                        "with client.nested('y'):\n    pass\n"
                        "with subtest('z'):\n    pass\n")
        kinds = [(r["params"]["name"], r["params"].get("kind"),
                  r["params"].get("machine")) for r in self.run_.requests
                 if r["method"] == "subtest.begin"]
        self.assertEqual(kinds, [("x", "nested", None),
                                 ("y", "nested", "client"),
                                 ("z", None, None)])


class Runs(unittest.TestCase):
    """vdelab run --nixos, of scripts that start no machine."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="vdelab-py-")
        self.addCleanup(shutil.rmtree, self.dir)
        self.path = os.path.join(self.dir, "t.json")
        start = os.path.join(self.dir, "run-a-vm")
        with open(start, "w") as f:
            f.write("#!/bin/sh\nexit 1\n")
        os.chmod(start, 0o755)

    def describe(self, script, **members):
        with open(self.path, "w") as f:
            json.dump({"vms": {"a": {"name": "a", "start_script": "run-a-vm"}},
                       "vlans": [1], "test_script": script, **members}, f)

    def vdelab(self, *words):
        environment = dict(os.environ, XDG_RUNTIME_DIR=self.dir,
                           QEMU=shutil.which("true") or "true")
        done = subprocess.run(
            [VDELAB, *words, self.path], cwd=self.dir, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        return done.returncode, done.stdout.decode()

    def log(self):
        with open(os.path.join(self.dir, "results", "t", "log.jsonl")) as f:
            return [json.loads(line) for line in f]

    def test_a_script_in_the_description_runs(self):
        self.describe("import os\nprint('hello', machine.name, vlan1.nr)\n"
                      "assert os.environ['out'].endswith('/results/t')\n"
                      "with subtest('nothing'):\n    log.info('done')\n",
                      enable_ssh_backdoor=True)
        code, text = self.vdelab("run", "--nixos", "--accel", "tcg")
        self.assertEqual(code, 0, text)
        self.assertIn("hello a 1", text)
        self.assertIn("there is no enable_ssh_backdoor", text)
        texts = [e.get("text") for e in self.log()]
        self.assertIn("done", texts)

    def test_one_in_a_file_fails_with_its_line(self):
        with open(os.path.join(self.dir, "s.py"), "w") as f:
            f.write("start = 1\n\n\ndef f():\n    t.assertIn('x', 'abc')\n\n\n"
                    "f()\n")
        self.describe("s.py")
        code, text = self.vdelab("run", "--nixos", "--accel", "tcg")
        self.assertEqual(code, 1, text)
        self.assertIn("s.py:5: 'x' not found in 'abc'", text)
        self.assertIn("called from", text)
        end = self.log()[-1]
        self.assertEqual(end["result"], "failed")
        sources = [e["file"] for e in self.log() if e["type"] == "source"]
        self.assertTrue([s for s in sources if s.endswith("s.py")], sources)

    def test_a_wrong_script_is_found_by_the_check(self):
        self.describe("with subtest('x')\n  pass\n")
        code, text = self.vdelab("check", "--nixos")
        self.assertEqual(code, 2, text)
        self.assertIn("t.json:test_script:1: ", text)

    def test_the_time_of_the_whole_test_ends_it(self):
        self.describe("import time\ntime.sleep(60)\n", global_timeout=1)
        code, text = self.vdelab(
            "run", "--nixos", "--accel", "tcg", "--timeout-scale", "1")
        self.assertEqual(code, 124, text)

    def test_a_file_of_lua_is_none(self):
        with open(self.path, "w") as f:
            f.write("return { name = 't', machine = {}, "
                    "test_script = function() end }")
        for verb in "check", "run":
            code, text = self.vdelab(verb, "--nixos")
            self.assertEqual(code, 2, text)
            self.assertIn("is Lua, and no description", text)


if __name__ == "__main__":
    sys.exit(unittest.main())
