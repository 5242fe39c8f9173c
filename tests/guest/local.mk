# Tests on real guests.
dist_check_SCRIPTS += \
	%D%/faults.sh \
	%D%/firewall.sh \
	%D%/methods.sh \
	%D%/nat.sh \
	%D%/proxy.sh \
	%D%/restart.sh \
	%D%/standalone.sh
EXTRA_DIST += %D%/lib.sh %D%/methods.lua %D%/restart.lua %D%/data/binary
