-- A machine of another architecture beside one of this.
return {
	name = "arm64",
	nodes = {
		arm = { arch = "aarch64", disks = { { size = "16M", name = "data" } } },
		pc = {},
	},
	test_script = function()
		start_all()
		subtest("each is what it should be", function()
			assert(arm:succeed("uname -m") == "aarch64\n")
			assert(pc:succeed("uname -m") == "x86_64\n")
		end)
		subtest("they reach each other", function()
			arm:succeed("ping -c 1 pc")
			pc:succeed("ping -c 1 arm")
		end)
		subtest("programs of packages run", function()
			arm:succeed("nft list ruleset", "ip route", "curl --version")
		end)
		subtest("a disk is kept over a crash", function()
			arm:succeed("echo kept | dd of=/dev/disk/by-id/virtio-data")
			arm:crash()
			arm:succeed("head -n 1 /dev/disk/by-id/virtio-data | grep kept")
		end)
		subtest("it powers off", function()
			arm:shutdown()
			assert(not arm:is_up())
		end)
		subtest("a panic is told at once", function()
			arm:start()
			local _, why = pcall(arm.succeed, arm,
				"echo c >/proc/sysrq-trigger; sleep 60")
			assert(tostring(why):find("sysrq triggered crash", 1, true), why)
		end)
	end,
}
