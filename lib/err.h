/*
 * err: an error that a person can act on.
 *
 * Functions that can fail for a reason a user must hear about take a
 * `struct err *` as their last argument; NULL is allowed and means that
 * nobody asks.  The text names the culprit and, where there is one, the
 * remedy; it has no trailing newline and no program name.
 */
#ifndef LIB_ERR_H
#define LIB_ERR_H

#include <stdarg.h>

/* Exit codes of every program of the project. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_TEST_FAILED = 1, /* or a negative answer */
	EXIT_USAGE = 2,
	EXIT_NO_SWITCH = 3, /* the control socket cannot be reached */
	EXIT_INFRA = 4,	    /* QEMU missing, image missing, set-up failed */
	EXIT_SKIPPED = 77,
	EXIT_TIMED_OUT = 124,
};

enum { ERR_TEXT_SIZE = 1024 };

struct err {
	int code; /* negative errno class, 0 = no error */
	char text[ERR_TEXT_SIZE];
};

#define ERR_INIT                                                               \
	{                                                                      \
		.code = 0, .text = ""                                          \
	}

/**
 * err_set() - record what went wrong; an earlier text is replaced
 * @err:  may be NULL
 * @code: negative errno value
 *
 * Return: @code, so that `return err_set(err, -EINVAL, "...");` reads well.
 */
int err_set(struct err *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int err_vset(struct err *err, int code, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

/** err_errno() - err_set() with -errno and ": strerror" appended */
int err_errno(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** err_prefix() - put "text: " before the text that @err holds */
void err_prefix(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* LIB_ERR_H */
