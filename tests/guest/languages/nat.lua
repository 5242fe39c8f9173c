-- The same test as nat.py and test_nat.py: their events are compared.
return {
	name = "nat",
	nodes = {
		client = {
			memory = 128,
			setup = "ip route add default via 192.168.1.2",
		},
		router = {
			memory = 128,
			vlans = { 2, 1 },
			setup = "sysctl -q -w net.ipv4.ip_forward=1",
		},
		server = { memory = 128, vlans = { 2 } },
	},

	test_script = function()
		local ruleset = [[
table ip nat {
	chain postrouting {
		type nat hook postrouting priority srcnat;
		ip saddr 192.168.1.0/24 oifname "eth1" masquerade
	}
}
]]
		subtest("test_server", function()
			start_all()
			server:succeed("mkdir -p /srv && echo hello >/srv/index.html",
				"httpd -p 80 -h /srv")
			server:wait_for_open_port(80, { timeout = 60 })
			router:wait_until_succeeds("curl -sSf http://server/",
				{ timeout = 60 })
		end)
		subtest("test_nat", function()
			router:succeed("cat >/tmp/nat.nft", { stdin = ruleset })
			router:succeed("nft -f /tmp/nat.nft")
			local answers = polling_condition(function()
				local status = server:execute("pidof httpd >/dev/null")
				return status == 0
			end, { interval = 900, description = "the server runs" })
			with(answers, function()
				vlan2:expect("tcp dst port 80 and src host 192.168.2.2",
					{ within = 60, count = 3 }, function()
					client:succeed("curl -sSf http://server/")
				end)
			end)
			vlan2:expect_no("src net 192.168.1.0/24")
			log("the router hides the client")
		end)
		subtest("test_without", function()
			router:succeed("nft flush ruleset")
			nested("nothing answers", function()
				local status = client:execute(
					"curl -sf --connect-timeout 1 http://server/")
				assert(status ~= 0)
				client:fail("ping -c 1 -W 1 server >&2")
			end)
			with_netem(client.eth1, { loss = "100%", seed = 1 }, function()
				client:fail("ping -c 1 -W 1 router >/dev/null")
			end)
			retry(function()
				return client:execute("ping -c 1 -W 5 router >/dev/null") == 0
			end, { timeout = 60 })
		end)
	end,
}
