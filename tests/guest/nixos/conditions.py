# nodes: left=1 right=1
# What must hold all the time, what is tried again, and two things at once.
import threading
import time

start_all()


@polling_condition
def both_alive():
    "both machines answer"
    left.succeed("true")
    right.succeed("true")


@polling_condition(seconds_interval=0.5, description="the flag is not set")
def no_flag():
    status, _ = left.execute("test -e /tmp/flag")
    return status != 0


with subtest("it holds while all goes well"):
    both_alive.wait(timeout=60)
    with both_alive, no_flag:
        left.succeed("ping -c 1 right")
        right.succeed("ping -c 1 left")

with subtest("it is told when it does not"):
    began = time.monotonic()
    with t.assertRaisesRegex(Exception, "the flag is not set"):
        with no_flag:
            left.succeed("touch /tmp/flag")
            for _ in range(100):
                right.succeed("sleep 0.2")
    assert time.monotonic() - began < 60
    left.succeed("rm /tmp/flag")

with subtest("again and again"):
    tries = []

    def third_time(last: bool) -> bool:
        tries.append(last)
        return len(tries) == 3

    retry(third_time)
    t.assertEqual(tries, [False, False, False])
    with t.assertRaisesRegex(Exception, "timed out after"):
        retry(lambda last: tries.append(last), timeout_seconds=0.3)
    t.assertTrue(tries[-1])

with subtest("both at once"):
    errors = []

    def wait_for_go(machine):
        try:
            machine.wait_for_file("/tmp/go")
            machine.succeed("touch /tmp/gone")
        except Exception as e:
            errors.append(e)

    waits = [threading.Thread(target=wait_for_go, args=(m,)) for m in machines]
    for wait in waits:
        wait.start()
    for m in machines:
        m.succeed("touch /tmp/go")
    for wait in waits:
        wait.join()
    t.assertEqual(errors, [])
    left.succeed("test -e /tmp/gone")
    right.succeed("test -e /tmp/gone")

with log.nested("the end"):
    log.info("of all")
    right.shutdown()
    left.fail("ping -c 1 -W 1 right")
