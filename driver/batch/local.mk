driver_libdriver_a_SOURCES += \
	%D%/attempt-part.c \
	%D%/attempt.c %D%/attempt.h \
	%D%/batch-file.c %D%/batch-file.h \
	%D%/batch.c %D%/batch.h \
	%D%/board.c %D%/board.h \
	%D%/ci-github.c %D%/ci-github.h \
	%D%/ci-gitlab.c %D%/ci-gitlab.h \
	%D%/difference.c %D%/difference.h \
	%D%/durations.c %D%/durations.h \
	%D%/host.c %D%/host.h \
	%D%/line-prefix.c %D%/line-prefix.h \
	%D%/log-compare.c %D%/log-compare.h \
	%D%/log-follow.c %D%/log-follow.h \
	%D%/log-normal.c \
	%D%/outcome.c %D%/outcome.h \
	%D%/record.c %D%/record.h \
	%D%/results-json.c %D%/results-json.h \
	%D%/schedule.c %D%/schedule.h \
	%D%/shard.c %D%/shard.h \
	%D%/summary.c %D%/summary.h \
	%D%/tap-tests.c %D%/tap-tests.h \
	%D%/tellers.c %D%/tellers.h \
	%D%/write-json.c %D%/write-json.h
