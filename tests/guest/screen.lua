-- A person at a machine: keys, screens, consoles; and its QEMU.
return {
	name = "screen",
	nodes = {
		m = {
			display = true,
			keyboard = "de",
			files = {
				-- What these two do is the guest's; ours is to ask.
				["/usr/local/bin/xwininfo"] = "#!/bin/sh\ncat <<X\n\n"
					.. "xwininfo: Window id: 0x50d (the root window)"
					.. " (has no name)\n\n  Root window id: 0x50d\n"
					.. "     2 children:\n     0x200001 (has no name): ()"
					.. "  1x1+0+0  +0+0\n     0x40000e \"a \"b\": c\":"
					.. " (\"xterm\" \"XTerm\")  484x316+0+0  +0+0\nX\n",
			},
			setup = "chmod +x /usr/local/bin/xwininfo",
		},
		bare = {},
	},
	test_script = function()
		local function raises(pattern, f, ...)
			local ok, why = pcall(f, ...)
			assert(not ok, "no error, where one matching " .. pattern .. " was due")
			assert(why:find(pattern), "not matching " .. pattern .. ": " .. why)
		end

		subtest("the login prompt of tty1", function()
			local text = m:wait_for_text("m login: *$", { timeout = 30 })
			assert(text:find("Debian GNU/Linux"), text)
			m:screenshot("before")
			local texts = m:get_screen_text_variants()
			assert(#texts == 4 and texts[1] == m:get_screen_text())
			for i = 2, 4 do
				log(("read another way (%d):\n%s"):format(i, texts[i]))
			end
			assert(texts[2]:find("login:"), "tesseract: " .. texts[2])
		end)

		subtest("keys log a user in", function()
			m:succeed("echo root:vdelab | chpasswd -c SHA512")
			m:send_chars("root\n")
			m:wait_for_text("Password:", { timeout = 10 })
			-- What was typed before it reads is thrown away.
			m:wait_until_succeeds("stty -F /dev/tty1 -a | grep -q -- -echo",
				{ timeout = 10 })
			m:send_chars("vdelab\n")
			m:wait_until_tty_matches(1, "m:~# *$", { timeout = 30 })
			-- The guest's keyboard is a US one, ours a German one: what is
			-- typed are places of keys.
			m:send_chars("echo yz ")
			m:send_key("ctrl-a")
			m:send_key("ctrl-e")
			m:send_key("a-b")
			m:send_key("ret")
			assert(m:wait_for_text("^zy ab *$", { timeout = 10 }):find("echo zy ab"))
			assert(m:get_tty_text("1"):find("\nzy ab\n"))
			m:dump_tty_contents(1)
			assert(m:screenshot():find("/m%-1%.png$"))
			raises("has no key for 'ж'", m.send_chars, m, "aж")
		end)

		subtest("what is not there is waited for until the deadline", function()
			raises("not within .*no text on its screen matches.*zy ab",
				m.wait_for_text, m, "^never$", { timeout = 0.3 })
			raises("tty2 does not match.*it is empty",
				m.wait_until_tty_matches, m, 2, "x", { timeout = 0.1 })
		end)

		subtest("the serial console", function()
			m:execute("setsid sh -c 'printf \"name? \"; read -r x; "
				.. "echo \"it is $x\"' <>/dev/ttyS0 >&0 2>&0 &")
			assert(m:wait_for_console_text("^name[?] ") == "name? ")
			m:send_console("ttyS0\n")
			m:wait_for_console_text("it is ttyS0")
			assert(m:get_console_log():find("name? ttyS0\nit is ttyS0", 1, true))
		end)

		subtest("QEMU", function()
			assert(m:qmp("query-status").running)
			assert(m:send_monitor_command("info status") == "VM status: running\n")
			m:qmp("stop")
			m:qmp("cont")
			assert(m:wait_for_qmp_event("RESUME").event == "RESUME")
			-- It was not dropped for being no RESUME.
			assert(m:wait_for_qmp_event(function(e)
				return e.event:find("^STO")
			end).time <= now())
			raises("RESUME", m.wait_for_qmp_event, m, "STOP", { timeout = 0.1 })
			raises("no%-such", m.qmp, m, "no-such")
		end)

		subtest("windows of X", function()
			m:succeed("mkdir -p /tmp/.X11-unix")
			m:execute("setsid socat UNIX-LISTEN:/tmp/.X11-unix/X0,fork - "
				.. ">/dev/null 2>&1 &")
			m:wait_for_x({ timeout = 20 })
			local names = m:get_window_names()
			assert(#names == 1 and names[1] == "a \"b\": c", names[1])
			assert(m:wait_for_window("^a .b") == names[1])
			raises("there are: a ", m.wait_for_window, m, "z", { timeout = 0.1 })
		end)

		subtest("a machine without", function()
			raises("display = true", bare.screenshot, bare)
			raises("it is off", bare.wait_for_qmp_event, bare, "STOP")
			raises("the machine is off", bare.send_console, bare, "x")
		end)
	end,
}
