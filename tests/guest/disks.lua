-- Disks of all kinds; disks.sh makes the files.
return {
	name = "disks",
	nodes = {
		-- The image, with disks besides.
		m = {
			vlans = {},
			disks = {
				{ size = "64M", name = "data" },
				"base.img",
				{ file = "base.qcow2", size = "1G" },
			},
			cdrom = "some.iso",
		},
		-- What boots by itself: firmware, and a sector of ours.
		disk = { vlans = {}, memory = 64, disk = "boot.img" },
		cd = {
			vlans = {}, memory = 64, image = false,
			disk = { size = "1M" }, cdrom = "boot.iso",
		},
	},
	test_script = function()
		start_all()
		subtest("disks are there in order, and by name", function()
			local names = m:succeed("cat /sys/block/vd[bcd]/serial")
			assert(names == "datadisk2disk3", names)
			m:succeed("for n in data:vdb disk2:vdc disk3:vdd; do "
				.. "[ $(readlink -f /dev/disk/by-id/virtio-${n%:*}) "
				.. "= /dev/${n#*:} ] || exit; done")
			assert(m:succeed("cat /sys/block/vd[bcd]/size")
				== "131072\n2\n2097152\n")
		end)
		subtest("a CD is in its drive", function()
			m:succeed("mount -t iso9660 -o ro /dev/sr0 /mnt && umount /mnt")
			m:fail("dd if=/dev/zero of=/dev/sr0 bs=2048 count=1")
		end)
		subtest("guests write, and files stay as they are", function()
			assert(m:succeed("head -c 4 /dev/vdc") == "base")
			m:succeed("printf over | dd of=/dev/vdc conv=notrunc",
				"printf '\\121\\106\\111\\373' | dd of=/dev/vdd",
				"mke2fs /dev/vdb && mount /dev/vdb /mnt",
				"echo kept >/mnt/file && umount /mnt")
		end)
		subtest("what was written is there after a crash", function()
			m:crash()
			m:start()
			assert(m:succeed("head -c 4 /dev/vdc") == "over")
			assert(m:succeed("head -c 3 /dev/vdd") == "QFI")
			m:succeed("mount /dev/vdb /mnt && grep kept /mnt/file")
		end)
		subtest("firmware boots from a disk, and from a CD", function()
			disk:wait_for_console_text("boot sector says hello")
			cd:wait_for_console_text("boot sector says hello")
		end)
	end,
}
