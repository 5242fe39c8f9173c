/*
 * call-rules: tables of system calls for a filter of libseccomp's.
 */
#ifndef LIB_CALL_RULES_H
#define LIB_CALL_RULES_H

#include <stddef.h>
#include <stdint.h>

#include <seccomp.h>

enum { CALL_CONDITIONS_MAX = 2 };

/* A call, on conditions that must all hold.  Several rules for the same call:
 * one of them is enough. */
struct call_rule {
	int call;
	unsigned n;
	struct scmp_arg_cmp conditions[CALL_CONDITIONS_MAX];
};

#define ARG_IS(i, value)                                                       \
	{                                                                      \
		.arg = (i), .op = SCMP_CMP_EQ, .datum_a = (value)              \
	}
#define ARG_BITS_ARE(i, mask, value)                                           \
	{                                                                      \
		.arg = (i), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask),       \
		.datum_b = (value)                                             \
	}

/* Of an array. */
#define CALL_ROWS(array) (sizeof(array) / sizeof((array)[0]))

/** call_rules_add() - @action for @calls, whatever their arguments
 * Return: 0; -errno. */
int call_rules_add(scmp_filter_ctx filter, uint32_t action, const int *calls,
		   size_t n);
/** call_rules_add_some() - @action for what @rules say
 * Return: 0; -errno. */
int call_rules_add_some(scmp_filter_ctx filter, uint32_t action,
			const struct call_rule *rules, size_t n);
/** call_rules_add_own() - allow what is harmless within the process: memory that
 * does not become code, and signals to itself, for abort()
 * Return: 0; -errno. */
int call_rules_add_own(scmp_filter_ctx filter);

#endif /* LIB_CALL_RULES_H */
