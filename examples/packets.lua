-- Frames that must, and must not, cross a segment: a router that forwards, sends
-- errors back, and keeps what is wrong to itself.
--
--   client ---- vlan1 ---- router ---- vlan2 ---- server
--            192.168.1.0/24         192.168.2.0/24

return {
	name = "packets",
	nodes = {
		client = {
			vlans = { 1 },
			setup = "ip route add default via 192.168.1.2",
		},
		router = {
			vlans = { 1, 2 },
			setup = "sysctl -q -w net.ipv4.ip_forward=1",
		},
		server = {
			vlans = { 2 },
			setup = "ip route add 192.168.1.0/24 via 192.168.2.2",
		},
	},

	test_script = function()
		-- To the server, by way of the router.
		local eth = packet.eth{ src = client.eth1.mac, dst = router.eth1.mac }
		local function ipv4(fields)
			fields.src, fields.dst = client.eth1.ipv4, server.eth1.ipv4
			return eth / packet.ipv4(fields)
		end
		local echo = packet.icmp{ id = 77, seq = 1 } / "who is there?"

		start_all()
		server:succeed("echo hello >/tmp/index.html", "httpd -p 80 -h /tmp")
		server:wait_for_open_port(80)
		router:succeed("ping -c 1 server >&2")
		client:succeed("ping -c 1 server >&2")

		subtest("a frame of the test's own is forwarded, and answered", function()
			vlan1:send(ipv4{ ttl = 9 } / echo)
			local request = vlan2:expect("icmp[icmptype] = icmp-echo "
				.. "and icmp[4:2] = 77")[1]
			assert(request.ipv4.ttl == 8 and request.src == router.eth2.mac)
			local answer = vlan1:expect("icmp[icmptype] = icmp-echoreply "
				.. "and icmp[4:2] = 77")[1]
			assert(answer.payload == "who is there?")
		end)

		subtest("one that has travelled enough is reported", function()
			vlan1:send(ipv4{ ttl = 1 } / echo)
			vlan1:expect("icmp[icmptype] = icmp-timxceed and src host "
				.. router.eth1.ipv4)
			vlan2:expect_no("icmp")
		end)

		subtest("one with a wrong checksum is dropped without a word", function()
			vlan2:expect_no("icmp", { during = 1 }, function()
				vlan1:send(ipv4{ checksum = 0xbad } / echo)
			end)
		end)

		subtest("a connection begins with its three frames", function()
			local syns = vlan1:watch("tcp[tcpflags] & tcp-syn != 0")
			client:succeed("wget -qO- http://server/ >&2")
			local syn, synack = table.unpack(syns:expect{ count = 2 })
			assert(syn.tcp.flags == "S" and synack.tcp.flags == "SA")
			assert(synack.tcp.ack == syn.tcp.seq + 1)
			assert(syn.tcp.options.mss.value == 1460)
			vlan1:expect("tcp[tcpflags] = tcp-ack and dst port 80")
			assert(syns:count() == 2, "a SYN was sent again")
		end)

		subtest("a request for an address is answered by its owner", function()
			client:succeed("ip neigh flush dev eth1")
			local reply = vlan1:expect("arp[6:2] = 2 and ether src "
				.. router.eth1.mac, function()
				client:succeed("ping -c 1 " .. router.eth1.ipv4 .. " >&2")
			end)[1]
			assert(reply.arp.sender_ip == router.eth1.ipv4)
		end)
	end,
}
