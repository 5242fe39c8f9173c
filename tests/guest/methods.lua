-- Every method at least once, where it can go wrong in an interesting way.
return {
	name = "methods",
	nodes = {
		a = { vlans = { 1, 1 }, setup = "echo ready >/tmp/setup" },
		b = {
			vlans = { 1 },
			shell = "tcp",
			files = {
				["/etc/text"] = "it's \"text\"\n",
				["/etc/host-file"] = "./data/binary",
			},
		},
	},
	test_script = function()
		local function raises(pattern, f, ...)
			local ok, why = pcall(f, ...)
			assert(not ok, "no error, where one matching " .. pattern .. " was due")
			assert(why:find(pattern), "not matching " .. pattern .. ": " .. why)
			assert(why:find("^[^\n]*methods%.lua:%d+: "), "without its line: " .. why)
		end

		start_all()

		subtest("commands", function()
			assert(a:succeed("echo one", "echo two >&2; echo three") == "one\nthree\n")
			assert(a:fail("echo no; exit 3") == "no\n")
			local status, out, err = a:execute("echo out; echo err >&2; exit 7")
			assert(status == 7 and out == "out\n" and err == "err\n")
			status, out = a:execute("cat", { stdin = "a\0b\xff\n" })
			assert(status == 0 and out == "a\0b\xff\n", "not binary-safe")
			assert(b:execute("exit 5") == 5)
			raises("exit status 4.*stdout:\nwhy", a.succeed, a, "echo why; exit 4")
			raises("must not", a.fail, a, "true")
			-- What packages bring comes before what busybox has.
			assert(a:succeed("ip -V"):find("iproute2"))
			assert(a:succeed("readlink /proc/$$/exe"):find("dash"))
			assert(a:execute("# nothing but a comment") == 0)
			assert(a:execute("if then") ~= 0)
			assert(a:succeed("cat <<X\nhere\nX") == "here\n")
			local long = ("x"):rep(300000)
			assert(#a:succeed("echo " .. long) == 300001)
		end)

		subtest("time-outs", function()
			local before = now()
			local status = a:execute("sleep 1000", { timeout = 0.5 })
			assert(status == 124)
			assert(now() - before < 60)
			raises("timed out", a.succeed, a, "sleep 1000", { timeout = 0.2 })
			-- The whole session is gone, not only its leader.
			a:wait_until_fails("pidof sleep", { timeout = 20 })
			-- A child that keeps stdout is not waited for, and lives on.
			before = now()
			assert(a:succeed("sleep 500 & echo $! >/tmp/pid; echo hi") == "hi\n")
			assert(now() - before < 30)
			a:succeed("kill $(cat /tmp/pid)")
		end)

		subtest("large output", function()
			assert(#a:succeed("head -c 200000 /dev/zero") == 200000)
			local out = a:succeed("head -c 3000000 /dev/zero; echo end")
			assert(#out == 3000004 and out:sub(-4) == "end\n")
			assert(#b:succeed("head -c 300000 /dev/zero | tr '\\0' '\\377'") == 300000)
		end)

		subtest("identity", function()
			assert(a:succeed("hostname") == "a\n")
			assert(a:succeed("cat /tmp/setup") == "ready\n")
			assert(b:succeed("cat /etc/text") == "it's \"text\"\n")
			assert(b:succeed("cat /etc/host-file") == "binary \0\1\2\xfe\n")
			b:succeed("ping -c 1 a >&2")
			b:succeed("ping -6 -c 1 2001:db8:1::1 >&2")
			-- Two interfaces on one segment have addresses of their own.
			local macs = a:succeed("cat /sys/class/net/eth1/address "
				.. "/sys/class/net/eth2/address")
			local first, second = macs:match("(%S+)\n(%S+)")
			assert(first ~= second)
			-- And nothing leads out.
			b:fail("ip route | grep default")
		end)

		subtest("waits", function()
			a:succeed("(sleep 1; touch '/tmp/it is'; echo hello-console >/dev/ttyS0)"
				.. " >/dev/null 2>&1 &")
			a:wait_for_file("/tmp/it is")
			assert(a:wait_for_console_text("hello-(con|x)sole$"):find("hello"))
			raises("not within", a.wait_for_file, a, "/nowhere", { timeout = 0.1 })
			raises("timed out", a.wait_for_console_text, a, "never", { timeout = 0.1 })
			raises("regular expression", a.wait_for_console_text, a, "(")
			raises("last try.*7", a.wait_until_succeeds, a, "exit 7", { timeout = 0.1 })
			a:wait_for_closed_port(8080)
			a:succeed("mkdir -p /srv && httpd -p 8080 -h /srv")
			a:wait_for_open_port(8080)
			b:wait_for_open_port(8080, { addr = "a" })
			raises("is open", b.wait_for_open_port, b, 8081,
				{ addr = "a", timeout = 0.1 })
			raises("is closed", b.wait_for_closed_port, b, 8080,
				{ addr = "a", timeout = 0.1 })
			b:wait_for_closed_port(8081, { addr = "a" })
			a:succeed("killall httpd")
			a:wait_for_closed_port(8080)
		end)

		subtest("copies", function()
			a:copy_from_host("data/binary", "/tmp/deep/er/binary")
			assert(a:succeed("cat /tmp/deep/er/binary") == "binary \0\1\2\xfe\n")
			b:copy_from_host("data", "/tmp/dir")
			assert(b:succeed("cat /tmp/dir/binary") == "binary \0\1\2\xfe\n")
			a:succeed("head -c 100000 /dev/urandom >/tmp/random")
			local path = a:copy_from_machine("/tmp/random", { dir = "from-a" })
			assert(path:find("/from%-a/random$"))
			b:succeed("mkdir -p /tmp/tree/sub && echo x >/tmp/tree/sub/file")
			b:copy_from_machine("/tmp/tree")
			raises("inside the results", a.copy_from_machine, a, "/tmp/random",
				{ dir = "../.." })
			raises("No such file", a.copy_from_host, a, "missing", "/tmp/x")
		end)

		subtest("links", function()
			local function reaches() return b:execute("ping -c 1 -W 1 a >/dev/null") == 0 end
			b:block { silent = true }
			assert(b:succeed("cat /sys/class/net/eth1/carrier") == "1\n")
			assert(not reaches())
			b:unblock()
			b:wait_until_succeeds("ping -c 1 -W 1 a >/dev/null")
			b:block { vlan = 1 }
			b:wait_until_succeeds("test $(cat /sys/class/net/eth1/carrier) = 0")
			b:unblock { vlan = 1 }
			b:wait_until_succeeds("ping -c 1 -W 1 a >/dev/null")
			raises("no interface on vlan2", b.block, b, { vlan = 2 })
			raises("no interface 3", a.block, a, { nic = 3 })
		end)

		subtest("frames", function()
			local since = now()
			b:succeed("ping -4 -c 2 -i 0.2 a >/dev/null")
			local asked = vlan1:frames("icmp[icmptype] == icmp-echo", { since = since })
			assert(#asked == 2, #asked .. " requests")
			assert(asked[1].port == "b.eth1" and asked[1].protocol == "icmp")
			assert(asked[1].ip_src == "192.168.1.2" and asked[1].ip_dst == "192.168.1.1")
			assert(asked[1].time >= since - 0.1 and asked[2].time > asked[1].time)
			assert(#asked[1].data == asked[1].len)
			assert(#vlan1:frames("icmp", { port = "b.eth1", limit = 1 }) == 1)
			assert(#vlan1:frames("port 9") == 0)
			raises("no capture filter", vlan1.frames, vlan1, "this is none")
		end)

		subtest("side by side", function()
			local before = now()
			local r = { parallel(
				function() a:succeed("sleep 2") return "a" end,
				function() return (b:succeed("sleep 2; echo b")) end,
				function() end) }
			assert(r[1] == "a" and r[2] == "b\n" and r[3] == false)
			raises("exit status 9", parallel,
				function() a:succeed("exit 9") end,
				function() b:succeed("sleep 1000") end)
			-- Two commands of one machine at once.
			parallel(function() a:succeed("sleep 1") end,
				function() a:succeed("sleep 1") end)
			local tries = 0
			assert(retry(function(last)
				tries = tries + 1
				return tries == 3 and not last and "done"
			end, { interval = 0.01 }) == "done")
			raises("last returned nil", retry, function() end,
				{ timeout = 0.05, interval = 0.01 })
		end)

		subtest("words that few use", function()
			local order = {}
			serial_stdout_on()
			a:succeed("echo shown >/dev/console")
			serial_stdout_off()
			local kernel = a:nested("what it is", function()
				local closer <close> = defer(function()
					order[#order + 1] = a:succeed("rm -v /tmp/deferred")
				end)
				a:succeed("touch /tmp/deferred")
				order[#order + 1] = "inside"
				return a:succeed("uname -s")
			end)
			assert(kernel == "Linux\n")
			assert(order[1] == "inside" and order[2]:find("deferred"))
			a:fail("test -e /tmp/deferred")
			assert(nested("and nothing else", function() return 1 end) == 1)
			local links = json.decode(a:succeed("ip -j link show lo"))
			assert(links[1].ifname == "lo" and links[1].operstate == "UNKNOWN")
			local text = json.encode { list = json.array {}, none = json.null }
			b:succeed("cat >/tmp/json", { stdin = text })
			assert(json.decode(b:succeed("cat /tmp/json")).none == json.null)
			assert(b:succeed("tr -d '{ }' </tmp/json"):find('"list":[]', 1, true))
			local octets = "\0\xff\n"
			a:succeed("base64 -d >/tmp/octets", { stdin = base64.encode(octets) })
			assert(base64.decode(a:succeed("base64 /tmp/octets")) == octets)
			vlan1:mark("here")
		end)

		subtest("mistakes", function()
			local s = "succ"
			raises("did you mean \"succeed\"", function() return a[s .. "ed"] end)
			raises("write x:succeed", function()
				local f = a.succeed
				f("true")
			end)
			local n = "12"
			raises("timeout", function() a:succeed("true", { timeout = n }) end)
			local key = "color"
			raises("cannot be set", function() a[key] = n end)
		end)

		subtest("life and death", function()
			assert(a:is_up())
			a:reboot()
			assert(a:is_up())
			a:fail("test -e /tmp/random")
			b:succeed("ping -c 1 a >&2")
			b:shutdown()
			assert(not b:is_up())
			a:fail("ping -c 1 -W 1 b")
			assert(b:succeed("hostname") == "b\n") -- starts it again
			a:wait_until_succeeds("ping -c 1 -W 1 b >/dev/null")
			b:crash()
			assert(not b:is_up())
			-- Two that want it at once: one starts it, both get it.
			parallel(function() b:succeed("true") end,
				function() b:succeed("true") end)
			-- One that is ended while it boots leaves it to others.
			b:crash()
			raises("enough", parallel, function() b:succeed("true") end,
				function() sleep(0.5) error("enough") end)
			b:succeed("true")
			b:crash()
			-- Cables may be cut while it is off, and stay cut.
			b:block()
			b:wait_until_succeeds("test $(cat /sys/class/net/eth1/carrier) = 0")
			b:crash()
			b:fail("ping -c 1 -W 1 a")
			b:unblock()
			b:wait_until_succeeds("ping -c 1 -W 1 a >/dev/null")
			b:crash()
			a:succeed("(sleep 1; poweroff) >/dev/null 2>&1 &")
			a:wait_for_shutdown()
			assert(not a:is_up())
			for _, m in ipairs(machines) do m:log("is off:", not m:is_up()) end
			assert(machines[1] == a and #machines == 2)
			log(seed, math.random(10))
			a:start { allow_reboot = true }
			a:sleep(0.1)
			sleep(0.01)
		end)
	end,
}
