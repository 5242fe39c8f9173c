# nodes: machine=
# init: systemd
# A user logs in at the console.
machine.wait_for_unit("multi-user.target")
machine.wait_for_unit("getty@tty1.service")

with subtest("create user"):
    machine.succeed("useradd -m -s /bin/bash alice")
    machine.succeed("echo alice:foobar | chpasswd -c SHA512")

with subtest("log in"):
    machine.wait_until_tty_matches("1", "login: ")
    machine.send_chars("alice\n")
    machine.wait_until_tty_matches("1", "Password: ")
    machine.send_chars("foobar\n")
    machine.wait_until_succeeds("pgrep -u alice bash")
    machine.send_chars("touch done; id -un >who\n")
    machine.wait_for_file("/home/alice/done")
    t.assertEqual(machine.succeed("cat /home/alice/who").strip(), "alice")

with subtest("who is there"):
    machine.wait_until_succeeds("loginctl --no-legend list-sessions | grep -w alice")
    machine.wait_until_tty_matches("1", r"alice@\w+:.*\$ ")
    machine.send_chars("echo $((41 + 1)) is it\n")
    machine.wait_until_tty_matches("1", r"\b42 is it")

with subtest("log out"):
    machine.send_key("ctrl-d")
    machine.wait_until_fails("pgrep -u alice bash")
