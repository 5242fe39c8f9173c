-- What is done to frames on their way, as guests see it.
local syn = "tcp[tcpflags] & tcp-syn != 0 and tcp[tcpflags] & tcp-ack == 0"

return {
	name = "wires",
	nodes = { client = {}, server = {} },
	test_script = function()
		-- One of the counters of a machine's TCP.
		local function tcp_counter(machine, name)
			return tonumber(machine:succeed("awk '/^Tcp/ { if (n[$1]) { "
				.. "for (i in names) if (names[i] == \"" .. name .. "\") "
				.. "print $i } else split($0, names); n[$1]++ }' "
				.. "/proc/net/snmp /proc/net/netstat"))
		end
		-- How often the client has sent a SYN again.
		local function syns_again()
			return tcp_counter(client, "TCPSynRetrans")
		end
		-- The page's sum, and how many segments were sent again for it.
		local function download()
			local before = tcp_counter(server, "RetransSegs")
			local sum = client:succeed("wget -qO- http://192.168.1.2/file | md5sum")
			return sum, tcp_counter(server, "RetransSegs") - before
		end

		start_all()
		server:succeed("mkdir -p /srv && dd if=/dev/urandom of=/srv/file bs=1000 "
			.. "count=150 2>/dev/null", "httpd -p 80 -h /srv")
		server:wait_for_open_port(80)
		local whole = server:succeed("md5sum </srv/file")
		assert(download() == whole)

		subtest("over a bad wire much is sent again, and all arrives", function()
			local bad = with_netem(client.eth1, { loss = "20%", seed = 1 },
				function()
					local again, resent = download()
					assert(again == whole)
					return resent
				end)
			local _, good = download()
			assert(bad >= 3, ("%d segments were sent again"):format(bad))
			assert(good < bad, ("still bad: %d, after %d"):format(good, bad))
		end)

		subtest("a SYN that is held is sent again, once", function()
			local before = syns_again()
			local watch = vlan1:watch(syn)
			client.eth1:hold("tcp[tcpflags] & tcp-syn != 0", 1)
			assert(download() == whole)
			assert(syns_again() == before + 1)
			assert(watch:count() == 1, "the first one passed")
			assert(client.eth1:release() == 1)
			local late = watch:expect{ count = 2 }[2]
			assert(late.tcp.seq == watch:frames()[1].tcp.seq)
			assert(client.eth1:release() == 0)
		end)

		subtest("a frame that is lost is asked for again", function()
			client.eth1:drop("arp[6:2] = 2", 1, { dir = "out" })
			client:succeed("ip neigh flush dev eth1")
			vlan1:expect("arp[6:2] = 1 and src host 192.168.1.1",
				{ count = 2 }, function()
					client:succeed("ping -c 1 -W 9 192.168.1.2 >&2")
				end)
		end)

		subtest("a delay is as long as it was said", function()
			client.eth1:delay("icmp[icmptype] = icmp-echo", 0.7)
			local ms = client:succeed("ping -c 1 192.168.1.2 | "
				.. "sed -n 's/.*time=\\([0-9.]*\\).*/\\1/p'")
			assert(tonumber(ms) >= 700 and tonumber(ms) < 1500, ms)
		end)

		subtest("what must not cross, and does, is shown", function()
			client:succeed("ping -c 1 192.168.1.2 >&2")
			local ok, why = pcall(vlan1.expect_no, vlan1, "icmp")
			assert(not ok)
			assert(why:find("2 frames must not be there: icmp", 1, true), why)
			assert(why:find("client.eth1: IP 192.168.1.1 > 192.168.1.2: "
				.. "ICMP echo request", 1, true), why)
		end)

		subtest("what came nearest to what did not come is shown", function()
			client:succeed("ping -c 1 192.168.1.2 >&2")
			local ok, why = pcall(vlan1.expect, vlan1,
				"icmp and dst host 192.168.1.9", { within = 0 })
			assert(not ok)
			assert(why:find("0 of 1 frames within 0 s", 1, true), why)
			assert(why:find("server.eth1: IP 192.168.1.2 > 192.168.1.1: "
				.. "ICMP echo reply", 1, true), why)
		end)

		subtest("a wire stays bad when its guest is started anew", function()
			client.eth1:netem{ delay = "300ms", dir = "out" }
			client:crash()
			local ms = client:succeed("ping -c 2 192.168.1.2 | "
				.. "sed -n 's/.*seq=2.*time=\\([0-9.]*\\).*/\\1/p'")
			assert(tonumber(ms) >= 300, ms)
			client.eth1:netem{}
		end)
	end,
}
