-- What guests do below IP crosses a segment untouched: 802.1Q and QinQ
-- sub-interfaces, a bond with LACP, a Linux bridge with its spanning tree.
--
--   left ==== vlan1 ==== right ---- vlan3 ---- far
--        ==== vlan2 ====

-- The two octets at @at of a frame, behind its addresses: 12 is the type.
local function number_at(frame, at)
	return (string.unpack(">I2", frame.data, at + 1))
end

-- A sub-interface with an address on it.
local function add_vlan(machine, parent, name, options, address)
	machine:succeed(string.format(
		"ip link add link %s name %s type vlan %s && " ..
		"ip addr add %s dev %s && ip link set %s up",
		parent, name, options, address, name, name))
end

-- Not bond0: that one comes by itself with the module, and in another mode.
local bond_up = [[
set -e
ip link add lacp0 type bond mode 802.3ad miimon 100 lacp_rate fast
for nic in eth1 eth2; do
	# LACP wants to know how fast a link is; virtio does not say.
	ethtool -s $nic speed 1000 duplex full
	ip link set $nic down && ip link set $nic master lacp0
done
ip link set lacp0 up
]]

return {
	name = "layer2",
	timeout = 300,
	nodes = {
		far = { vlans = { 3 } },
		left = { vlans = { 1, 2 } },
		right = { vlans = { 1, 2, 3 } },
	},

	test_script = function()
		start_all()

		subtest("802.1Q sub-interfaces reach each other", function()
			add_vlan(left, "eth1", "eth1.10", "id 10", "10.10.0.1/24")
			add_vlan(right, "eth1", "eth1.10", "id 10", "10.10.0.2/24")
			left:succeed("ping -c 3 10.10.0.2 >&2")
			local tagged = vlan1:frames("vlan 10 and icmp")
			assert(#tagged >= 6, "the pings did not cross with a tag")
			for _, frame in ipairs(tagged) do
				assert(number_at(frame, 12) == 0x8100, "not an 802.1Q tag")
				assert(frame.vid == 10, "VID " .. tostring(frame.vid))
			end
			assert(#vlan1:frames("icmp and net 10.10.0.0/24") == 0,
				"a ping lost its tag")
		end)

		subtest("a priority stays in the tag", function()
			left:succeed("ip link set eth1.10 type vlan egress 0:5")
			local since = now()
			left:succeed("ping -c 1 10.10.0.2 >&2")
			local frames = vlan1:frames("vlan 10 and icmp",
				{ since = since, port = "left.eth1" })
			assert(#frames > 0, "no ping")
			assert(number_at(frames[1], 14) == 0xa00a, "not priority 5")
		end)

		subtest("so do two tags: QinQ", function()
			for i, machine in ipairs({ left, right }) do
				add_vlan(machine, "eth1", "s100", "proto 802.1ad id 100",
					"10.20.0." .. i .. "/24")
				add_vlan(machine, "s100", "c7", "id 7",
					"10.30.0." .. i .. "/24")
			end
			left:succeed("ping -c 3 10.20.0.2 >&2")
			left:succeed("ping -c 3 10.30.0.2 >&2")
			local double = 0
			for _, frame in ipairs(vlan1:frames("ether[12:2] = 0x88a8")) do
				assert(number_at(frame, 14) & 0xfff == 100, "outer VID")
				if number_at(frame, 16) == 0x8100 and
					number_at(frame, 18) & 0xfff == 7 then
					double = double + 1
				end
			end
			assert(double >= 6, "no frames with both tags")
		end)

		subtest("full-size frames cross with their tags", function()
			left:succeed("ping -c 1 -M do -s 1472 10.30.0.2 >&2")
		end)

		subtest("a bridge joins two segments, with its spanning tree", function()
			local mac = far:succeed("cat /sys/class/net/eth1/address")
			mac = mac:match("%S+")
			right:succeed([[
				ip addr flush dev eth3
				ip link add br0 type bridge stp_state 1 forward_delay 2
				ip link set eth2 master br0 && ip link set eth3 master br0
				ip link set br0 up]])
			left:succeed("ip addr add 192.168.3.77/24 dev eth2")
			left:wait_until_succeeds("ping -c 1 -W 1 192.168.3.1 >&2")
			assert(#vlan2:frames("icmp and ether src " .. mac,
				{ port = "right.eth2" }) > 0,
				"far's own frames did not get to vlan2")
			for _, segment in ipairs({ vlan2, vlan3 }) do
				assert(#segment:frames(
					"ether dst 01:80:c2:00:00:00") > 0, "no BPDU")
			end
			left:succeed("ip addr del 192.168.3.77/24 dev eth2")
			right:succeed("ip link del br0")
		end)

		subtest("a bond finds its partner by LACP", function()
			for i, machine in ipairs({ left, right }) do
				machine:succeed("ip link del s100; ip link del eth1.10")
				machine:succeed(bond_up)
				machine:succeed("ip addr add 10.40.0." .. i ..
					"/24 dev lacp0")
			end
			for _, machine in ipairs({ left, right }) do
				machine:wait_until_succeeds("grep -q " ..
					"'Number of ports: 2' /proc/net/bonding/lacp0")
			end
			left:wait_until_succeeds("ping -c 1 -W 1 10.40.0.2 >&2")
			for _, segment in ipairs({ vlan1, vlan2 }) do
				for _, port in ipairs({ "left", "right" }) do
					assert(#segment:frames("ether proto 0x8809 and " ..
						"ether dst 01:80:c2:00:00:02",
						{ port = port .. (segment == vlan1 and
							".eth1" or ".eth2") }) > 0,
						"no LACP from " .. port)
				end
			end
		end)

		subtest("and lives on one leg when a cable is cut", function()
			for _, nic in ipairs({ 1, 2 }) do
				left:block({ nic = nic })
				left:wait_until_succeeds("ping -c 1 -W 1 10.40.0.2 >&2")
				left:succeed("ping -c 3 10.40.0.2 >&2")
				left:unblock({ nic = nic })
				left:wait_until_succeeds("grep -q " ..
					"'Number of ports: 2' /proc/net/bonding/lacp0")
			end
		end)
	end,
}
