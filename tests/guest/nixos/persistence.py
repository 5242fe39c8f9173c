# nodes: machine=
# What is on a disk is there after the power has gone, and after a reboot.
machine.start(allow_reboot=True)
disk = "/dev/vdb"


def note(text: str) -> None:
    machine.succeed(f"echo {text} | dd of={disk} bs=512 conv=notrunc,fsync 2>/dev/null")


def noted() -> str:
    return machine.succeed(f"head -n 1 {disk}").strip()


with subtest("it ends by itself"):
    note("kept")
    machine.succeed("echo lost >/root/lost")
    machine.execute("poweroff", check_return=False)
    machine.wait_for_shutdown()
    assert not machine.is_up()
    machine.start(allow_reboot=True)
    t.assertEqual(noted(), "kept")
    machine.fail("test -e /root/lost")

with subtest("a reboot"):
    boot = machine.succeed("cat /proc/sys/kernel/random/boot_id")
    note("rebooted")
    machine.reboot()
    assert boot != machine.succeed("cat /proc/sys/kernel/random/boot_id")
    t.assertEqual(noted(), "rebooted")

with subtest("no power"):
    machine.crash()
    t.assertFalse(machine.is_up())
    machine.wait_for_shutdown()
