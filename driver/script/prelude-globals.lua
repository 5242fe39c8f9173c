-- prelude-globals: what belongs to no machine or segment, and the table of
-- globals that the prelude returns.

local globals = { with_netem = with_netem }

function globals.start_all()
	for _, machine in ipairs(machines) do
		Machine.start(machine)
	end
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

function globals.retry(fn, options)
	options = options or {}
	local timeout = options.timeout or DEFAULT_S
	return step("retry", nil, "", function()
		local deadline = deadline_in(timeout)
		while true do
			local last = host.now() >= deadline
			local result = fn(last)
			if result then
				return result
			elseif last then
				host.late()
				host.raise(("not within %g s: the function still returns %s")
					:format(host.scaled(timeout), tostring(result)))
			end
			host.sleep(options.interval or 1)
		end
	end)
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
local function class(owner, methods)
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
		__metatable = false,
	}
end

local machine_class = class("machine", Machine)
local segment_class = class("segment", Segment)
local port_class = class("port", Port)
watch_class = class("watch", Watch)

globals = checked("global", globals)
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
end
globals.machines = machines
globals.packet = packet
globals.seed = host.seed
math.randomseed(host.seed)
