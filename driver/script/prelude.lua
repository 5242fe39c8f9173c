-- prelude: what test scripts call, over the primitives in `host`.  This file and
-- the other prelude-*.lua are one chunk, in the order of run-time.mk.
--
-- Called with the table `host`; returns the table of globals.  What methods
-- take and return is written down in methods-*.c, and checked from there
-- by host.check() before anything here runs.
local host = ...

local DEFAULT_S = 900 -- of a command or a wait, as in the NixOS driver
local BOOT_S = 300 -- for a guest's shell to answer
local STOP_S = 300
local POLL_MIN_S, POLL_MAX_S = 0.05, 1
local SHOWN_MAX = 4000 -- bytes of output in an error
local WITHIN_S = 10 -- for a frame that is expected
local LOOK_S = 0.02 -- between two looks at a capture
local NEAREST_MAX = 5 -- frames in an error
local ATTEMPTS_TOLD = 100 -- reasons for which a step goes on waiting

local pack, unpack = table.pack, table.unpack

-- ---- helpers ----

-- For `local _ <close>`: fn runs when its block is left, however that is.
local function at_end(fn)
	return setmetatable({}, { __close = fn })
end

-- What assertions on frames look at, by step: everything since the subtest
-- began, or since the run did.  In a subtest in which nothing has been done yet,
-- what the last command before it did is meant.
local scopes = { [0] = { since = 0, acted = true, words = "the run began" } }
local last_act = 0 -- when the last command began

local function scope_of(kind, machine, outer)
	if kind == "subtest" then
		return { outer = outer, since = host.now(), before = last_act,
			words = "the subtest began" }
	end
	if kind == "polling_condition" then -- nothing that a subtest does
		return setmetatable({ silent = true }, { __index = outer })
	end
	if (machine or kind == "send") and not outer.silent then
		last_act = host.now()
		local scope = outer
		while scope do
			scope.acted = true
			scope = scope.outer
		end
	end
	return outer
end

-- Runs fn as a step of the log.  Errors pass through as they are.
local function step(kind, machine, text, fn, ...)
	local outer = host.step_begin(kind, machine, text)
	local id = host.step()
	scopes[id] = scope_of(kind, machine, scopes[outer] or scopes[0])
	local ended = false
	-- Of a function that another's error ends, no more than this runs.
	local _ <close> = at_end(function()
		scopes[id] = nil
		if not ended then
			host.step_end(outer, false, "ended before it was done")
		end
	end)
	local results = pack(host.guard(fn, ...))
	ended = true
	if not results[1] then
		host.step_end(outer, false, results[2])
		error(results[2], 0)
	end
	host.step_end(outer, true, nil, results[2])
	return unpack(results, 2, results.n)
end

local function one_line(text)
	text = text:gsub("%s+", " ")
	if #text > 100 then
		text = text:sub(1, 97) .. "..."
	end
	return text
end

-- The end of a long text, for an error.
local function shown(title, text)
	if text == "" then
		return ""
	end
	if #text > SHOWN_MAX then
		text = "[...]" .. text:sub(-SHOWN_MAX)
	end
	return "\n" .. title .. ":\n" .. text:gsub("\n$", "")
end

local function quoted(text)
	return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- The options, when the last of the arguments is a table, and the others.
local function split_options(...)
	local args = pack(...)
	if type(args[args.n]) == "table" then
		local options = args[args.n]
		args[args.n] = nil
		args.n = args.n - 1
		return options, args
	end
	return {}, args
end

-- Deadlines are in the run's time, scaled already.
local function deadline_in(seconds)
	return host.now() + host.scaled(seconds)
end

-- The time-out of a command until then: a moment at least.
local function time_left(deadline)
	return math.max((deadline - host.now()) / host.scaled(1), 1)
end

-- Calls try(last) until it returns true, less and less often.  Past the
-- deadline it is tried once more, with last = true, and false is returned.
local function poll(deadline, try)
	local pause = POLL_MIN_S
	while true do
		local last = host.now() >= deadline
		if try(last) then
			return true
		end
		if last then
			return false
		end
		host.sleep(math.min(pause, math.max(0, deadline - host.now())))
		pause = math.min(pause * 2, POLL_MAX_S)
	end
end

-- What is waited for and is not there yet: told(why) makes it a fact of the log,
-- when there is another reason than last time.
local function attempts()
	local n, n_told, last = 0, 0, nil
	return function(why)
		n = n + 1
		if why ~= last and n_told < ATTEMPTS_TOLD then
			n_told, last = n_told + 1, why
			host.attempt(n, why)
		end
	end
end

-- ---- machines ----

local Machine = {}
local machines = {}
-- What the prelude knows of each machine, out of the scripts' reach.
local private = setmetatable({}, { __mode = "k" })
-- The values that scripts can read of an object, and cannot set.
local members = setmetatable({}, { __mode = "k" })

local function new_object(class, values)
	local object = setmetatable({}, class)
	members[object] = values
	return object
end

-- Runs shell text in a machine that is up: status, stdout, stderr, timed out.
local function run(machine, text, timeout, stdin)
	return host.run(machine.name, text, timeout, stdin)
end

local prepare_coverage, take_coverage -- prelude-coverage.lua

-- Gives a guest that has just booted its identity and its files.
local function configure(machine)
	local node = private[machine].node
	local function must(text, what, stdin)
		local status, out, err = run(machine, text, BOOT_S, stdin)
		if status ~= 0 then
			host.raise(("%s: %s failed with exit status %d%s%s"):format(
				machine.name, what, status, shown("stdout", out),
				shown("stderr", err)))
		end
	end
	if node.identity then
		must(node.identity, "giving it its name and addresses")
	end
	prepare_coverage(machine)
	for _, file in ipairs(node.files) do
		local content, mode = file.text, 420 -- 0644
		if file.host_path then
			local kind
			kind, mode = host.stat(file.host_path)
			if not kind then
				host.raise(mode)
			end
			content = host.read(file.host_path)
		end
		local to = quoted(file.guest_path)
		must(("mkdir -p \"$(dirname %s)\" && cat >%s && chmod %o %s"):format(
			to, to, mode, to), "writing " .. file.guest_path, content)
	end
	if node.setup then
		must(node.setup, "its setup")
	end
end

local rewire -- prelude-port.lua: what holds for a machine that starts anew

local function wire_up(machine)
	local self = private[machine]
	for i, how in pairs(self.cut) do
		host.switch("link.set",
			{ port = self.node.nics[i].port, state = "block" })
		if how == "seen" then
			host.set_link(machine.name, i, false)
		end
	end
	rewire(machine)
end

-- Starts QEMU, with the cables that are cut, and those that are bad.
local function power_on(machine, allow_reboot)
	local self = private[machine]
	self.configured = false
	self.starting = true
	local _ <close> = at_end(function() self.starting = false end)
	self.allow_reboot = allow_reboot
	host.start(machine.name, allow_reboot)
	wire_up(machine)
end

-- Starts it if need be, and waits for its shell.  Several tasks may want the
-- same machine at once: one configures it, the others wait for that.
local function ensure_up(machine)
	local self = private[machine]
	while true do
		local state = host.state(machine.name)
		if state == "up" and self.configured then
			return
		elseif self.starting then
			host.sleep(POLL_MIN_S)
		elseif state == "off" then
			-- Who has lost its machine should not go on with another.
			local how = host.fell(machine.name)
			if how then
				host.raise(("%s: it is off (%s); start() would start it")
					:format(machine.name, how))
			end
			power_on(machine, false)
		elseif self.configuring then
			host.sleep(POLL_MIN_S)
		else
			self.configuring = true
			local _ <close> = at_end(function()
				self.configuring = false
			end)
			local ok, why = pcall(function()
				step("boot", machine.name, "wait for its shell", function()
					host.wait_ready(machine.name, BOOT_S)
				end)
				step("boot", machine.name, "configure it", configure, machine)
			end)
			if not ok then
				error(why, 0)
			end
			self.configured = true
		end
	end
end

local function failed(machine, text, status, out, err, timed_out, timeout)
	if timed_out then
		host.late()
	end
	local how = timed_out
		and ("timed out after %g s"):format(host.scaled(timeout))
		or ("failed with exit status %d"):format(status)
	return ("%s: command %s: %s%s%s"):format(machine.name, how,
		one_line(text), shown("stdout", out), shown("stderr", err))
end

-- What a command is run as.  With `strict`, as the NixOS test driver runs all:
-- by bash, and the first thing that fails ends it.
local STRICT = [[
set -- %s
if command -v bash >/dev/null; then
	exec bash -c "set -euo pipefail; $1"
fi
exec sh -c "set -eu; (set -o pipefail) 2>/dev/null && set -o pipefail; $1"]]

local function as_run(text, options)
	return options and options.strict and STRICT:format(quoted(text)) or text
end

-- succeed() and fail(): each command is a step.
local function run_each(kind, machine, want, ...)
	local options, commands = split_options(...)
	local timeout = options.timeout or DEFAULT_S
	ensure_up(machine)
	local outputs = {}
	for i, text in ipairs(commands) do
		outputs[i] = step(kind, machine.name, text, function()
			local status, out, err, timed_out = run(machine,
				as_run(text, options), timeout, options.stdin)
			if timed_out or want and status ~= 0 then
				host.raise(failed(machine, text, status, out, err,
					timed_out, timeout))
			elseif not want and status == 0 then
				host.raise(("%s: command succeeded, and must not: %s%s%s")
					:format(machine.name, one_line(text),
					shown("stdout", out), shown("stderr", err)))
			end
			return out
		end)
	end
	return table.concat(outputs)
end

function Machine:succeed(...)
	return run_each("succeed", self, true, ...)
end

function Machine:fail(...)
	return run_each("fail", self, false, ...)
end

-- Without check_return or check_output it does not matter whether the shell
-- lives to tell: -1, and -2 for a command that is not even waited for.
function Machine:execute(command, options)
	options = options or {}
	ensure_up(self)
	if options.check_output == false then
		self:spawn(command, { stdin = options.stdin, strict = options.strict,
			kill_after = options.timeout or DEFAULT_S })
		return -2, "", ""
	end
	return step("execute", self.name, command, function()
		local timeout = options.timeout or DEFAULT_S
		if options.check_return == false then
			local handle = host.spawn(self.name, host.command_id(),
				as_run(command, options), timeout, options.stdin)
			local _, _, out, err = host.command_wait(handle,
				timeout + BOOT_S)
			if not err then -- no result, but what has come
				out, err = host.command_output(handle)
			end
			return -1, out, err
		end
		local status, out, err = run(self, as_run(command, options),
			timeout, options.stdin)
		return status, out, err
	end)
end

-- Runs a command until want(status); what it said last is in the error.
local function wait_until(kind, machine, command, options, want)
	local timeout = options and options.timeout or DEFAULT_S
	ensure_up(machine)
	return step(kind, machine.name, command, function()
		local deadline = deadline_in(timeout)
		local status, out, err, timed_out
		local tries, told = 0, attempts()
		local ok = poll(deadline, function()
			status, out, err, timed_out =
				run(machine, as_run(command, options),
					time_left(deadline),
					options and options.stdin)
			tries = tries + 1
			if not timed_out and want(status) then
				return true
			end
			told(timed_out and "timed out"
				or ("exit status %d"):format(status))
		end)
		if not ok then
			host.late()
			host.raise(("%s: not within %g s (%d tries): %s; the last try %s%s%s")
				:format(machine.name, host.scaled(timeout), tries,
				one_line(command), timed_out and "timed out"
				or ("ended with exit status %d"):format(status),
				shown("stdout", out), shown("stderr", err)))
		end
		return out
	end)
end

function Machine:wait_until_succeeds(command, options)
	return wait_until("wait_until_succeeds", self, command, options,
		function(status) return status == 0 end)
end

function Machine:wait_until_fails(command, options)
	return wait_until("wait_until_fails", self, command, options,
		function(status) return status ~= 0 end)
end

-- Whether a TCP port accepts connections.  For the guest itself its own list
-- of listening sockets tells, which needs no tool and disturbs no server.
local function port_test(port, addr)
	if addr == nil or addr == "localhost" then
		return ("cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q "
			.. "'^ *[0-9]*: [0-9A-F]*:%04X [0-9A-F]*:0000 0A '"):format(port)
	end
	-- Busybox's nc has no -z; other ones may have no -e.
	return ("if nc --help 2>&1 | grep -q BusyBox; then nc -w 5 %s %d -e true; "
		.. "else nc -z -w 5 %s %d; fi"):format(quoted(addr), port,
		quoted(addr), port)
end

-- Waits for a silent test in the guest, which exits with 0 or 1.
local function wait_for(kind, machine, what, test, timeout, want)
	timeout = timeout or DEFAULT_S
	ensure_up(machine)
	step(kind, machine.name, what, function()
		local deadline = deadline_in(timeout)
		local status, err, timed_out
		local ok = poll(deadline, function()
			local _
			status, _, err, timed_out =
				run(machine, test, time_left(deadline))
			if status > 1 and not timed_out then
				host.raise(("%s: %s: the guest cannot tell: exit status %d%s")
					:format(machine.name, what, status,
					shown("stderr", err)))
			end
			return not timed_out and (status == 0) == want
		end)
		if not ok then
			host.late()
			host.raise(("%s: not within %g s: %s%s%s"):format(machine.name,
				host.scaled(timeout), what,
				timed_out and "; the last look timed out" or "",
				shown("stderr", err)))
		end
	end)
end

function Machine:wait_for_open_port(port, options)
	options = options or {}
	wait_for("wait_for_open_port", self,
		("TCP port %d of %s is open"):format(port,
		options.addr or "localhost"), port_test(port, options.addr),
		options.timeout, true)
end

function Machine:wait_for_closed_port(port, options)
	options = options or {}
	wait_for("wait_for_closed_port", self,
		("TCP port %d of %s is closed"):format(port,
		options.addr or "localhost"), port_test(port, options.addr),
		options.timeout, false)
end

-- The guest's own list of sockets tells, by the name that a socket was bound by;
-- where there is `ss`, it also finds one whose file was renamed since.
local function unix_socket_test(addr, is_datagram)
	return ([[addr=%s
[ -S "$addr" ] || exit 1
while read -r slot count protocol flags type state inode path; do
	[ "$flags $type" = "%s" ] || continue
	[ "$path" = "$addr" ] || [ "$path" -ef "$addr" ] && exit 0
done </proc/net/unix
command -v ss >/dev/null || exit 1
set -- $(stat -L -c '%%i %%d' "$addr")
device=$(($2 >> 8 & 4095))/$(($2 & 255 | $2 >> 12 & 1048320))
ss -xae | grep -Eq "^(%s) .* ino:$1 dev:$device( |$)"]]):format(quoted(addr),
		is_datagram and "00000000 0002" or "00010000 0001",
		is_datagram and "u_dgr +UNCONN" or "u_str +LISTEN")
end

function Machine:wait_for_open_unix_socket(addr, options)
	options = options or {}
	wait_for("wait_for_open_unix_socket", self,
		("unix socket %s is open"):format(addr),
		unix_socket_test(addr, options.is_datagram), options.timeout, true)
end

function Machine:wait_for_file(path, options)
	wait_for("wait_for_file", self, path .. " exists",
		"test -e " .. quoted(path), options and options.timeout, true)
end

function Machine:wait_for_console_text(regex, options)
	return step("wait_for_console_text", self.name, regex, function()
		if host.state(self.name) == "off" then
			power_on(self, false)
		end
		return host.wait_console(self.name, regex,
			options and options.timeout or DEFAULT_S)
	end)
end

-- Calls fn(index, nic) for the interfaces that the options choose.
local function each_nic(machine, options, fn)
	local nics = private[machine].node.nics
	local n = 0
	if options.nic and not nics[options.nic] then
		host.raise(("%s: there is no interface %d, only %d"):format(
			machine.name, options.nic, #nics))
	end
	for i, nic in ipairs(nics) do
		if (not options.vlan or nic.vlan == options.vlan)
			and (not options.nic or options.nic == i) then
			fn(i, nic)
			n = n + 1
		end
	end
	if n == 0 then
		host.raise(("%s: it has no interface on vlan%d"):format(machine.name,
			options.vlan or 0))
	end
end

local function links_text(options)
	return options.vlan and ("vlan%d"):format(options.vlan)
		or options.nic and ("interface %d"):format(options.nic)
		or "every link"
end

-- Cables stay as they are while a machine is off: power_on() sets them.
local function set_links(machine, options, state)
	local cut = private[machine].cut
	each_nic(machine, options, function(i, nic)
		cut[i] = state == "block" and (options.silent and "silent" or "seen")
			or nil
		if host.state(machine.name) == "off" then
			return
		end
		host.switch("link.set", { port = nic.port, state = state })
		if not options.silent then
			host.set_link(machine.name, i, state == "unblock")
		end
	end)
end

function Machine:block(options)
	options = options or {}
	step("block", self.name, links_text(options), set_links, self, options,
		"block")
end

function Machine:unblock(options)
	options = options or {}
	step("unblock", self.name, links_text(options), set_links, self, options,
		"unblock")
end

function Machine:start(options)
	local allow_reboot = options and options.allow_reboot or false
	if host.state(self.name) == "off" then
		step("start", self.name, "", power_on, self, allow_reboot)
	end
end

function Machine:shutdown(options)
	if host.state(self.name) == "off" then
		return
	end
	step("shutdown", self.name, "", function()
		ensure_up(self)
		take_coverage(self)
		host.expect_end(self.name)
		-- The shell may be gone before it can answer.
		pcall(run, self, "poweroff", 30)
		host.wait_off(self.name, options and options.timeout or STOP_S)
		private[self].configured = false
	end)
end

function Machine:wait_for_shutdown(options)
	step("wait_for_shutdown", self.name, "", function()
		host.expect_end(self.name)
		host.wait_off(self.name, options and options.timeout or DEFAULT_S)
		private[self].configured = false
	end)
end

function Machine:crash()
	if host.state(self.name) == "off" then
		return
	end
	step("crash", self.name, "", function()
		take_coverage(self)
		host.kill(self.name)
		host.wait_off(self.name, STOP_S)
		private[self].configured = false
	end)
end

function Machine:reboot(options)
	step("reboot", self.name, "", function()
		ensure_up(self)
		take_coverage(self)
		-- Whatever it was started with: this reset is wanted.
		host.qmp(self.name, "set-action", { reboot = "reset" })
		host.expect_reboot(self.name)
		private[self].configured = false
		pcall(run, self, "reboot", 30)
		host.wait_ready(self.name, options and options.timeout or STOP_S)
		ensure_up(self)
	end)
end

function Machine:is_up()
	return host.state(self.name) == "up"
end

function Machine:sleep(seconds)
	ensure_up(self)
	step("sleep", self.name, ("%g s of its time"):format(seconds), function()
		local status = run(self, ("sleep %.3f"):format(seconds),
			seconds + BOOT_S)
		if status ~= 0 then
			host.raise(("%s: sleep ended with exit status %d"):format(
				self.name, status))
		end
	end)
end

local function text_of(...)
	local words = pack(...)
	for i = 1, words.n do
		words[i] = tostring(words[i])
	end
	return table.concat(words, " ")
end

function Machine:log(...)
	host.log(self.name .. ": " .. text_of(...))
end
