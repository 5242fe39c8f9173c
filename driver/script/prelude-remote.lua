-- prelude-remote: what calls from outside of the script reach: methods by their
-- names, and what a person at a prompt types.  Ends what prelude-globals began.

do
	-- What may be named from outside, by kind and name; [""] has the names of
	-- the objects, at 0 how many were numbered, and at -1 how many of these
	-- there are.
	local objects = { machine = {}, segment = {}, port = {},
		[""] = { [0] = 0, [-1] = 0 } }
	local function name_object(kind, object)
		objects[kind][object.name] = object
		objects[""][object] = object.name
	end
	for _, machine in ipairs(machines) do
		name_object("machine", machine)
		for _, port in ipairs(private[machine].ports) do
			name_object("port", port)
		end
	end
	for _, vlan in ipairs(host.vlans) do
		name_object("segment", globals[("vlan%d"):format(vlan)])
	end

	local served = {}
	local CAPTURE_MAX = 500 -- frames in one answer

	function served.method(owner, name, is_function, self, ...)
		local found
		if owner == "global" then
			found = globals
			for word in name:gmatch("[^.]+") do -- "json.encode"
				found = found[word]
			end
		else
			found = self[name]
		end
		if not is_function then
			return found
		elseif owner == "global" then
			return found(...)
		end
		return found(self, ...)
	end

	-- A subtest, or what a client's language has in its place.
	function served.subtest(call, name, kind, machine)
		if machine and not objects.machine[machine] then
			host.raise(("there is no machine \"%s\""):format(machine))
		end
		return step(kind or "subtest", machine, name,
			function() host.hold(call) end)
	end

	function served.forget(object)
		local id = objects[""][object]
		if math.type(id) == "integer" then
			for kind, of_kind in pairs(objects) do
				if kind ~= "" and of_kind[id] == object then
					of_kind[id] = nil
				end
			end
			objects[""][object] = nil
			objects[""][-1] = objects[""][-1] - 1
		end
	end

	-- A shell whose terminal is elsewhere: it has all the time it wants.
	function served.shell(machine, text)
		ensure_up(machine)
		step("shell", machine.name, "", function()
			local status, _, err = run(machine, text)
			if status == 126 or status == 127 then
				host.raise(("%s: no shell can be started there%s")
					:format(machine.name, shown("stderr", err)))
			end
		end)
	end

	-- What the capture has by now: no step of the log, and waits for nothing.
	function served.capture(segment, filter, since)
		local watch <close> = host.watch(private[segment], filter,
			since or 0)
		local frames = read_frames(watch, CAPTURE_MAX, {})
		for i, frame in ipairs(frames) do
			frames[i] = { number = frame.number, time = frame.time,
				port = frame.port, line = tostring(frame) }
		end
		return frames
	end

	-- Runs test_script; of its subtests only those named, if any are.
	function served.run(...)
		local names = pack(...)
		if wanted then
			host.raise("test_script runs already")
		end
		wanted = { [""] = names.n == 0 or nil }
		for _, name in ipairs(names) do
			wanted[name] = "not met"
		end
		local _ <close> = at_end(function() wanted = nil end)
		host.test_script()()
		for _, name in ipairs(names) do
			if wanted[name] == "not met" then
				host.raise(("test_script came to its end without a "
					.. "subtest \"%s\""):format(name))
			end
		end
	end

	-- ---- a prompt ----

	local SHOWN_DEPTH, SHOWN_MEMBERS, SHOWN_WIDTH = 4, 100, 72

	-- A value as a person reads it.
	local function show(value, depth, indent)
		local kind = type(value)
		if kind == "string" then
			if depth == 0 and value:find("\n") then
				return (value:gsub("\n$", ""))
			end
			return (("%q"):format(value):gsub("\\\n", "\\n"))
		elseif kind == "function" then
			return "function"
		elseif kind ~= "table" then
			return tostring(value)
		end
		local is_named, name = pcall(tostring, value)
		if getmetatable(value) ~= nil and is_named then
			return name
		elseif next(value) == nil then
			return "{}"
		elseif depth >= SHOWN_DEPTH then
			return "{ ... }"
		end
		local inner = indent .. "  "
		local parts, counted, n = {}, 0, 0
		for i, member in ipairs(value) do
			counted = i
			if i <= SHOWN_MEMBERS then
				parts[i] = show(member, depth + 1, inner)
			end
		end
		local keys = {}
		for key in pairs(value) do
			if math.type(key) ~= "integer" or key < 1 or key > counted then
				keys[#keys + 1] = key
			end
		end
		table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
		for i, key in ipairs(keys) do
			n = i
			if i <= SHOWN_MEMBERS then
				local word = type(key) == "string"
					and key:match("^[%a_][%w_]*$")
					or "[" .. show(key, depth + 1, inner) .. "]"
				parts[#parts + 1] = word .. " = "
					.. show(value[key], depth + 1, inner)
			end
		end
		if n + counted > #parts then
			parts[#parts + 1] = ("... %d more"):format(
				n + counted - #parts)
		end
		local text = "{ " .. table.concat(parts, ", ") .. " }"
		if #text + #indent <= SHOWN_WIDTH and not text:find("\n") then
			return text
		end
		return "{\n" .. inner .. table.concat(parts, ",\n" .. inner) .. "\n"
			.. indent .. "}"
	end

	local typed = {} -- what is at a prompt, and nowhere else

	function typed.test_script()
		return served.run()
	end

	function typed.run_subtest(...)
		local n = select("#", ...)
		for i = 1, n do
			if type((select(i, ...))) ~= "string" then
				host.raise("run_subtest: the names of subtests; subtests() "
					.. "lists them")
			end
		end
		if n == 0 then
			host.raise("run_subtest: no name; subtests() lists them")
		end
		return served.run(...)
	end

	typed.subtests = host.subtests

	function typed.help(what)
		if type(what) == "table" then
			what = tostring(what)
		end
		local text = host.describe(what)
		if not text then
			host.raise(("help: there is no method \"%s\""):format(
				tostring(what)))
		end
		return text
	end

	-- One for all prompts of a run, so that what is assigned stays.
	local environment = setmetatable({}, {
		__index = function(_, key)
			local found = typed[key]
			local failure = host.failure()
			if found == nil and failure then
				found = failure.locals[key]
			end
			if found == nil and key == "locals" then
				return failure and failure.locals or {}
			end
			if found ~= nil then
				return found
			end
			local ok
			ok, found = pcall(function() return _G[key] end)
			if not ok then
				-- The place is ours, not that of who typed it.
				error((found:gsub("^prelude:%d+: ", "")), 0)
			end
			return found
		end,
	})

	function served.eval(text, name)
		-- An expression is looked at, a statement is run.
		local chunk, why, begun =
			host.compile("return " .. text, name, environment)
		local unfinished
		if not chunk then
			chunk, why, unfinished = host.compile(text, name, environment)
		end
		if not chunk and (begun or unfinished) then
			return false
		elseif not chunk then
			error(why, 0)
		end
		local results = pack(chunk())
		for i = 1, results.n do
			results[i] = show(results[i], 0, "")
		end
		return true, unpack(results, 1, results.n)
	end

	host.serve(served, objects)
end

return globals
