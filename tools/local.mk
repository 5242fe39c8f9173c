bin_PROGRAMS += out/bin/vdelabctl
out_bin_vdelabctl_SOURCES = \
	%D%/ctl-bridge.c \
	%D%/ctl-call.c %D%/ctl-instance.c \
	%D%/ctl-capture.c \
	%D%/ctl-commands.c \
	%D%/ctl-complete.c \
	%D%/ctl-monitor.c \
	%D%/ctl-rates.c \
	%D%/ctl-show.c %D%/ctl-show-guards.c %D%/ctl-show-netem.c \
	%D%/ctl-show-plugins.c \
	%D%/ctl-stats.c \
	%D%/ctl-stp.c \
	%D%/ctl-table.c %D%/ctl-table.h \
	%D%/ctl-watch.c \
	%D%/ctl-wireshark.c \
	%D%/ctl.c %D%/ctl.h \
	%D%/vdelabctl.c
out_bin_vdelabctl_LDADD = $(LIBVDELAB_LIBS)
