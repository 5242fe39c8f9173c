-- The machines of nat.lua, and its script in Python.
local test = import("./nat.lua")
return { name = "nat-python", nodes = test.nodes, test_script = python("./nat.py") }
