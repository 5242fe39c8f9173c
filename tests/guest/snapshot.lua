-- Three machines that go on from one saved state: each is one of its own, and
-- wired in another way.

return {
	name = "snapshot",
	nodes = {
		alice = { net = "dgram" },
		bob = { net = "stream" },
		carol = { net = "vde" },
	},

	test_script = function()
		start_all()

		local function all(command)
			local said, different = {}, 0
			for _, machine in ipairs(machines) do
				local text = machine:succeed(command)
				if not said[text] then
					different = different + 1
				end
				said[text] = true
			end
			return different
		end

		subtest("each has its own random numbers, first of all", function()
			assert(all("head -c 16 /dev/urandom | od -An -tx1") == 3)
			assert(all("cat /proc/sys/kernel/random/uuid") == 3)
		end)

		subtest("each has its own name and address", function()
			assert(all("hostname") == 3)
			for _, machine in ipairs(machines) do
				local mac = machine:succeed("cat /sys/class/net/eth1/address")
				assert(mac == machine.eth1.mac .. "\n", mac)
				-- as if it had booted with it: it was not set
				assert(machine:succeed(
					"cat /sys/class/net/eth1/addr_assign_type") == "0\n")
				assert(machine:succeed("ethtool -P eth1")
					:find(machine.eth1.mac, 1, true))
			end
		end)

		subtest("the clock is right", function()
			for _, machine in ipairs(machines) do
				local before = os.time()
				local guest = tonumber(machine:succeed("date +%s"))
				assert(guest >= before - 2 and guest <= os.time() + 2,
					("%s: %d, not %d"):format(machine.name, guest, before))
			end
		end)

		subtest("they reach each other", function()
			parallel(
				function() alice:succeed("ping -c 1 -W 5 bob") end,
				function() bob:succeed("ping -c 1 -W 5 carol") end,
				function() carol:succeed("ping -6 -c 1 -W 5 alice") end)
			-- The network card lets through what the driver has asked for.
			bob:succeed("ip maddr add 01:00:5e:01:02:03 dev eth1",
				"ip maddr show dev eth1 | grep -q 01:00:5e:01:02:03")
			alice:succeed("ping -c 1 -W 5 -I eth1 ff02::1%eth1")
		end)

		subtest("a connection goes on where it was saved", function()
			bob:succeed("socat TCP-LISTEN:7,fork EXEC:cat"
				.. " </dev/null >/dev/null 2>&1 &")
			bob:wait_for_open_port(7, { timeout = 20 })
			alice:succeed("mkfifo /run/out /run/in",
				"sh -c 'exec 3<>/run/in 4<>/run/out;"
				.. " exec socat FD:3!!FD:4 TCP:bob:7'"
				.. " </dev/null >/dev/null 2>&1 &")
			local function echo(word)
				return alice:succeed(("echo %s >/run/in;"
					.. " read -r word </run/out; echo $word"):format(word),
					{ timeout = 20 })
			end
			assert(echo("before") == "before\n")
			bob:succeed("echo kept >/run/kept")
			alice:block({ silent = true })
			lab.save("connected")
			alice:unblock()
			assert(echo("meanwhile") == "meanwhile\n")
			bob:succeed("rm /run/kept; echo new >/run/new")
			carol:crash()

			lab.restore("connected")
			assert(carol:is_up())
			alice:fail("ping -c 1 -W 1 bob") -- its cable was cut
			alice:unblock()
			assert(bob:succeed("cat /run/kept") == "kept\n")
			bob:fail("test -e /run/new")
			assert(echo("after") == "after\n")
			carol:succeed("ping -c 1 -W 5 bob")
			local guest = tonumber(bob:succeed("date +%s"))
			assert(guest >= os.time() - 3 and guest <= os.time() + 2)
		end)

		subtest("what cannot be saved says so", function()
			local ok, why = pcall(parallel,
				function() alice:succeed("sleep 3") end,
				function() sleep(0.5) lab.save("x") end)
			assert(not ok and why:find("a command runs in it", 1, true), why)
			ok, why = pcall(lab.restore, "y")
			assert(not ok and why:find("nothing was saved as 'y'", 1, true))
			alice:succeed("true")
		end)
	end,
}
