# The same test as nat.lua and test_nat.py: their events are compared.
RULESET = """
table ip nat {
	chain postrouting {
		type nat hook postrouting priority srcnat;
		ip saddr 192.168.1.0/24 oifname "eth1" masquerade
	}
}
"""

with subtest("test_server"):
    start_all()
    server.succeed(
        "mkdir -p /srv && echo hello >/srv/index.html", "httpd -p 80 -h /srv")
    server.wait_for_open_port(80, timeout=60)
    router.wait_until_succeeds("curl -sSf http://server/", timeout=60)

with subtest("test_nat"):
    router.succeed("cat >/tmp/nat.nft", stdin=RULESET)
    router.succeed("nft -f /tmp/nat.nft")

    @polling_condition(interval=900, description="the server runs")
    def answers():
        status, _ = server.execute("pidof httpd >/dev/null")
        return status == 0

    with answers:
        with vlan2.expecting("tcp dst port 80 and src host 192.168.2.2",
                             within=60, count=3):
            client.succeed("curl -sSf http://server/")
    vlan2.expect_no("src net 192.168.1.0/24")
    print("the router hides the client")

with subtest("test_without"):
    router.succeed("nft flush ruleset")
    with nested("nothing answers"):
        status, _ = client.execute(
            "curl -sf --connect-timeout 1 http://server/")
        assert status != 0
        client.fail("ping -c 1 -W 1 server >&2")
    with with_netem(client.eth1, loss="100%", seed=1):
        client.fail("ping -c 1 -W 1 router >/dev/null")
    retry(lambda last: client.execute(
        "ping -c 1 -W 5 router >/dev/null")[0] == 0, timeout=60)
