-- Commands in the background, conditions, and what else is done with commands.
return {
	name = "commands",
	-- The image of examples/proxy.lua.
	machine = { packages = { "haproxy" }, vlans = {} },
	test_script = function()
		local function raises(pattern, f, ...)
			local ok, why = pcall(f, ...)
			assert(not ok, "no error, where one matching " .. pattern .. " was due")
			assert(why:find(pattern), "not matching " .. pattern .. ": " .. why)
			assert(why:find("^[^\n]*commands%.lua:%d+: "), "without its line: " .. why)
		end
		local m = machine

		subtest("commands in the background", function()
			local sleeper = m:spawn("echo begun; echo to stderr >&2; sleep 1000")
			local other = m:spawn("cat; exit 3", { stdin = "a\0b\xff" })
			assert(sleeper:wait_for_output("^beg") == "begun")
			assert(sleeper:wait_for_output("stderr$") == "to stderr")
			assert(m:succeed("echo meanwhile") == "meanwhile\n")
			local status, out, err = other:wait()
			assert(status == 3 and out == "a\0b\xff" and err == "")
			assert(not other:is_running() and sleeper:is_running())
			out, err = sleeper:output()
			assert(out == "begun\n" and err == "to stderr\n")
			raises("it still runs after .*sleep 1000.*stdout:\nbegun", sleeper.wait,
				sleeper, { timeout = 0.1 })
			raises("exit status 3", other.succeed, other)
			assert(other:fail() == "a\0b\xff")
			raises("ended, and no line", other.wait_for_output, other, "zzz")
			raises("no line matches zzz", sleeper.wait_for_output, sleeper, "zzz",
				{ timeout = 0.1 })
			sleeper:kill()
			assert(sleeper:wait() == 137)
			m:fail("pidof sleep")
			sleeper:kill("TERM") -- too late, and no mistake
			assert(m:spawn("exit 0"):succeed() == "")
			raises("must not", other.fail, m:spawn("true"))
			assert(m:spawn("sleep 1000", { kill_after = 0.1 }):wait() == 124)
			assert(sleeper.name ~= other.name and sleeper.name:find("^machine#%d+$"))
			local word = "TERMINATE"
			raises("signal must be one of", function() sleeper:kill(word) end)
		end)

		subtest("signals and stdin while it runs", function()
			local echo = m:spawn("trap 'echo hup' HUP; trap 'echo bye; exit 4' TERM\n"
				.. "while read -r line; do echo \"<$line>\"; done; echo end",
				{ open_stdin = true, stdin = "first\n" })
			echo:wait_for_output("<first>")
			echo:write("second\n")
			echo:wait_for_output("<second>")
			echo:write("third\n")
			echo:close_stdin()
			assert(echo:succeed() == "<first>\n<second>\n<third>\nend\n")
			raises("reads no more", echo.write, echo, "x")
			local loop = m:spawn("trap 'echo hup' HUP; trap 'echo bye; exit 4' TERM\n"
				.. "echo set; while :; do sleep 0.1; done")
			loop:wait_for_output("set")
			loop:kill("HUP")
			loop:wait_for_output("hup")
			loop:kill("TERM")
			assert(loop:wait() == 4)
			raises("stdin is not open", loop.write, m:spawn("sleep 10"), "x")
			local deaf = m:spawn("sleep 1000", { open_stdin = true })
			raises("has not read its stdin", deaf.write, deaf, ("x"):rep(200000),
				{ timeout = 0.5 })
			do
				local short <close> = deaf
			end
			assert(deaf:wait() == 137)
			local many = {}
			for i = 1, 8 do
				many[i] = m:spawn(("echo %d; sleep 0.5; echo %d"):format(i, i))
			end
			for i, command in ipairs(many) do
				assert(command:succeed() == ("%d\n%d\n"):format(i, i))
			end
		end)

		subtest("options of commands", function()
			assert(m:succeed("cat", { stdin = "in\n" }) == "in\n")
			assert(m:fail("cat; false", { stdin = "in\n" }) == "in\n")
			assert(m:wait_until_succeeds("grep x", { stdin = "axb\n" }) == "axb\n")
			m:wait_until_fails("grep y", { stdin = "axb\n" })
			local status, out = m:execute("echo x; exit 7", { check_return = false })
			assert(status == -1 and out == "x\n")
			status, out = m:execute("touch /tmp/later; sleep 1000", { check_output = false })
			assert(status == -2 and out == "")
			m:wait_for_file("/tmp/later")
			m:succeed("killall sleep")
			m:copy_from_host_via_shell("data/binary", "/tmp/binary")
			assert(m:copy_from_vm("/tmp/binary", { dir = "back" }):find("/back/binary$"))
		end)

		subtest("unix sockets", function()
			raises("not within.*unix socket /tmp/s is open", m.wait_for_open_unix_socket, m,
				"/tmp/s", { timeout = 0.1 })
			m:succeed("cat >/tmp/cfg; ln -s /run/s /tmp/s; ln -s /run/log /dev/log", {
				stdin = "global\n stats socket /run/s\ndefaults\n timeout client 1s\n"
					.. " timeout connect 1s\n timeout server 1s\nlisten l\n bind :80\n" })
			local proxy <close> = m:spawn("haproxy -f /tmp/cfg")
			m:wait_for_open_unix_socket("/tmp/s")
			m:wait_for_open_unix_socket("/run/s")
			raises("not within", m.wait_for_open_unix_socket, m, "/run/s",
				{ is_datagram = true, timeout = 0.1 })
			local syslog <close> = m:spawn("syslogd -n")
			m:wait_for_open_unix_socket("/dev/log", { is_datagram = true })
			raises("not within", m.wait_for_open_unix_socket, m, "/dev/log",
				{ timeout = 0.1 })
		end)

		subtest("conditions", function()
			m:succeed("touch /tmp/good")
			local good = polling_condition(function()
				m:succeed("test -e /tmp/good")
			end, { interval = 0.2, description = "it is good" })
			assert(with(good, function() return m:succeed("sleep 1; echo ok") end) == "ok\n")
			local before = now()
			m:spawn("sleep 1; rm /tmp/good")
			raises("it is good: .*test %-e /tmp/good", with, good, function()
				m:succeed("sleep 1000") -- fails in the middle
			end)
			assert(now() - before < 100)
			m:wait_until_fails("pidof sleep", { timeout = 20 }) -- killed with it
			assert(not good:check())
			m:spawn("sleep 0.5; touch /tmp/good")
			good:wait()
		end)

		subtest("a machine that dies ends what waits for it", function()
			local tail = m:spawn("cat /proc/uptime; sleep 1000")
			tail:wait_for_output(".")
			raises("the guest powered off", retry, function()
				m:succeed("poweroff; sleep 1000")
			end)
			raises("the guest powered off", tail.wait, tail)
			assert(tail:output():find("%d"))
			m:spawn("sleep 1; poweroff")
			join_all()
			assert(not m:is_up())
			join_all()
		end)
	end,
}
