-- The machines of panic.lua, and its script in Python.
local test = import("./panic.lua")
return { name = "panic-python", nodes = test.nodes, test_script = python("./panic.py") }
