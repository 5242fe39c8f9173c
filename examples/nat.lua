-- A router hides a private network behind its own address.
--
--   client ---- vlan1 ---- router ---- vlan2 ---- server
--            192.168.1.0/24         192.168.2.0/24
--
-- The server has no route back to 192.168.1.0/24: without NAT, nothing that
-- the client sends to it is ever answered.

-- Masquerade what leaves for vlan2, the router's eth1 (it lists vlan 2 first).
local ruleset = [[
flush ruleset
table ip nat {
	chain postrouting {
		type nat hook postrouting priority srcnat;
		ip saddr 192.168.1.0/24 oifname "eth1" masquerade
	}
}
]]

return {
	name = "nat",
	nodes = {
		client = {
			vlans = { 1 },
			-- The router is the second node in alphabetical order.
			setup = "ip route add default via 192.168.1.2",
		},
		router = {
			vlans = { 2, 1 },
			files = { ["/etc/nat.nft"] = ruleset },
			setup = "sysctl -q -w net.ipv4.ip_forward=1",
		},
		server = {
			vlans = { 2 },
			setup = "mkdir -p /srv && echo 'Hello World' >/srv/index.html",
		},
	},

	test_script = function()
		-- Frames with an address of the private network.
		local private = "src net 192.168.1.0/24"

		start_all()
		server:succeed("httpd -p 80 -h /srv")
		server:wait_for_open_port(80)

		subtest("the router reaches the server", function()
			router:succeed("curl -sSf http://server/ >&2")
		end)

		subtest("with NAT, the client reaches the server", function()
			router:succeed("nft -f /etc/nat.nft")
			local page = client:succeed("curl -sSf http://server/")
			assert(page == "Hello World\n", "not the server's page: " .. page)
			client:succeed("ping -c 1 server >&2")
			-- The server sees the router, never the client.
			vlan2:expect("tcp dst port 80 and src host 192.168.2.2")
			vlan2:expect_no(private)
		end)

		subtest("client and router ping each other", function()
			client:succeed("ping -c 1 router >&2")
			router:succeed("ping -c 1 client >&2")
		end)

		subtest("without NAT, nothing is answered", function()
			router:succeed("nft flush ruleset")
			client:fail("curl -sSf --connect-timeout 5 http://server/ >&2")
			client:fail("ping -c 1 -W 2 server >&2")
			vlan2:expect(private .. " and tcp dst port 80")
		end)

		subtest("with NAT again, it works again", function()
			router:succeed("nft -f /etc/nat.nft")
			vlan2:expect_no(private, function()
				client:succeed("curl -sSf http://server/ >&2")
				client:succeed("ping -c 1 server >&2")
			end)
		end)
	end,
}
