-- prelude-files: files between the host and machines.

function Machine:copy_from_host(source, target, options)
	local timeout = options and options.timeout or DEFAULT_S
	ensure_up(self)
	step("copy_from_host", self.name, source .. " -> " .. target, function()
		local kind, mode = host.stat(source)
		local to = quoted(target)
		local text, content
		if not kind then
			host.raise(mode)
		elseif kind == "file" then
			content = host.read(source)
			text = ("mkdir -p \"$(dirname %s)\" && cat >%s && chmod %o %s")
				:format(to, to, mode, to)
		else
			content = host.tar(source)
			text = ("mkdir -p %s && tar -C %s -xf -"):format(to, to)
		end
		local status, out, err, timed_out = run(self, text, timeout, content)
		if status ~= 0 then
			host.raise(failed(self, text, status, out, err, timed_out,
				timeout))
		end
	end)
end

-- There is no other way than the shell.
Machine.copy_from_host_via_shell = Machine.copy_from_host

function Machine:copy_from_machine(source, options)
	options = options or {}
	local timeout = options.timeout or DEFAULT_S
	ensure_up(self)
	return step("copy_from_machine", self.name, source, function()
		local from = quoted(source)
		local base = source:gsub("/%.$", ""):match("([^/]+)/*$") or "root"
		local path = (options.dir and options.dir .. "/" or "") .. base
		local function must(text)
			local status, out, err, timed_out = run(self, text, timeout)
			if status ~= 0 then
				host.raise(failed(self, text, status, out, err, timed_out,
					timeout))
			end
			return out
		end
		local whole
		if run(self, "test -d " .. from, timeout) == 0 then
			whole = host.untar(path,
				must(("tar -C %s -cf - ."):format(from)))
		else
			whole = host.write(path, must("cat " .. from))
		end
		host.copied(self.name, path)
		return whole
	end)
end

Machine.copy_from_vm = Machine.copy_from_machine
