-- A test that fails, to see what a run leaves behind for whoever was not there.
--
--   client ---- vlan1 ---- server

-- What the server lets in.
local ruleset = [[
flush ruleset
table inet wall {
	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		ct state established,related accept
		meta l4proto { icmp, ipv6-icmp } accept
		tcp dport { 22, 443, 8080 } accept
		log prefix "wall drops: " level err
	}
}
]]

return {
	name = "failing",
	nodes = {
		client = {},
		server = {
			files = { ["/etc/wall.nft"] = ruleset },
			setup = "nft -f /etc/wall.nft",
		},
	},

	test_script = function()
		start_all()
		server:succeed("mkdir -p /srv && echo 'open from 9 to 5' >/srv/index.html",
			"httpd -p 80 -h /srv")
		server:wait_for_open_port(80)

		subtest("the server is there", function()
			client:succeed("ping -c 1 server")
		end)

		subtest("customers see the page", function()
			local page = client:wait_until_succeeds(
				"curl -4 -sSf --max-time 2 http://server/", { timeout = 7 })
			assert(page:find("9 to 5"), "not the shop's page: " .. page)
		end)
	end,
}
