-- Guests talk at a steady rate while somebody kills their switch, two by rings in
-- their memory and one by datagrams; run by restart.sh.
return {
	name = "restart",
	nodes = {
		client = { net = "vhost-user", packages = { "iperf3" } },
		server = { net = "vhost-user", packages = { "iperf3" },
			vlans = { 1, 2 } },
		other = { net = "dgram", packages = { "iperf3" } },
	},

	test_script = function()
		start_all()
		server:succeed("iperf3 -s -D && iperf3 -s -D -p 5202 && sleep 1")
		client:block({ vlan = 1 })
		client:fail("ping -c 1 -W 1 server")
		client:unblock({ vlan = 1 })
		client:succeed("ping -c 1 -W 5 server")
		server:block({ vlan = 2 })
		local clients = { client, other }
		for i, machine in ipairs(clients) do
			machine:succeed(("iperf3 -c server -p %d -t 10 -b 2M -l 1400"
				.. " >/tmp/out 2>&1 &"):format(5200 + i))
		end
		client:succeed("sleep 1; echo traffic flows")
		for i, machine in ipairs(clients) do
			machine:wait_until_succeeds("grep -q 'iperf Done' /tmp/out",
				{ timeout = 60 })
			machine:succeed("cat /tmp/out")

			-- The first and last frames are the connection's coming and going.
			local frames = vlan1:frames(
				("tcp port %d and greater 1000"):format(5200 + i))
			local widest, last = 0, nil
			for _, frame in ipairs(frames) do
				if last then
					widest = math.max(widest, frame.time - last)
				end
				last = frame.time
			end
			log(("%s: %d frames, the widest gap is %.3f s"):format(machine.name,
				#frames, widest))
			assert(#frames > 500, "too few frames")
			-- It takes some 30 ms, but guests share a busy machine.
			assert(widest < 10, "traffic did not resume")
		end
		client:succeed("ping -c 1 -W 5 server")

		-- What the switch has of a machine is no part of its state.
		lab.save("talked")
		client:succeed("touch /run/later")
		lab.restore("talked")
		client:fail("test -e /run/later")
		client:succeed("ping -c 1 -W 5 server")

		-- A cable that is cut stays cut, though QEMU joins it meanwhile.
		server:succeed("test $(cat /sys/class/net/eth2/carrier) = 0")
		server:unblock({ vlan = 2 })
		server:wait_until_succeeds(
			"test $(cat /sys/class/net/eth2/carrier) = 1")
	end,
}
