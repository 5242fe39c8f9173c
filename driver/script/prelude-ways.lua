-- prelude-ways: how the host reaches a machine's ports.
do
	-- forward_port(8080, 80) of the NixOS driver; here a port that is taken,
	-- or a machine without eth0, is an error.
	function Machine:forward_port(host_port, guest_port, options)
		if type(host_port) == "table" then
			host_port, options = nil, host_port
		elseif type(guest_port) == "table" then
			guest_port, options = nil, guest_port
		end
		local from, to = host_port or 8080, guest_port or 80
		local public = options and options.public or false
		return step("forward_port", self.name, ("%d to %d"):format(from, to),
			host.forward, self.name, to, from, public)
	end

	function Machine:forward_socket(guest_port, options)
		if type(guest_port) == "table" then
			guest_port, options = nil, guest_port
		end
		local to = guest_port or 80
		return step("forward_socket", self.name, ("%d"):format(to),
			host.forward_socket, self.name, to, options and options.path)
	end
end
