-- Two routers share an address by VRRP (RFC 5798).  The master's cable is cut,
-- the other one answers for the address within a second, and the master takes it
-- back when it has its cable again.  The address has a MAC address of its own,
-- which moves between two ports of the segment; clients notice nothing.
--
--   client, first, second ---- vlan1

local ADDRESS = "192.168.1.100"
local VIRTUAL_MAC = "00:00:5e:00:01:07" -- of virtual router 7

local function router(priority)
	return {
		packages = { "keepalived" },
		files = {
			["/etc/keepalived/keepalived.conf"] = string.format([[
global_defs {
	vrrp_version 3
}
vrrp_instance shared {
	interface eth1
	virtual_router_id 7
	priority %d
	advert_int 0.2
	use_vmac
	virtual_ipaddress {
		%s/24
	}
}
]], priority, ADDRESS),
		},
		setup = "mkdir -p /srv && hostname >/srv/index.html",
	}
end

return {
	name = "failover",
	timeout = 300,
	nodes = {
		client = {},
		first = router(150),
		second = router(100),
	},

	test_script = function()
		local get = "curl -sSf --max-time 1 http://" .. ADDRESS .. "/"

		local function wait_for(machine)
			retry(function()
				local status, out = client:execute(get)
				return status == 0 and out == machine.name .. "\n"
			end, { timeout = 20, interval = 0.1 })
		end

		-- What VRRP's new master says to switches and neighbours.
		local function takes_over(machine, fn)
			local announced = vlan1:expect("arp and ether src "
				.. VIRTUAL_MAC .. " and arp src host " .. ADDRESS,
				{ within = 10, port = machine.eth1 }, fn)
			log(announced[1])
			wait_for(machine)
		end

		start_all()
		for _, machine in ipairs { first, second } do
			machine:succeed("httpd -p 80 -h /srv")
		end
		second:succeed("keepalived --vrrp")
		wait_for(second)

		subtest("the one of higher priority takes the address", function()
			takes_over(first, function()
				first:succeed("keepalived --vrrp")
			end)
		end)

		subtest("the other one stands in", function()
			takes_over(second, function() first:block() end)
		end)

		subtest("until the first is back", function()
			takes_over(first, function() first:unblock() end)
			-- A backup hears its master, and says nothing.
			sleep(1)
			vlan1:expect_no("vrrp", { port = second.eth1, during = 0.5 })
		end)

		subtest("a silent failure is one, too", function()
			takes_over(second, function()
				first:block { silent = true }
			end)
			assert(client:succeed("ip neigh show " .. ADDRESS)
				:find(VIRTUAL_MAC, 1, true))
		end)
	end,
}
