# The run time of scripts; the prelude is compiled in as one text.
driver_libdriver_a_SOURCES += \
	%D%/script-call.c %D%/script-call.h \
	%D%/script-capture.c \
	%D%/script-child.c %D%/script-child.h \
	%D%/script-check.c \
	%D%/script-command.c \
	%D%/script-coverage.c \
	%D%/script-file.c \
	%D%/script-guard.c \
	%D%/script-internal.h \
	%D%/script-json.c \
	%D%/script-lab.c \
	%D%/script-machine.c \
	%D%/script-network.c \
	%D%/script-screen.c \
	%D%/script-console.c \
	%D%/script-packet.c \
	%D%/script-pause.c \
	%D%/script-send.c \
	%D%/script-task.c \
	%D%/script-text.c \
	%D%/script-value.c \
	%D%/script-ways.c \
	%D%/script.c %D%/script.h \
	%D%/task.c %D%/task.h

driver/script/libdriver_a-script.$(OBJEXT): driver/script/prelude-lua.h
CLEANFILES += driver/script/prelude-lua.h
PRELUDE = \
	$(srcdir)/driver/script/prelude.lua \
	$(srcdir)/driver/script/prelude-files.lua \
	$(srcdir)/driver/script/prelude-coverage.lua \
	$(srcdir)/driver/script/prelude-unit.lua \
	$(srcdir)/driver/script/prelude-screen.lua \
	$(srcdir)/driver/script/prelude-command.lua \
	$(srcdir)/driver/script/prelude-packet.lua \
	$(srcdir)/driver/script/prelude-segment.lua \
	$(srcdir)/driver/script/prelude-port.lua \
	$(srcdir)/driver/script/prelude-ways.lua \
	$(srcdir)/driver/script/prelude-condition.lua \
	$(srcdir)/driver/script/prelude-lab.lua \
	$(srcdir)/driver/script/prelude-globals.lua \
	$(srcdir)/driver/script/prelude-remote.lua
EXTRA_DIST += $(PRELUDE)
driver/script/prelude-lua.h: $(PRELUDE)
	$(AM_V_GEN)$(MKDIR_P) driver/script && \
	cat $(PRELUDE) | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' \
		-e 's/^/"/' -e 's/$$/\\n"/' >$@.tmp && mv $@.tmp $@
