-- A guest whose process 1 is systemd, gone on from a saved state: its units,
-- those of users, its end, and an ordinary boot.
local function unit(text)
	return { text = "[Service]\n" .. text }
end

return {
	name = "systemd",
	nodes = {
		a = {
			init = "systemd",
			files = {
				["/etc/systemd/system/stays.service"] = unit [[
Type=oneshot
RemainAfterExit=yes
ExecStart=sleep 0.5
ExecStart=true
]],
				["/etc/systemd/system/fails.service"] = unit [[
Type=oneshot
ExecStart=sh -c 'echo out of luck; exit 3'
]],
				["/etc/systemd/system/gate.service"] = unit [[
Type=oneshot
ExecStart=sh -c 'until test -e /run/open; do sleep 0.2; done'
]],
				["/etc/systemd/system/behind.service"] = {
					text = "[Unit]\nAfter=gate.service\n"
						.. "[Service]\nExecStart=sleep 1000\n",
				},
				["/etc/systemd/user/hello.service"] = unit [[
ExecStart=sh -c 'echo hello from $USER; exec sleep 1000'
]],
				["/etc/systemd/user/sorry.service"] = unit [[
Type=oneshot
ExecStart=sh -c 'echo sorry from $USER; exit 1'
]],
			},
		},
		b = { vlans = {}, shell = "tcp" },
	},
	test_script = function()
		local function raises(pattern, f, ...)
			local ok, why = pcall(f, ...)
			assert(not ok, "no error, where one matching " .. pattern .. " was due")
			assert(why:find(pattern), "not matching " .. pattern .. ": " .. why)
		end

		start_all()

		subtest("a saved state", function()
			assert(a:succeed("systemctl is-system-running") == "running\n")
			a:succeed("hostnamectl hostname | grep -qx a")
			-- The journal goes on, although the machine is another one.
			a:succeed("logger -p user.info a word for the console")
			a:wait_for_console_text("a word for the console")
			a:succeed("journalctl --sync && journalctl | grep -q 'a word for'")
			a:succeed("journalctl --unit dbus | grep -q Started")
			a:succeed("test -c /dev/net/tun")
			a:succeed("udevadm settle && networkctl --no-legend status eth1 >/dev/null")
		end)

		subtest("units", function()
			raises("systemd%.lua:%d+: a: unit stays is inactive, and no job",
				a.wait_for_unit, a, "stays")
			local before = now()
			a:succeed("systemctl --no-block start stays")
			a:wait_for_unit("stays.service", { timeout = 60 })
			assert(now() - before < 60)
			local info = a:get_unit_info("stays")
			assert(info.ActiveState == "active" and info.SubState == "exited")
			assert(info.ExecStart:find("sleep.*\n.*true"), info.ExecStart)
			assert(a:get_unit_property("stays", "Type") == "oneshot")
			raises("has no property Color", a.get_unit_property, a, "stays", "Color")
			a:require_unit_state("stays")
			raises("stays must be inactive: it is active %(exited%)",
				a.require_unit_state, a, "stays", "inactive")
			assert(a:stop_job("stays") == 0)
			a:require_unit_state("stays.service", "inactive", { timeout = 60 })
			assert(a:systemctl("is-active stays || test $? = 3") == 0)
			local status, out, err = a:start_job("no-such")
			assert(status ~= 0 and out == "" and err:find("no%-such"))
			raises("no%-such cannot be started: it is not%-found",
				a.wait_for_unit, a, "no-such")
			raises("not the name of a unit", a.wait_for_unit, a, "sta*")
		end)

		subtest("one that fails", function()
			a:succeed("systemctl --no-block start fails")
			raises("fails has failed %(exit%-code%).*its journal:.*out of luck",
				a.wait_for_unit, a, "fails")
			raises("must be active: it is failed, its result is exit%-code",
				a.require_unit_state, a, "fails")
		end)

		subtest("one that waits for its turn", function()
			a:succeed("systemctl --no-block start gate behind")
			raises("not within .*behind is active; it is inactive.*jobs:.*gate.service",
				a.wait_for_unit, a, "behind", { timeout = 0.2 })
			parallel(function() a:wait_for_unit("behind") end,
				function() a:succeed("touch /run/open") end)
		end)

		subtest("units of a user", function()
			raises("alice", a.wait_for_unit, a, "hello", "alice")
			a:succeed("useradd -m alice")
			raises("of user alice is active; .*onnect.*enable%-linger",
				a.wait_for_unit, a, "hello", "alice", { timeout = 0.1 })
			parallel(function() a:wait_for_unit("default.target", "alice") end,
				function() a:succeed("loginctl enable-linger alice") end)
			assert(a:start_job("hello", "alice") == 0)
			a:wait_for_unit("hello", "alice")
			a:require_unit_state("hello", "active", "alice")
			assert(a:get_unit_info("hello", "alice").ActiveState == "active")
			assert(a:get_unit_property("hello", "User", "alice") == "")
			a:succeed("pgrep -u alice sleep")
			assert(a:stop_job("hello", "alice") == 0)
			local _, out = a:systemctl("list-units --no-legend | wc -l", "alice")
			assert(tonumber(out) > 5)
			a:start_job("sorry", "alice")
			raises("sorry of user alice has failed.*sorry from alice",
				a.wait_for_unit, a, "sorry", "alice")
		end)

		subtest("a guest without systemd", function()
			raises("init = \"systemd\"", b.wait_for_unit, b, "multi-user.target")
			raises("init = \"systemd\"", b.systemctl, b, "status")
		end)

		subtest("a login on tty1", function()
			-- The prompt may be of the state that it goes on from.
			a:wait_until_tty_matches(1, "login: *$", { timeout = 60 })
			a:send_chars("root\n")
			-- Without a password; and logind knows of it.
			a:wait_until_tty_matches(1, "root@a:~# *$", { timeout = 60 })
			a:wait_until_succeeds("loginctl --no-legend | grep -q 'root.*tty1'")
		end)

		subtest("its end", function()
			-- What heeds no hang-up holds nothing up.
			a:succeed("nohup sleep 1000 >/dev/null 2>&1 &")
			a:reboot()
			a:fail("test -e /run/open")
			-- What needs D-Bus waits for it, and does not fail.
			a:succeed("hostnamectl hostname | grep -qx a")
			a:wait_for_unit("multi-user.target")
			assert(a:succeed("systemctl --failed --no-legend") == "")
			assert(a:succeed("cat /proc/1/comm") == "systemd\n")
			assert(a:succeed("cat /etc/machine-id"):find("^%x+\n$"))
			assert(a:succeed("cat /etc/hostname") == "a\n")
			a:send_monitor_command("system_powerdown") -- the power button
			a:wait_for_shutdown()
			assert(not a:is_up())
		end)
	end,
}
