-- prelude-packet: frames, made and taken apart.

local builders = {} -- packet.eth, ...
local kinds = {} -- of layers, as a set
for _, kind in ipairs(host.packet_kinds()) do
	kinds[kind] = true
end

local packet_class
local function new_packet(layers)
	return setmetatable({ layers = layers }, packet_class)
end

-- The layers of a packet, or the octets behind one.
local function layers_of(value)
	if getmetatable(value) == "packet" then
		return value.layers
	elseif type(value) == "string" then
		return { value }
	end
	host.raise("a packet is made of packets and strings, not of "
		.. type(value))
end

local function octets_of(value)
	return type(value) == "string" and value or host.make(value.layers)
end

packet_class = {
	__name = "packet",
	__metatable = "packet",
	__index = {
		-- Its octets; lengths and checksums are filled in.
		octets = octets_of,
	},
	__div = function(a, b)
		local layers = {}
		for _, part in ipairs({ layers_of(a), layers_of(b) }) do
			table.move(part, 1, #part, #layers + 1, layers)
		end
		return new_packet(layers)
	end,
	__len = function(self) return #octets_of(self) end,
	__tostring = function(self) return host.line(octets_of(self)) end,
}

for kind in pairs(kinds) do
	builders[kind] = function(fields)
		if fields ~= nil and type(fields) ~= "table" then
			host.raise(("packet.%s: fields go into a table"):format(kind))
		end
		local layer = {}
		for key, value in pairs(fields or {}) do
			layer[key] = value
		end
		layer.kind = kind
		host.make({ layer }) -- mistakes belong to this line
		return new_packet({ layer })
	end
end

-- Layers as decode gives them, or packet.eth{} and the like take them.
function builders.make(layers)
	if type(layers) ~= "table" then
		host.raise("packet.make: layers are a list")
	end
	local made = new_packet(table.move(layers, 1, #layers, 1, {}))
	host.make(made.layers)
	return made
end

-- What a frame has beside what it says of itself, which is decoded when it is
-- first asked for.
local FRAME_KEYS = { number = true, time = true, port = true, len = true,
	data = true, src = true, dst = true, ethertype = true, vid = true,
	protocol = true, ip_src = true, ip_dst = true, src_port = true,
	dst_port = true }
local DECODED_KEYS = { layers = true, vlans = true, payload = true }

local function decode(frame)
	local layers = host.decode(rawget(frame, "data"))
	local vlans, payload = {}, ""
	for _, layer in ipairs(layers) do
		if rawget(frame, layer.kind) == nil then
			rawset(frame, layer.kind, layer)
		end
		if layer.kind == "vlan" then
			vlans[#vlans + 1] = layer
		elseif layer.kind == "raw" then
			payload = layer.data
		end
	end
	rawset(frame, "layers", layers)
	rawset(frame, "vlans", vlans)
	rawset(frame, "payload", payload)
end

local frame_class = {
	__name = "frame",
	__metatable = "frame",
	__index = function(frame, key)
		if kinds[key] or DECODED_KEYS[key] then
			if not rawget(frame, "layers") then
				decode(frame)
			end
			return rawget(frame, key)
		elseif not FRAME_KEYS[key] and type(key) == "string" then
			host.raise(("a frame has no '%s'"):format(key))
		end
	end,
	__tostring = function(frame) return host.line(rawget(frame, "data")) end,
}

function builders.decode(octets)
	if type(octets) ~= "string" then
		host.raise("packet.decode: octets are a string")
	end
	return setmetatable({ data = octets, len = #octets }, frame_class)
end

local packet = setmetatable({}, {
	__index = function(_, key)
		local found = builders[key]
		if not found then
			host.raise(("packet has no '%s'"):format(tostring(key)))
		end
		return found
	end,
	__newindex = function() host.raise("packet: its members cannot be set") end,
	__metatable = false,
})
