# Who talks to a run: vdelab shell, attach, runs.
driver_libdriver_a_SOURCES += \
	%D%/attach-cmd.c %D%/attach-cmd.h \
	%D%/bridge.c %D%/bridge.h \
	%D%/bridge.c %D%/bridge.h \
	%D%/commands.c %D%/commands.h \
	%D%/complete.c %D%/complete.h \
	%D%/line-editor.c %D%/line-editor.h \
	%D%/prompt.c %D%/prompt.h \
	%D%/runs.c %D%/runs.h \
	%D%/session.c %D%/session.h \
	%D%/shell-cmd.c %D%/shell-cmd.h
