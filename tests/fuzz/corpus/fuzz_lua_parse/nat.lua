-- A client behind a router that translates addresses.
return {
  name = "nat",
  nodes = {
    client = { vlans = { 1 } },
    router = { vlans = { 2, 1 }, packages = { "nftables" } },
    server = { vlans = { 2 } },
  },
  test_script = function()
    start_all()
    server:succeed("httpd -p 80 -h /srv")
    client:fail("ping -c1 -W1 server")
    router:succeed("sysctl -w net.ipv4.ip_forward=1", "nft -f /etc/nat.nft")
    client:wait_until_succeeds("wget -qO- http://server/")
    subtest("the server sees the router, not the client", function()
      for _, f in ipairs(vlan2:frames("tcp dst port 80")) do
        assert(f.source == "192.168.2.2", f.source)
      end
    end)
    router:block{ vlan = 2 }
    client:fail("wget -T 2 -qO- http://server/")
  end,
}
