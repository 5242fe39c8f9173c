# nodes: attacker=1 walled=1
# A packet filter: what it lets in.
rules = """
table inet filter {
  chain input {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established,related accept
    meta l4proto { icmp, ipv6-icmp } accept
  }
}
"""

start_all()
for machine in walled, attacker:
    machine.succeed("mkdir -p /srv && echo open >/srv/index.html")
    machine.succeed("busybox httpd -p 80 -h /srv")
    machine.wait_for_open_port(80)

walled.succeed(f"nft -f - <<'END'\n{rules}\nEND")
walled.succeed("curl -sSf http://localhost/ >&2")

with subtest("who knocks is not let in, and may ping"):
    attacker.fail("curl -sf --connect-timeout 1 http://walled/")
    attacker.succeed("ping -c 1 walled")

with subtest("who is inside gets out"):
    walled.succeed("curl -sSf http://attacker/", "ping -c 1 attacker")

with subtest("a port is opened, and shut again"):
    walled.succeed("nft insert rule inet filter input tcp dport 80 accept")
    t.assertEqual(attacker.succeed("curl -sSf http://walled/"), "open\n")
    walled.succeed(f"nft flush ruleset; nft -f - <<'END'\n{rules}\nEND")
    attacker.fail("curl -sf --connect-timeout 1 http://walled/")

with subtest("without rules all is open"):
    walled.succeed("nft flush ruleset")
    attacker.wait_until_succeeds("curl -sSf --connect-timeout 1 http://walled/")
