-- Two guests talk at a steady rate while somebody kills their switch; run by
-- restart.sh.
return {
	name = "restart",
	nodes = {
		client = { packages = { "iperf3" } },
		server = { packages = { "iperf3" } },
	},

	test_script = function()
		start_all()
		server:succeed("iperf3 -s -D && sleep 1")
		client:block({ vlan = 1 })
		client:fail("ping -c 1 -W 1 server")
		client:unblock({ vlan = 1 })
		client:succeed("ping -c 1 -W 5 server")
		client:succeed("iperf3 -c server -t 10 -b 2M >/tmp/out 2>&1 &")
		client:succeed("sleep 1; echo traffic flows")
		client:wait_until_succeeds("grep -q 'iperf Done' /tmp/out",
			{ timeout = 60 })
		client:succeed("cat /tmp/out")
		log("looking for gaps")

		-- The first and last frames are the connection's coming and going.
		local frames = vlan1:frames("tcp port 5201 and greater 1000")
		local widest, last = 0, nil
		for _, frame in ipairs(frames) do
			if last then
				widest = math.max(widest, frame.time - last)
			end
			last = frame.time
		end
		log(("%d frames, the widest gap is %.3f s"):format(#frames, widest))
		assert(#frames > 500, "too few frames")
		assert(widest < 1, "traffic did not resume within a second")
		client:succeed("ping -c 1 -W 5 server")
	end,
}
