-- prelude-screen: consoles, keyboards and screens of machines, and their QEMU.

do
	local SCREEN_S = 60 -- for QEMU to show a screen, and to read one
	local KEY_S = 0.01 -- between two keys
	local HELD_S = 0.01 -- how long QEMU holds a key
	local EVENT_S = 600 -- for an event of QEMU, as in the NixOS driver
	local WAYS = 3 -- to read a screen

	-- For an error.
	local function shown_screen(texts)
		if #texts == 0 or texts[1] == "" then
			return "; nothing could be read"
		end
		return shown("what was read last", texts[1])
	end

	-- ---- the serial console ----

	function Machine:get_console_log()
		return host.console(self.name)
	end

	function Machine:send_console(data)
		step("send_console", self.name, one_line(data), host.type_console,
			self.name, data)
	end

	-- ---- virtual terminals ----

	-- The lines of a virtual terminal, without the blanks at their ends.
	local function tty_text(machine, tty, timeout)
		local number = math.tointeger(tonumber(tty))
		local text = ("fold -w \"$(stty -F /dev/tty%d size | cut -d ' ' -f 2)\" "
			.. "/dev/vcs%d"):format(number, number)
		local status, out, err, timed_out = run(machine, text, timeout)
		if status ~= 0 then
			host.raise(failed(machine, text, status, out, err, timed_out,
				timeout))
		end
		out = out:gsub("%z", " "):gsub(" +\n", "\n"):gsub("%s+$", "")
		return out == "" and "" or out .. "\n"
	end

	function Machine:get_tty_text(tty)
		ensure_up(self)
		return step("get_tty_text", self.name, ("tty%s"):format(tty),
			tty_text, self, tty, DEFAULT_S)
	end

	function Machine:wait_until_tty_matches(tty, regex, options)
		local timeout = options and options.timeout or DEFAULT_S
		ensure_up(self)
		return step("wait_until_tty_matches", self.name,
			("tty%s: %s"):format(tty, regex), function()
			local deadline = deadline_in(timeout)
			local text
			local ok = poll(deadline, function()
				text = tty_text(self, tty, time_left(deadline))
				return host.matches(text, regex)
			end)
			if not ok then
				host.late()
				host.raise(("%s: not within %g s: tty%s does not match %s%s")
					:format(self.name, host.scaled(timeout), tty,
					regex, text == "" and "; it is empty"
					or shown("it shows", text)))
			end
			return text
		end)
	end

	function Machine:dump_tty_contents(tty)
		ensure_up(self)
		step("dump_tty_contents", self.name, ("tty%s"):format(tty), function()
			host.log(("%s: tty%s:\n%s"):format(self.name, tty,
				tty_text(self, tty, DEFAULT_S)))
		end)
	end

	-- ---- keys ----

	-- QEMU itself holds the keys, and lets go: none stays down when the test
	-- ends in between.  Before the next one it must be done, because it keeps
	-- only so many.
	local function press(machine, keys, delay)
		local codes = {}
		for i, key in ipairs(keys) do
			codes[i] = { type = "qcode", data = key }
		end
		host.qmp(machine.name, "send-key", { keys = codes,
			["hold-time"] = HELD_S * 1000 // 1 | 0 })
		host.sleep(2 * #keys * HELD_S + delay)
	end

	function Machine:send_key(key, options)
		local keys = host.key(self.name, key)
		step("send_key", self.name, key, press, self, keys,
			options and options.delay or KEY_S)
	end

	function Machine:send_chars(text, options)
		local chords = host.keys(self.name, text)
		step("send_chars", self.name, one_line(text), function()
			for _, keys in ipairs(chords) do
				press(self, keys, options and options.delay or KEY_S)
			end
		end)
	end

	-- ---- the screen ----

	local function need_display(machine)
		if not private[machine].node.display then
			host.raise(machine.name .. ": it has no display: give its node "
				.. "`display = true`")
		end
	end

	function Machine:screenshot(name)
		need_display(self)
		local self_ = private[self]
		if not name then
			self_.n_screenshots = (self_.n_screenshots or 0) + 1
			name = ("%s-%d"):format(self.name, self_.n_screenshots)
		end
		if name:find("[^%w._-]") or name:find("^%.") then
			host.raise(("%s: \"%s\" is no name of a screenshot: letters, "
				.. "digits, '.', '_' and '-'"):format(self.name, name))
		end
		name = name:gsub("%.png$", "") .. ".png"
		return step("screenshot", self.name, name, host.screenshot, self.name,
			name, SCREEN_S)
	end

	function Machine:get_screen_text()
		need_display(self)
		return step("get_screen_text", self.name, "", function()
			return host.read_screen(self.name, SCREEN_S, 1, false)[1]
		end)
	end

	function Machine:get_screen_text_variants()
		need_display(self)
		return step("get_screen_text_variants", self.name, "", function()
			return (host.read_screen(self.name, SCREEN_S, WAYS, true))
		end)
	end

	function Machine:wait_for_text(regex, options)
		local timeout = options and options.timeout or DEFAULT_S
		need_display(self)
		return step("wait_for_text", self.name, regex, function()
			if host.state(self.name) == "off" then
				power_on(self, false)
			end
			local deadline = deadline_in(timeout)
			local texts, matched, mark = {}, false, nil
			local ok = poll(deadline, function()
				local now
				now, matched, mark = host.read_screen(self.name,
					math.min(SCREEN_S, time_left(deadline)), WAYS,
					false, regex, mark)
				texts = #now > 0 and now or texts
				return matched
			end)
			if not ok then
				host.late()
				host.raise(("%s: not within %g s: no text on its screen "
					.. "matches %s%s"):format(self.name,
					host.scaled(timeout), regex, shown_screen(texts)))
			end
			for _, text in ipairs(texts) do
				if host.matches(text, regex) then
					return text
				end
			end
		end)
	end

	-- ---- X ----

	local NO_XWININFO = "it has no xwininfo, which tells the windows of X: "
		.. "add the package x11-utils to its node"

	-- The names of all windows that have one, in the order of xwininfo.
	local function window_names(machine, timeout)
		local text = "command -v xwininfo >/dev/null || exit 127; "
			.. "DISPLAY=${DISPLAY:-:0} xwininfo -root -tree"
		local status, out, err, timed_out = run(machine, text, timeout)
		if status == 127 then
			host.raise(machine.name .. ": " .. NO_XWININFO)
		elseif status ~= 0 then
			return nil, timed_out and "xwininfo has not answered"
				or err:gsub("%s+$", "")
		end
		local names = {}
		for name in out:gmatch("\n *0x%x+ \"([^\n]*)\": %(") do
			names[#names + 1] = name
		end
		return names
	end

	function Machine:wait_for_x(options)
		wait_for("wait_for_x", self, "an X server listens on display 0",
			"grep -q '/tmp/\\.X11-unix/X0$' /proc/net/unix",
			options and options.timeout, true)
	end

	function Machine:get_window_names()
		ensure_up(self)
		return step("get_window_names", self.name, "", function()
			local names, why = window_names(self, DEFAULT_S)
			if not names then
				host.raise(("%s: the windows of X cannot be told: %s"):format(
					self.name, why))
			end
			return names
		end)
	end

	function Machine:wait_for_window(regex, options)
		local timeout = options and options.timeout or DEFAULT_S
		ensure_up(self)
		return step("wait_for_window", self.name, regex, function()
			local deadline = deadline_in(timeout)
			local names, why, found
			local told = attempts()
			local ok = poll(deadline, function()
				names, why = window_names(self, time_left(deadline))
				for _, name in ipairs(names or {}) do
					if host.matches(name, regex) then
						found = name
						return true
					end
				end
				told(names and "there are: " .. table.concat(names, ", ")
					or why)
			end)
			if not ok then
				host.late()
				host.raise(("%s: not within %g s: no window matches %s; %s")
					:format(self.name, host.scaled(timeout), regex,
					names and ("there are: " .. (#names > 0
					and table.concat(names, ", ") or "none")) or why))
			end
			return found
		end)
	end

	-- ---- QEMU ----

	function Machine:send_monitor_command(command)
		return step("send_monitor_command", self.name, command, function()
			return (host.qmp(self.name, "human-monitor-command",
				{ ["command-line"] = command }):gsub("\r\n", "\n"))
		end)
	end

	function Machine:qmp(command, arguments)
		if arguments and next(arguments) == nil then
			arguments = nil -- a table without members might be a list
		end
		return step("qmp", self.name, command, host.qmp, self.name, command,
			arguments)
	end

	-- Each event is returned once: those that an earlier wait returned are
	-- passed over, those that it did not want are not lost.
	function Machine:wait_for_qmp_event(what, options)
		local timeout = options and options.timeout or EVENT_S
		local by_name = type(what) == "string"
		local self_ = private[self]
		self_.events_taken = self_.events_taken or {}
		return step("wait_for_qmp_event", self.name,
			by_name and what or "", function()
			local deadline = deadline_in(timeout)
			local from, passed = 1, {}
			while true do
				local event = host.qmp_event(self.name, from)
				if not event then
					local left = deadline - host.now()
					local ok, why = pcall(host.wait_qmp_event, self.name,
						from, math.max(left, 0) / host.scaled(1))
					if not ok then
						error(why .. (#passed > 0 and ("\nits QMP events "
							.. "so far: " .. table.concat(passed, ", ",
							math.max(1, #passed - 20))) or
							"\nit had no QMP event"), 0)
					end
				else
					from = event.number + 1
					passed[#passed + 1] = event.event
					if not self_.events_taken[event.number]
						and (by_name and (what == "*" or event.event == what)
						or not by_name and what(event)) then
						self_.events_taken[event.number] = true
						return event
					end
				end
			end
		end)
	end
end
