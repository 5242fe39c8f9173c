# nodes: client=1 router=2,1 server=2
# A router between two networks, and its cables.
start_all()
router.succeed("sysctl -w net.ipv4.ip_forward=1")
client.succeed("ip route add 192.168.2.0/24 via 192.168.1.2")
server.succeed("ip route add 192.168.1.0/24 via 192.168.2.2")

t.assertEqual([vlan.nr for vlan in vlans], [1, 2])
t.assertIs(driver.vlans[0], vlan1)

with subtest("through the router"):
    client.succeed("ping -c 1 server")
    server.succeed("ping -c 1 192.168.1.1")
    hops = client.succeed("ping -c 1 -t 1 server || true")
    assert "Time to live exceeded" in hops, hops

with subtest("without its first cable"):
    router.block()
    # eth1 is the first, which leads to the server
    router.wait_until_succeeds("grep -qx 0 /sys/class/net/eth1/carrier")
    router.succeed("grep -qx 1 /sys/class/net/eth2/carrier")
    client.succeed("ping -c 1 router || ping -c 1 192.168.1.2")
    client.fail("ping -c 1 -W 1 server")
    router.unblock()
    client.wait_until_succeeds("ping -c 1 -W 1 server", timeout=30)

with subtest("routes that go"):
    client.succeed("ip route del 192.168.2.0/24")
    client.fail("ping -c 1 -W 1 192.168.2.3")
    client.succeed("ip route add 192.168.2.0/24 via 192.168.1.2")
    client.succeed("ping -c 1 server")
