-- prelude-lab: all machines and segments at once.

local Lab = {}

do
	local saved = {} -- by name
	local REST_S = 30 -- for a shell to be idle after its last command

	local function each(list, fn)
		local calls = {}
		for i, machine in ipairs(list) do
			calls[i] = function() return fn(machine) end
		end
		return host.parallel(unpack(calls))
	end

	local function running_machines()
		local running = {}
		for _, machine in ipairs(machines) do
			if host.state(machine.name) ~= "off" then
				local why = host.save_refusal(machine.name)
				if why then
					host.raise(("%s: its state cannot be saved: %s")
						:format(machine.name, why))
				end
				running[#running + 1] = machine
			end
		end
		return running
	end

	local function wait_for_rest(machine)
		local ok = poll(deadline_in(REST_S), function()
			return host.at_rest(machine.name)
		end)
		if not ok then
			host.raise(("%s: its state cannot be saved: its shell is not idle")
				:format(machine.name))
		end
	end

	local function copy(from)
		local to = {}
		for key, value in pairs(from) do
			to[key] = value
		end
		return to
	end

	local function forget(state)
		for _, of_one in pairs(state and state.machines or {}) do
			host.forget_state(of_one.id)
		end
	end

	function Lab.save(name)
		step("save", nil, name, function()
			local running = running_machines()
			for _, machine in ipairs(running) do
				ensure_up(machine)
			end
			each(running, wait_for_rest)
			local _ <close> = at_end(function()
				for _, machine in ipairs(running) do
					host.go_on(machine.name)
				end
			end)
			for _, machine in ipairs(running) do
				host.qmp(machine.name, "stop")
			end
			-- What they had sent has come to whom it was for.
			host.switch("switch.sync")
			local ids = each(running, function(machine)
				return host.save_state(machine.name)
			end)
			local state = { machines = {}, netems = copy(netems), cut = {} }
			for _, machine in ipairs(machines) do
				state.cut[machine] = copy(private[machine].cut)
			end
			for i, machine in ipairs(running) do
				state.machines[machine] = { id = ids[i],
					allow_reboot = private[machine].allow_reboot }
			end
			forget(saved[name])
			saved[name] = state
		end)
	end

	local function end_all()
		for _, machine in ipairs(machines) do
			if host.state(machine.name) ~= "off" then
				host.kill(machine.name)
			end
		end
		for _, machine in ipairs(machines) do
			if host.state(machine.name) ~= "off" then
				host.wait_off(machine.name, STOP_S)
			end
			private[machine].configured = false
		end
	end

	-- Of ports as well: they are not there now, and rewire() sets theirs.
	local function restore_wires(state)
		for wire in pairs(copy(netems)) do
			restore_netem(wire, state.netems[wire], host.switch)
		end
		for wire, set in pairs(state.netems) do
			if not netems[wire] then
				restore_netem(wire, set, host.switch)
			end
		end
	end

	function Lab.restore(name)
		local state = saved[name]
		if not state then
			host.raise(("lab.restore: nothing was saved as '%s'"):format(name))
		end
		step("restore", nil, name, function()
			local running = {}
			each(machines, take_coverage)
			for _, machine in ipairs(machines) do
				private[machine].starting = true
				if state.machines[machine] then
					running[#running + 1] = machine
				end
			end
			local _ <close> = at_end(function()
				for _, machine in ipairs(machines) do
					private[machine].starting = false
				end
			end)
			end_all()
			for _, vlan in ipairs(host.vlans) do
				put_mark(("vlan%d"):format(vlan), "restored: " .. name)
			end
			restore_wires(state)
			each(running, function(machine)
				local of_one = state.machines[machine]
				private[machine].allow_reboot = of_one.allow_reboot
				host.restore_state(of_one.id, of_one.allow_reboot)
				host.coverage_begin(machine.name)
			end)
			for _, machine in ipairs(machines) do
				private[machine].cut = copy(state.cut[machine])
			end
			for _, machine in ipairs(running) do
				wire_up(machine)
			end
			for _, machine in ipairs(running) do
				host.go_on(machine.name)
			end
			for _, machine in ipairs(running) do
				host.wait_ready(machine.name, BOOT_S)
				private[machine].configured = true
			end
		end)
	end
end
