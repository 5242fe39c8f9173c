-- A firewall lets its own machine out and nobody in, until a port is opened.
--
--   attacker ---- vlan1 ---- walled

local ruleset = [[
flush ruleset
table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		ct state established,related accept
		meta l4proto { icmp, ipv6-icmp } accept
		tcp dport @open_ports accept
	}
	set open_ports {
		type inet_service
	}
}
]]

return {
	name = "firewall",
	nodes = {
		attacker = { vlans = { 1 } },
		walled = {
			vlans = { 1 },
			files = { ["/etc/wall.nft"] = ruleset },
			setup = "nft -f /etc/wall.nft",
		},
	},

	test_script = function()
		local get = "curl -4 -sSf --max-time %d http://%s/ >&2"
		-- What is not let through is not answered: no need to wait long.
		local function reaches(machine, target)
			machine:succeed(get:format(30, target))
		end
		local function does_not_reach(machine, target)
			machine:fail(get:format(2, target))
		end

		start_all()
		parallel(
			function()
				attacker:succeed("mkdir -p /srv && echo attacker >/srv/index.html",
					"httpd -p 80 -h /srv")
				attacker:wait_for_open_port(80)
			end,
			function()
				walled:succeed("mkdir -p /srv && echo walled >/srv/index.html",
					"httpd -p 80 -h /srv")
				walled:wait_for_open_port(80)
			end)

		subtest("the wall does not stand in its own machine's way", function()
			walled:succeed("curl -sSf http://localhost/ >&2")
		end)

		subtest("the attacker may ping, and no more", function()
			attacker:succeed("ping -c 1 walled >&2")
			does_not_reach(attacker, "walled")
			-- Its requests came to the wall, and no answer ever left.
			assert(#vlan1:frames("tcp dst port 80 and dst host 192.168.1.2") > 0)
			assert(#vlan1:frames("tcp src port 80 and src host 192.168.1.2") == 0)
		end)

		subtest("the wall does not keep anybody in", function()
			reaches(walled, "attacker")
			walled:succeed("ping -c 1 attacker >&2")
		end)

		subtest("a port is opened while the firewall runs", function()
			walled:succeed("nft add element inet filter open_ports { 80 }")
			reaches(attacker, "walled")
		end)

		subtest("reset rules close it again", function()
			walled:succeed("nft -f /etc/wall.nft")
			does_not_reach(attacker, "walled")
		end)

		subtest("without a firewall everything is open", function()
			walled:succeed("nft flush ruleset")
			reaches(attacker, "walled")
		end)
	end,
}
