-- A server keeps what it is sent on a disk, and says so when it is there.  The
-- power fails in the middle of it; the server comes back with the same disk.  The
-- client waits, and in the end nothing is missing that was acknowledged.
--
--   client ---- vlan1 ---- server, with a disk

local RECORDS = 60

return {
	name = "crash",
	timeout = 300,
	nodes = {
		client = {
			files = {
				-- its stdin and stdout are the connection
				["/srv/send"] = string.format([[
while read -r n </tmp/next && [ "$n" -le %d ]; do
	echo "$n"
	read -r kept || exit 1
	echo $((kept + 1)) >/tmp/next
done
]], RECORDS),
			},
		},
		server = {
			disks = { { size = "32M", name = "data" } },
			files = {
				["/srv/keep"] = [[
while read -r line; do
	echo "$line" >>/data/log && sync && echo "$line"
done
]],
			},
			-- after each boot: the disk is empty the first time only
			setup = [[
set -e
disk=/dev/disk/by-id/virtio-data
mkdir -p /data
modprobe ext4
mount -t ext4 $disk /data || { mke2fs -F $disk && mount -t ext4 $disk /data; }
socat TCP-LISTEN:7000,fork,reuseaddr 'EXEC:sh /srv/keep' </dev/null >/dev/null 2>&1 &
]],
		},
	},

	test_script = function()
		start_all()
		server:wait_for_open_port(7000)
		client:succeed("echo 1 >/tmp/next")

		parallel(function()
			client:succeed(string.format([[
until [ "$(cat /tmp/next)" -gt %d ]; do
	socat TCP:server:7000 'EXEC:sh /srv/send' || sleep 0.1
done
]], RECORDS))
		end, function()
			client:wait_until_succeeds(
				"[ $(cat /tmp/next) -gt 5 ]")
			server:crash()
			-- It asks, and nobody is there.
			vlan1:expect("tcp dst port 7000",
				{ port = client.eth1, count = 2, since = now() })
			server:start()
			server:wait_for_open_port(7000)
		end)

		subtest("the server knew nothing of the old connection", function()
			vlan1:expect("tcp[tcpflags] & tcp-rst != 0",
				{ port = server.eth1, since = 0 })
		end)

		subtest("all that was acknowledged is there", function()
			local kept = {}
			for n in server:succeed("cat /data/log"):gmatch("%d+") do
				kept[tonumber(n)] = true
			end
			for n = 1, RECORDS do
				assert(kept[n], "record " .. n .. " is lost")
			end
		end)
	end,
}
