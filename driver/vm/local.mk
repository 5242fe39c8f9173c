driver_libdriver_a_SOURCES += \
	%D%/accel.c %D%/accel.h \
	%D%/arch.c %D%/arch.h \
	%D%/console-log.c %D%/console-log.h \
	%D%/control-net.c %D%/control-net.h \
	%D%/disk-set.c %D%/disk-set.h \
	%D%/forwards.c %D%/forwards.h \
	%D%/guest-shell.c %D%/guest-shell.h %D%/guest-shell-internal.h \
	%D%/guest-shell-send.c \
	%D%/guest-shell-memory.c \
	%D%/image.c %D%/image.h \
	%D%/kernel-trouble.c %D%/kernel-trouble.h \
	%D%/machine.c %D%/machine.h %D%/machine-internal.h \
	%D%/machine-command.c %D%/machine-migrate.c %D%/machine-qmp.c \
	%D%/machine-serial.c %D%/machine-shell.c \
	%D%/machine-ways.c \
	%D%/net-choice.c %D%/net-choice.h \
	%D%/qemu-args.c %D%/qemu-args.h \
	%D%/qcow2.c %D%/qcow2.h \
	%D%/qmp.c %D%/qmp.h \
	%D%/relay.c %D%/relay.h \
	%D%/qmp-record.c \
	%D%/shell-feed.c %D%/shell-feed.h \
	%D%/vsock.c %D%/vsock.h \
	%D%/shell-link.c %D%/shell-link.h \
	%D%/shell-output.c %D%/shell-output.h \
	%D%/shell-proto.c %D%/shell-proto.h \
	%D%/shell-signal.c \
	%D%/shell-slots.c %D%/shell-slots.h \
	%D%/shell-text.c %D%/shell-text.h \
	%D%/snapshot.c %D%/snapshot.h \
	%D%/snapshot-key.c %D%/snapshot-key.h \
	%D%/snapshot-store.c %D%/snapshot-store.h \
	%D%/snapshot-text.c %D%/snapshot-text.h \
	%D%/start-script.c %D%/start-script.h \
	%D%/tcp-owner.c %D%/tcp-owner.h

# guest-shell.sh as a C string, without comments and leading tabs.
driver/vm/guest-shell.inc: $(srcdir)/driver/vm/guest-shell.sh
	$(AM_V_GEN)$(MKDIR_P) driver/vm && sed -e '/^[[:blank:]]*#/d' \
	    -e '/^$$/d' -e 's/^	*//' -e 's/[\\"]/\\&/g' \
	    -e 's/^/"/' -e 's/$$/\\n"/' \
	    $(srcdir)/driver/vm/guest-shell.sh >$@.tmp && mv $@.tmp $@
driver/vm/libdriver_a-shell-link.$(OBJEXT): driver/vm/guest-shell.inc
CLEANFILES += driver/vm/guest-shell.inc
EXTRA_DIST += driver/vm/guest-shell.sh
