# nodes: alice=1 bob=1
# Two machines on one segment know each other by name.
start_all()

alice.wait_for_file("/etc/hosts")
for machine, peer in (alice, "bob"), (bob, "alice"):
    machine.succeed(f"ping -c 1 {peer}", f"ping -6 -c 1 {peer}")
    assert machine.succeed("hostname").strip() != peer

with subtest("addresses and their order"):
    for number, machine in enumerate(machines, start=1):
        addresses = machine.succeed("ip -o -4 addr show dev eth1")
        assert f"192.168.1.{number}/24" in addresses, addresses
        link = machine.succeed("cat /sys/class/net/eth1/address").strip()
        t.assertEqual(link, f"52:54:00:12:01:{number:02x}")

with subtest("commands are bash's, and strict"):
    assert alice.succeed("printf %s-%s {a..c}-x", "echo; echo $((6 * 7))").endswith("42\n")
    alice.fail("false; true")
    alice.fail("false | true")
    alice.fail('echo "$nowhere_to_be_found"')
    status, output = alice.execute("echo some words; exit 3")
    t.assertEqual((status, output), (3, "some words\n"))
    t.assertEqual(alice.execute("sleep 60", timeout=1)[0], 124)
    t.assertEqual(alice.execute("printf '\\xff\\xfe ok'")[1], "\ufffd\ufffd ok")
    t.assertEqual(alice.execute("exit 1", check_return=False)[0], -1)
    t.assertEqual(alice.execute("sleep 1", check_output=False), (-2, ""))

with subtest("what fails is an exception with a reason"):
    try:
        bob.succeed("echo before; exit 7")
    except Exception as e:
        assert "7" in str(e), e
    else:
        raise Exception("no exception")
