-- A reverse proxy goes on answering while one of its two back ends can be
-- reached.  The cables of the back ends are cut and joined again.
--
--   client ---- vlan1 ---- proxy ---- vlan2 ---- backend1, backend2

local config = [[
global
	maxconn 100
defaults
	mode http
	timeout connect 500ms
	timeout client 10s
	timeout server 2s
	retries 3
	option redispatch 1
	# Nobody asks a back end how it is: the next request finds out.
frontend www
	bind :80
	monitor-uri /proxy-status
	default_backend backends
backend backends
	balance roundrobin
	server backend1 backend1:80
	server backend2 backend2:80
]]

local backend = {
	vlans = { 2 },
	setup = "mkdir -p /srv && hostname >/srv/index.html",
}

return {
	name = "proxy",
	nodes = {
		backend1 = backend,
		backend2 = backend,
		client = { vlans = { 1 } },
		proxy = {
			vlans = { 1, 2 },
			packages = { "haproxy" },
			files = { ["/etc/haproxy.cfg"] = config },
		},
	},

	test_script = function()
		local get = "curl -4 -sSf --max-time 8 http://proxy/"

		start_all()
		for _, machine in ipairs { backend1, backend2 } do
			machine:succeed("httpd -p 80 -h /srv")
			machine:wait_for_open_port(80)
		end
		proxy:succeed("haproxy -D -f /etc/haproxy.cfg")
		proxy:wait_for_open_port(80)

		subtest("both back ends are used", function()
			local seen = {}
			for _ = 1, 4 do
				seen[client:succeed(get)] = true
			end
			assert(seen["backend1\n"] and seen["backend2\n"])
			client:succeed("curl -sSf http://proxy/proxy-status >&2")
		end)

		subtest("one is enough", function()
			backend1:block()
			for _ = 1, 2 do
				assert(client:succeed(get) == "backend2\n")
			end
		end)

		subtest("none is not", function()
			backend2:block()
			client:fail(get)
		end)

		subtest("the one that comes back is used", function()
			backend2:unblock()
			assert(client:wait_until_succeeds(get, { timeout = 60 })
				== "backend2\n")
		end)
	end,
}
