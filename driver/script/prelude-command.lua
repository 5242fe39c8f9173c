-- prelude-command: commands in the background.

local Command = {}
local command_class -- prelude-globals.lua
do

function Machine:spawn(command, options)
	options = options or {}
	ensure_up(self)
	local id = host.command_id()
	local name = ("%s#%d"):format(self.name, id)
	return step("spawn", self.name, ("#%d: %s"):format(id, command), function()
		local handle = host.spawn(self.name, id,
			as_run(command, options), options.kill_after,
			options.stdin, options.open_stdin)
		local object = new_object(command_class, { name = name })
		private[object] = { handle = handle, machine = self.name,
			id = id, text = command }
		return object
	end)
end

-- Runs fn(handle) as a step of the command's machine.
local function command_step(kind, command, text, fn)
	local self = private[command]
	return step(kind, self.machine, ("#%d%s"):format(self.id,
		text ~= "" and ": " .. text or ""), fn, self.handle)
end

-- "client#1: <what>: tcpdump -i eth1", and what it has written.
local function raise_about(command, what, out, err)
	local self = private[command]
	if not out then
		out, err = host.command_output(self.handle)
	end
	host.raise(("%s: %s: %s%s%s"):format(command.name, what,
		one_line(self.text), shown("stdout", out), shown("stderr", err)))
end

-- Waits for its end: status, stdout, stderr, whether kill_after ended it.
local function wait_for_end(command, handle, options)
	local timeout = options and options.timeout or DEFAULT_S
	local ended, status, out, err, timed_out =
		host.command_wait(handle, timeout)
	if ended == nil then
		raise_about(command, status) -- why
	elseif not ended then
		host.late()
		raise_about(command, ("it still runs after %g s"):format(
			host.scaled(timeout)))
	end
	return status, out, err, timed_out
end

function Command:wait(options)
	return command_step("wait", self, "", function(handle)
		local status, out, err = wait_for_end(self, handle, options)
		return status, out, err
	end)
end

function Command:succeed(options)
	return command_step("succeed", self, "", function(handle)
		local status, out, err, timed_out =
			wait_for_end(self, handle, options)
		if status ~= 0 then
			raise_about(self, timed_out and "it was killed by kill_after"
				or ("it failed with exit status %d"):format(status),
				out, err)
		end
		return out
	end)
end

function Command:fail(options)
	return command_step("fail", self, "", function(handle)
		local status, out, err, timed_out =
			wait_for_end(self, handle, options)
		if status == 0 or timed_out then
			raise_about(self, timed_out and "it was killed by kill_after"
				or "it succeeded, and must not", out, err)
		end
		return out
	end)
end

function Command:wait_for_output(regex, options)
	local timeout = options and options.timeout or DEFAULT_S
	return command_step("wait_for_output", self, regex, function(handle)
		local line = host.command_line(handle, regex, timeout)
		if line == nil then
			raise_about(self, ("it has ended, and no line matches %s")
				:format(regex))
		elseif not line then
			host.late()
			raise_about(self, ("within %g s no line matches %s"):format(
				host.scaled(timeout), regex))
		end
		return line
	end)
end

function Command:write(text, options)
	local timeout = options and options.timeout or DEFAULT_S
	command_step("write", self, one_line(text), function(handle)
		local taken = host.command_write(handle, text, timeout)
		if taken == nil then
			raise_about(self, host.command_runs(handle)
				and "its stdin is not open (open_stdin)"
				or "it has ended, and reads no more")
		elseif not taken then
			host.late()
			raise_about(self, ("it has not read its stdin for %g s")
				:format(host.scaled(timeout)))
		end
	end)
end

function Command:close_stdin()
	command_step("close_stdin", self, "", host.command_close)
end

function Command:kill(signal)
	command_step("kill", self, signal or "KILL", function(handle)
		host.command_signal(handle, signal or "KILL")
	end)
end

function Command:output()
	return host.command_output(private[self].handle)
end

function Command:is_running()
	return host.command_runs(private[self].handle)
end

end
