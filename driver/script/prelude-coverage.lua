-- prelude-coverage: what programs of the guests count while they run.

-- A guest that has just booted: where its programs write to.  What cannot be
-- counted is no reason for a test to fail.
function prepare_coverage(machine)
	local text, list = host.coverage_prepare(machine.name)
	if not text then
		return
	end
	local status, _, err = run(machine, text, BOOT_S, list)
	if status == 0 then
		host.coverage_begin(machine.name)
	else
		host.coverage_warn(machine.name,
			("nothing can be counted: exit status %d%s"):format(status,
			shown("stderr", err)))
	end
end

-- Before a machine loses it.  Return: has it been taken?
function take_coverage(machine)
	if not host.coverage_can_take(machine.name) then
		return false
	end
	return step("collect_coverage", machine.name, "", host.coverage_take,
		machine.name)
end

function Machine:collect_coverage()
	if not host.coverage_prepare(self.name) then
		host.raise(self.name .. ": the test has no `coverage` that it takes "
			.. "part in")
	end
	ensure_up(self)
	return take_coverage(self)
end
