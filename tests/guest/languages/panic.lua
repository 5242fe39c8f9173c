-- A guest that panics: the same as panic.py and test_panic.py.
return {
	name = "panic",
	nodes = { client = { memory = 128, vlans = {} } },
	test_script = function()
		subtest("test_panic", function()
			client:succeed("true")
			client:succeed("echo c >/proc/sysrq-trigger; sleep 100")
		end)
	end,
}
