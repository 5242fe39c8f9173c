-- prelude-condition: what must hold while something else is done, and what is
-- tried until it does.

local Condition = {}
local condition_class -- prelude-globals.lua
local condition_globals = {}
do

-- pcall() for what may go better another time: an error that says that the lab
-- has changed under us, or that a condition around us has failed, goes on.
local function try(fn, ...)
	local losses = host.losses()
	local results = pack(pcall(fn, ...))
	if not results[1] and (host.losses() ~= losses or host.interrupted()) then
		error(results[2], 0)
	end
	return unpack(results, 1, results.n)
end

-- A look at the condition, as a step.  Raises an error with the reason.
local function must_hold(condition)
	step("polling_condition", nil, condition.name, function()
		local results = pack(pcall(private[condition].fn))
		local why
		if not results[1] then
			why = tostring(results[2])
		elseif results[2] == false then
			why = results[3] ~= nil and tostring(results[3])
				or "it is false"
		else
			return -- nothing at all is fine, too
		end
		error(("%scondition does not hold: %s: %s"):format(
			private[condition].place, condition.name, why), 0)
	end)
end

function condition_globals.polling_condition(fn, options)
	options = options or {}
	local place = host.place()
	local condition = new_object(condition_class, {
		name = options.description or place:gsub(": $", "") })
	private[condition] = { fn = fn, interval = options.interval or 2,
		place = place }
	return condition
end

condition_globals["with"] = function(condition, fn)
	return step("with", nil, condition.name, function()
		must_hold(condition)
		local results, why
		do
			local guard <close> = host.guard_new(function()
				while true do
					host.sleep(private[condition].interval)
					must_hold(condition)
				end
			end)
			results = pack(pcall(fn))
			why = host.guard_why(guard)
		end
		if why or not results[1] then
			error(why or results[2], 0)
		end
		return unpack(results, 2, results.n)
	end)
end

function Condition:check()
	return try(must_hold, self)
end

function Condition:wait(options)
	local timeout = options and options.timeout or DEFAULT_S
	step("wait", nil, self.name, function()
		local deadline = deadline_in(timeout)
		local why
		local told = attempts()
		if not poll(deadline, function()
			local ok
			ok, why = try(must_hold, self)
			if not ok then
				told(tostring(why))
			end
			return ok
		end) then
			host.late()
			host.raise(("not within %g s: %s"):format(
				host.scaled(timeout), why))
		end
	end)
end

-- The function may say that it is not time yet by an error as well as by what
-- it returns.
function condition_globals.retry(fn, options)
	options = options or {}
	local timeout = options.timeout or DEFAULT_S
	return step("retry", nil, "", function()
		local deadline = deadline_in(timeout)
		local n = 0
		local told = attempts()
		while true do
			local last = host.now() >= deadline
			local ok, result = try(fn, last)
			n = n + 1
			if ok and result then
				return result
			end
			local why = ok and "returned " .. tostring(result)
				or "raised an error: " .. tostring(result)
			if last then
				host.late()
				host.raise(("not within %g s (%d tries); the last %s")
					:format(host.scaled(timeout), n, why))
			end
			told(why)
			host.sleep(options.interval or 1)
		end
	end)
end

end
