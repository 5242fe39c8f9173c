# nodes: machine=
# display: yes
# Files there and back, the screen, and the console.
import os
from pathlib import Path

out = Path(os.environ.get("out", os.getcwd()))
serial_stdout_off()
machine.start()

with subtest("files"):
    source = out / "sent"
    source.mkdir()
    (source / "data").write_bytes(bytes(range(256)) * 8)
    (source / "run").write_text("#!/bin/sh\necho ran\n")
    (source / "run").chmod(0o755)
    machine.copy_from_host(str(source), "/tmp/sent")
    t.assertEqual(machine.succeed("/tmp/sent/run"), "ran\n")
    machine.succeed("mv /tmp/sent/data /tmp/data; sha256sum /tmp/data >&2")
    machine.copy_from_vm("/tmp/data", "back")
    t.assertEqual((out / "back" / "data").read_bytes(), (source / "data").read_bytes())
    machine.copy_from_host_via_shell(str(source / "run"), "/usr/bin/runs")
    t.assertEqual(machine.succeed("head -n 1 /usr/bin/runs"), "#!/bin/sh\n")

with subtest("the screen"):
    machine.wait_for_text(r"login:\s")
    assert "login" in machine.get_screen_text()
    assert any("login" in text for text in machine.get_screen_text_variants())
    machine.send_chars("root\n")
    machine.wait_until_tty_matches("1", r"\n\S*# ?")
    machine.send_chars("echo On  {Screen}: \"6*7=$((6*7))!\"\n")
    machine.wait_for_text(r"On \{Screen\}: 6\*7=42!|6\*7=42!")
    machine.screenshot("screen")
    assert (out / "screen.png").read_bytes().startswith(b"\x89PNG")

with subtest("the console"):
    machine.succeed("echo one two >/dev/console")
    machine.wait_for_console_text("one (two|three)$")
    machine.succeed("printf 'first\\nsecond\\n' >/dev/console")
    machine.wait_for_console_text("first.*second")
    assert "one two" in machine.get_console_log()

with subtest("QEMU"):
    assert "running" in machine.send_monitor_command("info status")
    t.assertEqual(machine.qmp_client.send("query-status")["return"]["status"], "running")
