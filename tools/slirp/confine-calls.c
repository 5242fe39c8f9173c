#include "config.h"

#include "tools/slirp/confine-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

#include "lib/err.h"
#include "tools/slirp/confine.h"

/* The least that serves the forwards, with any arguments. */
static const int plain_calls[] = {
	/* the loop */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday), SCMP_SYS(read), SCMP_SYS(recvfrom),
	SCMP_SYS(restart_syscall),
	/* connections through the forwards */
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(bind), SCMP_SYS(shutdown),
	SCMP_SYS(close), SCMP_SYS(fcntl), SCMP_SYS(fcntl64),
	SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(futex), SCMP_SYS(getrandom),
	/* messages and the end */
	SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(getpid),
	SCMP_SYS(gettid)
};

/* Beyond that, for a guest that reaches the outside: connections, ping, and
 * the list of the host's name servers. */
static const int outside_calls[] = { SCMP_SYS(connect), SCMP_SYS(sendto),
				     SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
				     SCMP_SYS(ioctl) };

/* For files that are read. */
static const int file_calls[] = { SCMP_SYS(stat), SCMP_SYS(lseek) };

enum {
	CALLS_PLAIN,
	CALLS_RESTRICTED,
	CALLS_OUTSIDE,
	CALLS_FILES,
	CALLS_IPV6,
	CALLS_UNIX,
	N_CALLS,
};

enum { RULE_CONDITIONS_MAX = 2 };

/* A call allowed on conditions. */
struct rule {
	int call;
	unsigned n;
	struct scmp_arg_cmp conditions[RULE_CONDITIONS_MAX];
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

enum { SOCKET_FLAGS = SOCK_CLOEXEC | SOCK_NONBLOCK };

static const struct rule memory_rules[] = {
	{ SCMP_SYS(mmap), 1, { ARG_BITS_ARE(2, PROT_EXEC, 0) } },
	{ SCMP_SYS(mmap2), 1, { ARG_BITS_ARE(2, PROT_EXEC, 0) } },
	{ SCMP_SYS(mprotect), 1, { ARG_BITS_ARE(2, PROT_EXEC, 0) } },
};

/* A socket to reserve a port's number with, which can neither connect (not by
 * sending to an address either) nor listen.  Nor does the guest's urgent data
 * get anywhere: its code in the kernel's unix sockets is young. */
static const struct rule restricted_rules[] = {
	{ SCMP_SYS(socket),
	  2,
	  { ARG_IS(0, AF_INET),
	    ARG_BITS_ARE(1, (uint32_t)~SOCKET_FLAGS, SOCK_STREAM) } },
	{ SCMP_SYS(sendto), 2, { ARG_BITS_ARE(3, MSG_OOB, 0), ARG_IS(4, 0) } },
};

static const struct rule outside_rules[] = {
	{ SCMP_SYS(socket), 1, { ARG_IS(0, AF_INET) } },
};

static const struct rule ipv6_rules[] = {
	{ SCMP_SYS(socket), 1, { ARG_IS(0, AF_INET6) } },
};

/* Which of them is for libslirp to say: no filter sees a path. */
static const struct rule unix_rules[] = {
	{ SCMP_SYS(socket),
	  2,
	  { ARG_IS(0, AF_UNIX),
	    ARG_BITS_ARE(1, (uint32_t)~SOCKET_FLAGS, SOCK_STREAM) } },
};

static const struct rule file_rules[] = {
	{ SCMP_SYS(openat),
	  1,
	  { ARG_BITS_ARE(2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY) } },
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static int
allow(scmp_filter_ctx filter, const int *calls, size_t n)
{
	int ret = 0;

	for (size_t i = 0; i < n && ret == 0; i++)
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return ret;
}

static int
allow_on_conditions(scmp_filter_ctx filter, const struct rule *rules, size_t n)
{
	int ret = 0;

	for (size_t i = 0; i < n && ret == 0; i++)
		ret = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
					     rules[i].call, rules[i].n,
					     rules[i].conditions);
	return ret;
}

/* Everything that somebody may need. */
static const struct {
	const int *calls;
	size_t n_calls;
	const struct rule *rules;
	size_t n_rules;
} sets[] = {
	[CALLS_PLAIN] = { plain_calls, LENGTH(plain_calls), memory_rules,
			  LENGTH(memory_rules) },
	[CALLS_RESTRICTED] = { NULL, 0, restricted_rules,
			       LENGTH(restricted_rules) },
	[CALLS_OUTSIDE] = { outside_calls, LENGTH(outside_calls), outside_rules,
			    LENGTH(outside_rules) },
	[CALLS_FILES] = { file_calls, LENGTH(file_calls), file_rules,
			  LENGTH(file_rules) },
	[CALLS_IPV6] = { NULL, 0, ipv6_rules, LENGTH(ipv6_rules) },
	[CALLS_UNIX] = { NULL, 0, unix_rules, LENGTH(unix_rules) },
};

static int
fill_filter(scmp_filter_ctx filter, const struct confine_needs *needs)
{
	const bool needed[N_CALLS] = {
		[CALLS_PLAIN] = true,
		[CALLS_RESTRICTED] = needs->restricted,
		[CALLS_OUTSIDE] = !needs->restricted,
		[CALLS_FILES] = !needs->restricted || needs->tftp != NULL,
		[CALLS_IPV6] = needs->ipv6,
		[CALLS_UNIX] = needs->unix_sockets,
	};
	/* for abort() */
	const struct rule signal_self = { SCMP_SYS(tgkill),
					  1,
					  { ARG_IS(0, (uint64_t)getpid()) } };
	int ret = allow_on_conditions(filter, &signal_self, 1);

	for (size_t i = 0; i < N_CALLS && ret == 0; i++) {
		if (!needed[i])
			continue;
		ret = allow(filter, sets[i].calls, sets[i].n_calls);
		if (ret == 0)
			ret = allow_on_conditions(filter, sets[i].rules,
						  sets[i].n_rules);
	}
	return ret;
}

/* To what is not allowed, the kernel answers as one that does not have it: a
 * C library of another version then does without. */
int
confine_calls(const struct confine_needs *needs, struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int ret = filter != NULL ? 0 : -ENOMEM;

	if (ret == 0)
		ret = fill_filter(filter, needs);
	if (ret == 0)
		ret = seccomp_load(filter);
	seccomp_release(filter);
	if (ret == 0)
		return 0;
	errno = -ret;
	return err_errno(err, "cannot install the filter of system calls");
}
