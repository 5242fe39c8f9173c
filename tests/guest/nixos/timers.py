# nodes: machine=
# init: systemd
# Timers, sockets, the journal, and the services of a user.
from datetime import datetime

start_all()
machine.wait_for_unit("multi-user.target")

with subtest("a timer"):
    machine.succeed("systemctl start tick.timer")
    machine.wait_for_unit("tick.timer")
    machine.wait_for_file("/run/ticks")
    machine.wait_until_succeeds("test $(wc -l </run/ticks) -ge 2", timeout=60)
    machine.succeed("systemctl stop tick.timer")
    first = machine.succeed("head -n 1 /run/ticks").strip()
    assert datetime.fromisoformat(first).year >= 2023, first

with subtest("the journal"):
    machine.succeed("logger -t testing 'a line of %s'" % "ours")
    machine.wait_until_succeeds("journalctl -t testing -o cat | grep -qx 'a line of ours'")
    machine.wait_for_console_text(r"a line of \w+s")

with subtest("a socket starts its service"):
    machine.fail("systemctl is-active echo@0")
    machine.succeed("systemctl start echo.socket")
    machine.wait_for_open_unix_socket("/run/echo.sock")
    t.assertEqual(machine.succeed("echo again | socat -t 30 - UNIX-CONNECT:/run/echo.sock"), "again\n")

with subtest("a user's services"):
    machine.succeed("useradd -m bob", "loginctl enable-linger bob")
    machine.wait_for_unit("default.target", "bob")
    machine.systemctl("start greet", "bob")
    machine.wait_for_unit("greet.service", user="bob")
    info = machine.get_unit_info("greet", "bob")
    assert info["ActiveState"] == "active", info
    machine.wait_for_file("/home/bob/greeted")
