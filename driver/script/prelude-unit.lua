-- prelude-unit: systemd in a guest.

do

local NO_SYSTEMD = 251 -- an exit status that systemctl does not have
local JOURNAL_LINES = 15 -- of a unit, in an error
local ASIDE_S = 30 -- for what only makes an error clearer

-- Shell text that calls systemctl.  The manager of a user listens in the user's
-- run-time directory, and talks to that user only.
local function systemctl_text(words, user)
	local booted = ("[ -d /run/systemd/system ] || exit %d\n"):format(NO_SYSTEMD)
	if not user then
		return booted .. "systemctl --no-pager " .. words
	end
	local who = quoted(user)
	return booted .. ([[
uid=$(id -u %s) && gid=$(id -g %s) || exit
exec setpriv --reuid "$uid" --regid "$gid" --init-groups \
	env XDG_RUNTIME_DIR="/run/user/$uid" \
	DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus" sh -c %s
]]):format(who, who, quoted("systemctl --user --no-pager " .. words))
end

-- Runs systemctl in a machine that is up: status, stdout, stderr, timed out.
local function systemctl(machine, words, user, timeout)
	local status, out, err, timed_out =
		run(machine, systemctl_text(words, user), timeout)
	if status == NO_SYSTEMD then
		host.raise(machine.name .. ": there is no systemd in this guest: "
			.. "give its node `init = \"systemd\"`")
	end
	return status, out, err, timed_out
end

local function one_unit(machine, unit)
	if unit == "" or unit:find("[*?%[%s]") then
		host.raise(("%s: '%s' is not the name of a unit"):format(
			machine.name, unit))
	end
	return quoted(unit)
end

-- The output of `systemctl show`: "Name=value" lines.  A value may have several
-- lines, and a name may come several times.
local function parse_properties(text)
	local properties, last = {}, nil
	for line in text:gmatch("([^\n]*)\n") do
		local name, value = line:match("^(%u[%w]*)=(.*)$")
		if name then
			local before = properties[name]
			properties[name] = before and before .. "\n" .. value or value
			last = name
		elseif last then
			properties[last] = properties[last] .. "\n" .. line
		end
	end
	return properties
end

-- Nobody listens (yet, or at the moment): a manager that is to come.
local function nobody_listens(err)
	return err:find("ailed to connect", 1, true)
		or err:find("Connection re", 1, true) -- refused, reset
		or err:find("endpoint is not connected", 1, true)
		or err:find("Connection timed out", 1, true)
end

local function whose(user)
	return user and (" of user " .. user) or ""
end

-- Properties of a unit; nil and why, if nobody listens.
local function show(machine, unit, user, names, timeout)
	local status, out, err, timed_out = systemctl(machine,
		"show " .. names .. " -- " .. one_unit(machine, unit), user, timeout)
	if status == 0 then
		return parse_properties(out)
	elseif timed_out then
		return nil, "systemctl has not answered"
	elseif nobody_listens(err) then
		return nil, one_line(err)
	end
	host.raise(("%s: cannot ask for unit %s%s: exit status %d%s%s"):format(
		machine.name, unit, whose(user), status, shown("stdout", out),
		shown("stderr", err)))
end

local function show_now(machine, unit, user, names, timeout)
	local properties, why = show(machine, unit, user, names,
		timeout or DEFAULT_S)
	if not properties then
		host.raise(("%s: cannot ask for unit %s%s: %s"):format(machine.name,
			unit, whose(user), why))
	end
	return properties
end

-- What the journal has of a unit last, for an error.
local function journal(machine, unit, user)
	if not unit:find("%.%a+$") then
		unit = unit .. ".service"
	end
	local words = user
		and "_SYSTEMD_USER_UNIT=%s + USER_UNIT=%s"
		or "--unit %s"
	local ok, status, out = pcall(run, machine,
		("journalctl --no-pager --quiet --lines %d "):format(JOURNAL_LINES)
		.. words:gsub("%%s", function() return quoted(unit) end), ASIDE_S)
	return ok and status == 0 and shown("its journal", out) or ""
end

-- Are there jobs, which may start anything yet?
local function has_jobs(machine, user, timeout)
	local status, out =
		systemctl(machine, "show --property NJobs", user, timeout)
	return status ~= 0 or not out:find("^NJobs=0\n")
end

local WAITED_FOR = "--property LoadState --property ActiveState "
	.. "--property SubState --property Result"

local function condition(properties)
	local text = properties.ActiveState or "in no state"
	local sub, result = properties.SubState or "", properties.Result or ""
	if sub ~= "" and sub ~= text then
		text = text .. " (" .. sub .. ")"
	end
	if result ~= "" and result ~= "success" then
		text = text .. ", its result is " .. result
	end
	return text
end

-- Raises when waiting is in vain.
local function check_hope(machine, unit, user, properties, deadline)
	local state = properties.ActiveState
	local why
	if state == "failed" then
		why = ("has failed (%s)"):format(properties.Result or "")
	elseif state ~= "inactive" or has_jobs(machine, user, time_left(deadline)) then
		return
	else
		-- The last of the jobs may have been the one that started it.
		properties = show(machine, unit, user, WAITED_FOR,
			time_left(deadline))
		if not properties or properties.ActiveState ~= "inactive" then
			return
		elseif properties.LoadState == "loaded" then
			why = "is inactive, and no job is about to start it"
		else
			why = ("cannot be started: it is %s"):format(
				properties.LoadState)
		end
	end
	host.raise(("%s: unit %s%s %s%s"):format(machine.name, unit, whose(user),
		why, journal(machine, unit, user)))
end

-- Optional text, then options: those that were left out are nil.
local function optional(...)
	local options, args = split_options(...)
	return options.timeout, args[1], args[2]
end

function Machine:wait_for_unit(unit, ...)
	local timeout, user = optional(...)
	timeout = timeout or DEFAULT_S
	ensure_up(self)
	step("wait_for_unit", self.name, unit .. whose(user), function()
		local deadline = deadline_in(timeout)
		local properties, why
		local told = attempts()
		local ok = poll(deadline, function()
			properties, why = show(self, unit, user, WAITED_FOR,
				time_left(deadline))
			if not properties then
				told(why)
				return false
			elseif properties.ActiveState == "active"
				or properties.ActiveState == "reloading" then
				return true
			end
			told("it is " .. condition(properties))
			check_hope(self, unit, user, properties, deadline)
		end)
		if ok then
			return
		end
		host.late()
		local _, jobs
		if properties then
			_, _, jobs = pcall(systemctl, self, "list-jobs", user, ASIDE_S)
		end
		host.raise(("%s: not within %g s: unit %s%s is active; %s%s%s%s")
			:format(self.name, host.scaled(timeout), unit, whose(user),
			properties and "it is " .. condition(properties) or why,
			not properties and user and " (a service manager comes with "
			.. "a login, or with `loginctl enable-linger`)" or "",
			shown("jobs", jobs or ""),
			properties and journal(self, unit, user) or ""))
	end)
end

function Machine:systemctl(words, ...)
	local timeout, user = optional(...)
	ensure_up(self)
	return step("systemctl", self.name, words .. whose(user), function()
		local status, out, err =
			systemctl(self, words, user, timeout or DEFAULT_S)
		return status, out, err
	end)
end

function Machine:get_unit_info(unit, ...)
	local timeout, user = optional(...)
	ensure_up(self)
	return step("get_unit_info", self.name, unit .. whose(user), function()
		return show_now(self, unit, user, "", timeout)
	end)
end

function Machine:get_unit_property(unit, property, ...)
	local timeout, user = optional(...)
	ensure_up(self)
	return step("get_unit_property", self.name,
		("%s of %s%s"):format(property, unit, whose(user)), function()
		local value = show_now(self, unit, user,
			"--property " .. quoted(property), timeout)[property]
		if not value then
			host.raise(("%s: unit %s%s has no property %s"):format(
				self.name, unit, whose(user), property))
		end
		return value
	end)
end

function Machine:require_unit_state(unit, ...)
	local timeout, state, user = optional(...)
	state = state or "active"
	ensure_up(self)
	step("require_unit_state", self.name,
		("%s%s is %s"):format(unit, whose(user), state), function()
		local properties = show_now(self, unit, user, WAITED_FOR, timeout)
		if properties.ActiveState ~= state then
			host.raise(("%s: unit %s%s must be %s: it is %s%s"):format(
				self.name, unit, whose(user), state,
				condition(properties), journal(self, unit, user)))
		end
	end)
end

local function job(verb)
	return function(machine, unit, ...)
		local timeout, user = optional(...)
		ensure_up(machine)
		return step(verb .. "_job", machine.name, unit .. whose(user), function()
			local status, out, err = systemctl(machine,
				verb .. " -- " .. one_unit(machine, unit), user,
				timeout or DEFAULT_S)
			return status, out, err
		end)
	end
end

Machine.start_job = job("start")
Machine.stop_job = job("stop")

end
