driver_libdriver_a_SOURCES += \
	%D%/all.c %D%/all.h \
	%D%/annotations.c %D%/annotations.h \
	%D%/clean-text.c %D%/clean-text.h \
	%D%/coverage.h \
	%D%/cut-text.c %D%/cut-text.h \
	%D%/event-budget.c %D%/event-budget.h \
	%D%/event-log.c %D%/event-log.h \
	%D%/event-types.c %D%/event-types.h \
	%D%/failure-notes.c %D%/failure-notes.h \
	%D%/findings-asked.c \
	%D%/findings-internal.h \
	%D%/findings-told.c \
	%D%/findings.c %D%/findings.h \
	%D%/html.c %D%/html.h \
	%D%/keep.c %D%/keep.h \
	%D%/log-lines.c %D%/log-lines.h \
	%D%/look.c %D%/look.h \
	%D%/page-data.c %D%/page-data.h \
	%D%/page-json.c %D%/page-json.h \
	%D%/page-picture.c %D%/page-picture.h \
	%D%/progress.c %D%/progress.h \
	%D%/relative-path.c %D%/relative-path.h \
	%D%/report-child.c %D%/report-child.h \
	%D%/report-text.c %D%/report-text.h \
	%D%/report.c %D%/report.h \
	%D%/shown-text.c %D%/shown-text.h \
	%D%/status-block.c %D%/status-block.h \
	%D%/status-lines.c %D%/status-lines.h \
	%D%/story-events.c \
	%D%/story-free.c \
	%D%/story-internal.h \
	%D%/story-run.c \
	%D%/story-steps.c \
	%D%/story-wire.c \
	%D%/story.c %D%/story.h \
	%D%/tap.c %D%/tap.h \
	%D%/tcp-again.c %D%/tcp-again.h \
	%D%/terminal-internal.h %D%/terminal-machines.c %D%/terminal-steps.c \
	%D%/terminal.c %D%/terminal.h \
	%D%/wire-frame.c %D%/wire-frame.h \
	%D%/wire-names.c %D%/wire-names.h \
	%D%/wire-text.c %D%/wire-text.h \
	%D%/xml.c %D%/xml.h
