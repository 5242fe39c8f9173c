-- prelude-port: what is done to frames on their way, at ports of machines and on
-- segments.

local Port = {}
local netems = setmetatable({}, { __mode = "k" }) -- by wire, then by direction
local n_seeds = 0

-- A seed that is the same in every run with the same --seed.
local function next_seed()
	n_seeds = n_seeds + 1
	return (host.seed + n_seeds) & 0x7fffffff
end

local function is_segment(wire)
	return type(private[wire]) ~= "table"
end

-- A port is there only while its machine runs.
local function is_there(wire)
	return is_segment(wire) or host.state(private[wire].machine) ~= "off"
end

local function need_port(port)
	if not is_there(port) then
		host.raise(("%s: %s is off"):format(port.name,
			private[port].machine))
	end
end

local function call_of(wire, words, dir)
	local params = { dir = dir }
	for key, value in pairs(words) do
		params[key] = value
	end
	params[is_segment(wire) and "segment" or "port"] = wire.name
	return params
end

-- The directions that are meant: tc's is the way out of a port, but a frame
-- should meet what is set of a segment once.
local function directions(wire, dir)
	if dir == "in" or dir == "out" then
		return { dir }
	end
	return not dir and is_segment(wire) and { "in" } or { "in", "out" }
end

-- netem: words, or none of them to undo.  Returns the seed.
local function set_netem(wire, options)
	local words, dir = {}, options.dir
	for key, value in pairs(options) do
		if key ~= "dir" then
			words[key] = value
		end
	end
	local undo = next(words) == nil
	if undo then
		if is_there(wire) then
			host.switch("netem.del", call_of(wire, {}, dir))
		end
	else
		if words.spec and not words.spec:find("%f[%a]seed%f[%A]") then
			words.spec = ("%s seed %d"):format(words.spec, next_seed())
		elseif not words.spec and not words.seed then
			words.seed = next_seed()
		end
		if is_there(wire) then
			host.switch("netem.set", call_of(wire, words, dir))
		end
	end
	local set = {}
	for key, value in pairs(netems[wire] or {}) do
		set[key] = value
	end
	for _, d in ipairs(undo and not dir and { "in", "out" }
		or directions(wire, dir)) do
		set[d] = not undo and words or nil
	end
	netems[wire] = set
	return words.seed
end

-- As it was; call() is host.switch, or host.tell where nothing can be waited for.
local function restore_netem(wire, before, call)
	netems[wire] = before
	if not is_there(wire) then
		return
	end
	for _, dir in ipairs({ "in", "out" }) do
		local words = before and before[dir]
		if words then
			call("netem.set", call_of(wire, words, dir))
		else
			call("netem.del", call_of(wire, {}, dir))
		end
	end
end

function rewire(machine)
	for _, port in ipairs(private[machine].ports) do
		for dir, words in pairs(netems[port] or {}) do
			host.switch("netem.set", call_of(port, words, dir))
		end
	end
end

local function words_text(wire, options)
	local words = {}
	for key, value in pairs(options) do
		words[#words + 1] = ("%s %s"):format(key, tostring(value))
	end
	table.sort(words)
	return ("%s: %s"):format(wire.name,
		#words > 0 and table.concat(words, ", ") or "as a wire")
end

local function netem(self, options)
	options = options or {}
	return step("netem", nil, words_text(self, options), set_netem, self,
		options)
end

Port.netem = netem
Segment.netem = netem

local function with_netem(wire, options, fn)
	if type(options) == "function" then
		options, fn = {}, options
	end
	if not fn then
		host.raise("with_netem: there is no function to call")
	end
	return step("with_netem", nil, words_text(wire, options), function()
		local before, ended = netems[wire], false
		set_netem(wire, options)
		local _ <close> = at_end(function()
			if not ended then
				restore_netem(wire, before, host.tell)
			end
		end)
		local results = pack(fn())
		ended = true
		restore_netem(wire, before, host.switch)
		return unpack(results, 1, results.n)
	end)
end

-- A rule of the plugin link: filter, n, {nth=, dir=}.
local function add_rule(kind, port, filter, n, options, more)
	if type(n) == "table" then
		n, options = nil, n
	end
	options = options or {}
	local text = ("%s: %s"):format(port.name, filter)
	step(kind, nil, text, function()
		need_port(port)
		local params = { port = port.name, filter = filter, count = n or 1,
			nth = options.nth, direction = options.dir }
		for key, value in pairs(more or {}) do
			params[key] = value
		end
		host.switch("link." .. kind, params)
	end)
end

function Port:hold(filter, n, options)
	add_rule("hold", self, filter, n, options)
end

function Port:drop(filter, n, options)
	add_rule("drop", self, filter, n, options)
end

function Port:delay(filter, seconds, n, options)
	add_rule("delay", self, filter, n, options,
		{ ms = math.max(1, math.floor(seconds * 1000 + 0.5)) })
end

function Port:release()
	return step("release", nil, self.name, function()
		need_port(self)
		local n = 0
		for _, shown in ipairs(host.switch("link.show",
			{ port = self.name })) do
			for _, rule in ipairs(shown.rules) do
				if rule.action == "hold" then
					n = n + host.switch("link.release",
						{ id = rule.id }).released
					host.switch("link.forget", { id = rule.id })
				end
			end
		end
		return n
	end)
end

-- A line between the frames of a segment's capture.
local function put_mark(segment, text)
	host.switch("capture.mark", { segment = segment, text = text })
	host.marked(segment, text)
end

function Segment:mark(text)
	step("mark", nil, ("%s: %s"):format(self.name, text), function()
		host.switch("switch.sync") -- frames of before come before it
		put_mark(self.name, text)
	end)
end
