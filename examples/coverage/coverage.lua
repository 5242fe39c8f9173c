-- A client and a server that share a file of source, protocol.c.  Which of its
-- lines did this test run, and on which machine?
--
--   client ---- vlan1 ---- server
--
-- `make` first: both are built with --coverage.

local function serve()
	server:succeed("server >/tmp/heard 2>&1 &")
	server:wait_for_open_port(7000)
end

return {
	name = "telegraph",
	timeout = 300,
	coverage = {
		source = ".",
		build = "./build",
		fail_under = 60,
	},
	nodes = {
		client = { files = { ["/usr/bin/client"] = "./build/client" } },
		server = { files = { ["/usr/bin/server"] = "./build/server" } },
	},
	test_script = function()
		start_all()
		serve()

		subtest("the server hears what the client says", function()
			local answers = client:succeed("client 192.168.1.2 hello world")
			assert(answers == "ok\nok\n", answers)
			local heard = server:succeed("cat /tmp/heard")
			assert(heard == "hello\nworld\n", heard)
		end)

		-- What it has counted so far has been taken by then.
		subtest("after a power failure, too", function()
			server:crash()
			server:start()
			serve()
			client:succeed("client 192.168.1.2 again")
		end)
	end,
}
