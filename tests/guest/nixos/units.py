# nodes: machine=1
# init: systemd
# Services: what their states are, and what is told of those that fail.
machine.wait_for_unit("multi-user.target")

with subtest("a unit and its properties"):
    machine.require_unit_state("hello.service", "inactive")
    machine.systemctl("start hello.service")
    machine.wait_for_unit("hello")
    info = machine.get_unit_info("hello")
    t.assertEqual(info["ActiveState"], "active")
    t.assertEqual(info["SubState"], "running")
    assert info["Description"] == "Says hello", info["Description"]
    pid = int(machine.get_unit_property("hello", "MainPID"))
    machine.succeed(f"test -d /proc/{pid}")
    machine.wait_until_succeeds("journalctl -u hello | grep -q 'hello, world'")

with subtest("it is started again when it crashes"):
    machine.succeed(f"kill -9 {pid}")

    def is_another(last: bool) -> bool:
        if last:
            machine.log("the service has not come back")
        now = machine.get_unit_property("hello", "MainPID")
        return now not in ("0", str(pid))

    retry(is_another, timeout_seconds=60)
    machine.wait_for_unit("hello")
    t.assertEqual(machine.get_unit_property("hello", "NRestarts"), "1")

with subtest("stopping it"):
    status, out = machine.stop_job("hello")
    t.assertEqual((status, out), (0, ""))
    machine.require_unit_state("hello", "inactive")
    status, _ = machine.systemctl("is-active hello")
    t.assertNotEqual(status, 0)

with subtest("one that fails is not waited for"):
    machine.start_job("broken")
    with t.assertRaises(Exception) as failed:
        machine.wait_for_unit("broken.service")
    t.assertIn("failed", str(failed.exception))
    machine.fail("systemctl is-active broken")
    log.info("as it should be: " + str(failed.exception).splitlines()[0])
