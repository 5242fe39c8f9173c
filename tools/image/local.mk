dist_helper_SCRIPTS += %D%/build-image
dist_vldata_DATA += %D%/image-apt.sh %D%/image-boot.sh %D%/image-cache.sh \
	%D%/image-root.sh %D%/image-systemd.sh %D%/guest-coldplug %D%/guest-fstab %D%/guest-halt %D%/guest-init \
	%D%/guest-initramfs %D%/guest-inittab %D%/guest-packages \
	%D%/guest-packages-systemd %D%/guest-power-button %D%/guest-prepare \
	%D%/guest-shell %D%/guest-shell.service %D%/guest-users
dist_check_SCRIPTS += tests/integration/test-image.sh
