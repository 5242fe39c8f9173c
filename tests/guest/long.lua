-- Eight machines that talk to each other, to the script and to their consoles
-- for MINUTES; long.sh puts the number in.
local MINUTES = 30
local N = 8

local nodes = {}
for i = 1, N do
	nodes["n" .. i] = { vlans = { i <= N / 2 and 1 or 2 }, memory = 96 }
end

-- Who this one talks to: the next on its segment.
local function peer_of(i)
	return i % (N / 2) == 0 and i - N / 2 + 1 or i + 1
end

return {
	name = "long",
	timeout = (MINUTES + 20) * 60,
	nodes = nodes,
	test_script = function()
		local function machine_of(i)
			return machines[i]
		end
		local boots = {}
		for i = 1, N do
			boots[i] = function() machine_of(i):succeed("true") end
		end
		parallel(table.unpack(boots))

		local deadline = now() + MINUTES * 60
		local works = {}
		for i = 1, N do
			local m, peer = machine_of(i), machine_of(peer_of(i))
			local segment = i <= N / 2 and vlan1 or vlan2
			works[i] = function()
				local rounds = 0
				local traffic = m:spawn(("exec ping -q -i 0.05 -s 600 %s"):format(
					peer.eth1.ipv4))
				-- One of them shouts.
				local chatter = m:spawn(("n=0; while true; do n=$((n+1)); "
					.. "echo \"%s says for the ${n}th time that all is well\""
					.. " >/dev/ttyS0; %s; done"):format(m.name,
					i == N and "true" or "sleep 0.2"))
				while now() < deadline do
					rounds = rounds + 1
					subtest("round " .. rounds, function()
						m:succeed("head -c 20000 /dev/urandom | base64")
						m:wait_until_succeeds("test -e /proc/uptime")
						m:execute("exit 3")
						m:spawn("seq 1000"):wait()
						segment:expect(("icmp and src host %s"):format(
							m.eth1.ipv4), { within = 120 })
						local ok = pcall(retry, function()
							return segment:count("udp port 9",
								{ since = now() }) > 0
						end, { timeout = 1 })
						if ok then error("there is no such traffic") end
					end)
					sleep(1)
				end
				if traffic:is_running() ~= true or chatter:is_running() ~= true then
					error(m.name .. ": somebody has given up")
				end
				log(m.name, rounds)
			end
		end
		parallel(table.unpack(works))
	end,
}
