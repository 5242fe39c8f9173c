driver_libdriver_a_SOURCES += \
	%D%/check-call.c \
	%D%/check-names.c \
	%D%/check-packet.c \
	%D%/check.c %D%/check.h \
	%D%/checker.h \
	%D%/lua-lex.c %D%/lua-lex.h \
	%D%/lua-library.c %D%/lua-library.h \
	%D%/lua-parse-expr.c \
	%D%/lua-parse-stat.c \
	%D%/lua-parse.c %D%/lua-parse.h \
	%D%/lua-parser.h \
	%D%/method-check.c \
	%D%/method-tables.h \
	%D%/methods-command.c \
	%D%/methods-global.c \
	%D%/methods-lab.c \
	%D%/methods-machine.c \
	%D%/methods-manual.c %D%/methods-manual.h \
	%D%/methods-network.c \
	%D%/methods-screen.c \
	%D%/methods-text.c \
	%D%/methods-unit.c \
	%D%/methods-ways.c \
	%D%/methods.c %D%/methods.h \
	%D%/modules.c %D%/modules.h \
	%D%/python.c %D%/python.h \
	%D%/python-check.c %D%/python-check.h \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/source.c %D%/source.h \
	%D%/subtests.c %D%/subtests.h \
	%D%/table-json.c %D%/table-json.h \
	%D%/table-lines.c %D%/table-lines.h \
	%D%/test-file.c %D%/test-file.h
