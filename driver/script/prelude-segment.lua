-- prelude-segment: what crosses the segments, and what is said of it.

local Segment = {}
local Watch = {}
local watch_class
local FRAMES_MAX = 20000 -- about what Lua has memory for

-- The time from which on what is sent is new: all before has been seen.
local function from_now()
	host.switch("switch.sync")
	return host.now()
end

-- Waits until whatever was sent before is in the capture.  Returns how many
-- frames the capture has missed.
local function settle(vlan)
	host.switch("switch.sync")
	local function look()
		return host.switch("capture.show", { id = host.capture_id(vlan) })[1]
	end
	local want = look().accepted_bytes
	local deadline = deadline_in(30)
	local capture
	local ok = poll(deadline, function()
		capture = look()
		-- A switch that has replaced another one counts from 0 again.
		want = math.min(want, capture.accepted_bytes)
		return capture.written_bytes >= want or capture.state ~= "running"
	end)
	if not ok or capture.written_bytes < want then
		host.raise(("vlan%d: its capture is incomplete: %s"):format(vlan,
			capture.error or capture.state))
	end
	return capture.dropped
end

-- For what must have seen every frame.
local function settle_whole(vlan)
	local missed = settle(vlan)
	if missed > 0 then
		host.raise(("vlan%d: its capture has missed %d frames")
			:format(vlan, missed))
	end
end

-- filter, options, fn: each may be left out.
local function arguments(filter, options, fn)
	if type(filter) == "table" then
		filter, options, fn = nil, filter, options
	elseif type(filter) == "function" then
		filter, options, fn = nil, nil, filter
	end
	if type(options) == "function" then
		options, fn = nil, options
	end
	return filter, options or {}, fn
end

local function port_name(port)
	return type(port) == "table" and port.name or port
end

-- Where an assertion begins to look.
local function origin_of(options, fn)
	if fn then
		return { since = from_now(), words = "the function began" }
	elseif options.since then
		return { since = options.since,
			words = ("%.3f s of the run"):format(options.since) }
	end
	local scope = scopes[host.step()] or scopes[0]
	if scope.acted then
		return scope
	end
	return { since = scope.before,
		words = "the last command before the subtest" }
end

-- One who looks: where, for what, since when.
local function new_look(segment, filter, options, origin)
	return { vlan = private[segment], segment = segment.name,
		filter = filter, port = port_name(options.port), origin = origin }
end

local function open_watch(look)
	return host.watch(look.vlan, look.filter, look.origin.since, look.port)
end

local function what(look)
	return (look.filter or "any frame")
		.. (look.port and " from " .. look.port or "")
end

local function read_frames(watch, max, frames)
	for _, frame in ipairs(host.watch_read(watch, max)) do
		frames[#frames + 1] = setmetatable(frame, frame_class)
	end
	return frames
end

-- "  0.412 client.eth1: IP 10.0.0.1 > ...", by seconds since the origin.
local function frame_line(look, frame)
	return ("\n  %.3f %s: %s"):format(frame.time - look.origin.since,
		frame.port, rawget(frame, "line") or tostring(frame))
end

-- Facts of the log: the frames that an assertion has found.
local function note_frames(look, frames)
	for i = 1, math.min(#frames, NEAREST_MAX) do
		host.found(look.segment, frames[i].number, frames[i].port,
			tostring(frames[i]), frames[i].time)
	end
end

local function nearest_text(look)
	local watch <close> = open_watch(look)
	local nearest, n = host.watch_nearest(watch, NEAREST_MAX)
	if n == 0 then
		return ("\nno frame at all%s since %s"):format(
			look.port and " from " .. look.port or "", look.origin.words)
	end
	local lines = {}
	for i, frame in ipairs(nearest) do
		lines[i] = frame_line(look, frame)
	end
	return ("\nthe nearest of %d frames, by seconds since %s:%s"):format(n,
		look.origin.words, table.concat(lines))
end

-- Reads until there are so many, or time is up.
local function expect_frames(look, options)
	local want = options.count or 1
	local within = options.within or WITHIN_S
	local watch <close> = open_watch(look)
	local deadline = deadline_in(within)
	local frames, missed = {}, settle(look.vlan)
	while true do
		read_frames(watch, want - #frames, frames)
		if #frames >= want then
			note_frames(look, frames)
			return frames
		elseif host.now() >= deadline then
			break
		end
		host.sleep(math.min(LOOK_S, math.max(0, deadline - host.now())))
	end
	missed = math.max(missed, settle(look.vlan))
	read_frames(watch, want - #frames, frames)
	note_frames(look, frames)
	if #frames >= want then
		return frames
	end
	host.late()
	host.raise(("%s: %d of %d frames within %g s: %s%s%s"):format(
		look.segment, #frames, want, host.scaled(within), what(look),
		missed > 0 and ("\nits capture has missed %d frames"):format(missed)
		or "", nearest_text(look)))
end

local function expect_no_frames(look, options)
	local watch <close> = open_watch(look)
	local found = {}
	if options.during then
		local deadline = deadline_in(options.during)
		while host.now() < deadline and #read_frames(watch, 1, found) == 0 do
			host.sleep(math.min(LOOK_S,
				math.max(0, deadline - host.now())))
		end
	end
	if #found == 0 then
		settle_whole(look.vlan)
	end
	read_frames(watch, NEAREST_MAX - #found, found)
	if #found == 0 then
		return
	end
	note_frames(look, found)
	local n = #found + host.watch_count(watch)
	local lines = {}
	for i, frame in ipairs(found) do
		lines[i] = frame_line(look, frame)
	end
	host.raise(("%s: %d frame%s must not be there: %s\n"
		.. "the first, by seconds since %s:%s"):format(look.segment, n,
		n == 1 and "" or "s", what(look), look.origin.words,
		table.concat(lines)))
end

local function count_frames(look)
	settle_whole(look.vlan)
	local watch <close> = open_watch(look)
	return host.watch_count(watch)
end

local function list_frames(look, options)
	settle_whole(look.vlan)
	local watch <close> = open_watch(look)
	local frames = read_frames(watch, options.limit or FRAMES_MAX + 1, {})
	if not options.limit and #frames > FRAMES_MAX then
		host.raise(("%s: more than %d frames match; narrow the "
			.. "filter, or give a limit"):format(look.segment,
			FRAMES_MAX))
	end
	return frames
end

-- Of frames() and count(): everything so far, unless told otherwise.
local function so_far(options)
	return { since = options.since or 0, words = "the run began" }
end

local function look_text(look)
	return ("%s: %s"):format(look.segment, what(look))
end

function Segment:frames(filter, options)
	filter, options = arguments(filter, options)
	local look = new_look(self, filter, options, so_far(options))
	return step("frames", nil, look_text(look), list_frames, look, options)
end

function Segment:count(filter, options)
	filter, options = arguments(filter, options)
	local look = new_look(self, filter, options, so_far(options))
	return step("count", nil, look_text(look), count_frames, look)
end

-- expect() and expect_no(): a function is called first, and looked at from its
-- beginning.
local function assert_frames(kind, segment, filter, options, fn, judge)
	local origin = not fn and origin_of(options)
	local look = new_look(segment, filter, options, origin)
	return step(kind, nil, look_text(look), function()
		if fn then
			look.origin = origin_of(options, fn)
			fn()
		end
		return judge(look, options)
	end)
end

function Segment:expect(filter, options, fn)
	filter, options, fn = arguments(filter, options, fn)
	return assert_frames("expect", self, filter, options, fn, expect_frames)
end

function Segment:expect_no(filter, options, fn)
	filter, options, fn = arguments(filter, options, fn)
	if options.during and not options.since and not fn then
		options = { during = options.during, port = options.port,
			since = from_now() }
	end
	assert_frames("expect_no", self, filter, options, fn, expect_no_frames)
end

function Segment:watch(filter, options)
	filter, options = arguments(filter, options)
	local look = new_look(self, filter, options,
		{ since = from_now(), words = "the watch began" })
	local watch = new_object(watch_class, { name = look_text(look) })
	private[watch] = look
	return watch
end

function Watch:expect(options)
	return step("expect", nil, self.name, expect_frames, private[self],
		options or {})
end

function Watch:expect_no(options)
	step("expect_no", nil, self.name, expect_no_frames, private[self],
		options or {})
end

function Watch:count()
	return step("count", nil, self.name, count_frames, private[self])
end

function Watch:frames(options)
	return step("frames", nil, self.name, list_frames, private[self],
		options or {})
end

function Segment:send(frame)
	local octets = octets_of(frame)
	local vlan = private[self]
	step("send", nil, ("%s: %s"):format(self.name, host.line(octets)),
		function()
			host.plug(vlan)
			local ok = poll(deadline_in(30), function()
				return host.send(vlan, octets)
			end)
			if not ok then
				host.raise(("%s: the switch takes no frames"):format(
					self.name))
			end
			host.switch("switch.sync")
		end)
end
