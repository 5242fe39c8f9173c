-- prelude-globals: what belongs to no machine or segment, and the table of
-- globals that the prelude returns.

local globals = { with_netem = with_netem }
for name, fn in pairs(condition_globals) do
	globals[name] = fn
end

function globals.start_all()
	local starts = {}
	for i, machine in ipairs(machines) do
		starts[i] = function() Machine.start(machine) end
	end
	host.parallel(unpack(starts))
end

-- While a person runs test_script: which subtests are wanted, by name, and
-- whether they were met; "" wants all.
local wanted
function globals.subtest(name, fn)
	if wanted and not wanted[""] and not wanted[name] then
		return
	elseif wanted then
		wanted[name] = "met"
	end
	return step("subtest", nil, name, fn)
end

function globals.parallel(...)
	return step("parallel", nil, ("%d functions"):format(select("#", ...)),
		function(...) return unpack(host.parallel(...)) end, ...)
end

function globals.join_all(options)
	local waits = {}
	for _, machine in ipairs(machines) do
		if host.state(machine.name) ~= "off" then
			table.insert(waits, function()
				Machine.wait_for_shutdown(machine, options)
			end)
		end
	end
	step("join_all", nil, ("%d machines"):format(#waits), host.parallel,
		unpack(waits))
end

function globals.nested(text, fn)
	return step("nested", nil, text, fn)
end

function Machine:nested(text, fn)
	return step("nested", self.name, text, fn)
end

function globals.serial_stdout_on()
	host.show_serial(true)
end

function globals.serial_stdout_off()
	host.show_serial(false)
end

function globals.defer(fn)
	return at_end(function() fn() end)
end

function globals.sleep(seconds)
	step("sleep", nil, ("%g s"):format(seconds), host.sleep, seconds)
end

function globals.now()
	return host.now()
end

function globals.log(...)
	host.log(text_of(...))
end
globals.print = globals.log

function globals.breakpoint()
	host.pause()
end

-- ---- putting it together ----

-- Every call is checked against the table of methods first.
local function checked(owner, methods)
	local result = {}
	for name, fn in pairs(methods) do
		result[name] = function(...)
			host.check(owner, name, ...)
			return fn(...)
		end
	end
	return result
end

-- Objects are read only, and have no members but those in the table.
local function class(owner, methods, on_close)
	local callable = checked(owner, methods)
	return {
		__name = owner,
		__index = function(self, key)
			local found = members[self][key] or callable[key]
			if found == nil then
				host.raise(host.unknown_member(owner, tostring(key)))
			end
			return found
		end,
		__newindex = function(self, key)
			host.raise(("%s: its members cannot be set (%s)"):format(
				self.name, tostring(key)))
		end,
		__tostring = function(self) return self.name end,
		__close = on_close,
		__metatable = false,
	}
end

local machine_class = class("machine", Machine)
local segment_class = class("segment", Segment)
local port_class = class("port", Port)
watch_class = class("watch", Watch)
condition_class = class("condition", Condition)
command_class = class("command", Command, function(self)
	host.command_signal(private[self].handle, "KILL")
end)

-- A table of functions, whose rows are "json.encode" and the like.
local function library(name, functions, values)
	local dotted = {}
	for key, fn in pairs(functions) do
		dotted[name .. "." .. key] = fn
	end
	dotted = checked("global", dotted)
	for key in pairs(functions) do
		values[key] = dotted[name .. "." .. key]
	end
	return setmetatable({}, {
		__index = function(_, key)
			if values[key] == nil then
				host.raise(host.unknown_member("global",
					name .. "." .. tostring(key)))
			end
			return values[key]
		end,
		__newindex = function(_, key)
			host.raise(("%s: its members cannot be set (%s)"):format(
				name, tostring(key)))
		end,
		__metatable = false,
	})
end

globals = checked("global", globals)
globals.json = library("json", { encode = host.json_encode,
	decode = host.json_decode, array = host.json_array },
	{ null = host.json_decode("null") })
globals.base64 = library("base64", { encode = host.base64_encode,
	decode = host.base64_decode }, {})
globals.lab = library("lab", Lab, {})
globals.vlans = {}
for i, node in ipairs(host.nodes) do
	local values = { name = node.name }
	local machine = new_object(machine_class, values)
	private[machine] = { node = node, cut = {}, ports = {} }
	for _, nic in ipairs(node.nics) do
		local port = new_object(port_class, { name = nic.port,
			mac = nic.mac, ipv4 = nic.ipv4, ipv6 = nic.ipv6,
			vlan = nic.vlan })
		values[nic.name] = port
		private[port] = { machine = node.name }
		table.insert(private[machine].ports, port)
	end
	machines[i] = machine
	globals[(node.name:gsub("-", "_"))] = machine
end
if #machines == 1 then
	globals.machine = machines[1]
end
for _, vlan in ipairs(host.vlans) do
	local segment = new_object(segment_class,
		{ name = ("vlan%d"):format(vlan) })
	private[segment] = vlan
	globals[segment.name] = segment
	table.insert(globals.vlans, segment)
end
globals.machines = machines
globals.packet = packet
globals.seed = host.seed
math.randomseed(host.seed)
