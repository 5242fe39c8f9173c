# The run time of scripts; the prelude is compiled in as text.
driver_libdriver_a_SOURCES += \
	%D%/script-check.c \
	%D%/script-file.c \
	%D%/script-internal.h \
	%D%/script-json.c \
	%D%/script-machine.c \
	%D%/script-network.c \
	%D%/script-task.c \
	%D%/script.c %D%/script.h \
	%D%/task.c %D%/task.h

driver/script/libdriver_a-script.$(OBJEXT): driver/script/prelude-lua.h
CLEANFILES += driver/script/prelude-lua.h
EXTRA_DIST += driver/script/prelude.lua
driver/script/prelude-lua.h: driver/script/prelude.lua
	$(AM_V_GEN)$(MKDIR_P) driver/script && \
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' \
		$(srcdir)/driver/script/prelude.lua >$@.tmp && mv $@.tmp $@
