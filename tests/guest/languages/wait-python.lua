-- The machines of wait.lua, and its script in Python.
local test = import("./wait.lua")
return { name = "wait-python", nodes = test.nodes, test_script = python("./wait.py") }
