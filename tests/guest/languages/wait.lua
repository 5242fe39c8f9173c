-- A wait whose time is up: the same as wait.py and test_wait.py.
return {
	name = "wait",
	nodes = { client = { memory = 128, vlans = {} } },
	test_script = function()
		subtest("test_wait", function()
			client:succeed("echo ready; echo and waiting >&2")
			client:wait_until_succeeds("echo not yet; test -e /never",
				{ timeout = 1 })
		end)
	end,
}
