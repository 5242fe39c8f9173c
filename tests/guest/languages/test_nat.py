"""The same test as nat.lua and nat.py: their events are compared."""
import pytest

pytestmark = pytest.mark.vdelab("nat.lua")

RULESET = """
table ip nat {
	chain postrouting {
		type nat hook postrouting priority srcnat;
		ip saddr 192.168.1.0/24 oifname "eth1" masquerade
	}
}
"""


def test_server(lab, server, router):
    lab.start_all()
    server.succeed(
        "mkdir -p /srv && echo hello >/srv/index.html", "httpd -p 80 -h /srv")
    server.wait_for_open_port(80, timeout=60)
    router.wait_until_succeeds("curl -sSf http://server/", timeout=60)


def test_nat(lab, client, router, server, vlan2):
    router.succeed("cat >/tmp/nat.nft", stdin=RULESET)
    router.succeed("nft -f /tmp/nat.nft")

    @lab.polling_condition(interval=900, description="the server runs")
    def answers():
        status, _ = server.execute("pidof httpd >/dev/null")
        return status == 0

    with answers:
        with vlan2.expecting("tcp dst port 80 and src host 192.168.2.2",
                             within=60, count=3):
            client.succeed("curl -sSf http://server/")
    vlan2.expect_no("src net 192.168.1.0/24")
    lab.log("the router hides the client")


def test_without(lab, client, router):
    router.succeed("nft flush ruleset")
    with lab.nested("nothing answers"):
        status, _ = client.execute(
            "curl -sf --connect-timeout 1 http://server/")
        assert status != 0
        client.fail("ping -c 1 -W 1 server >&2")
    with lab.with_netem(client.eth1, loss="100%", seed=1):
        client.fail("ping -c 1 -W 1 router >/dev/null")
    lab.retry(lambda last: client.execute(
        "ping -c 1 -W 5 router >/dev/null")[0] == 0, timeout=60)
