#include "config.h"

#include "tools/slirp/confine-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <seccomp.h>

#include "lib/call-rules.h"
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

/* To take more forwards; where a unix socket may be bound is up to Landlock. */
static const int more_calls[] = { SCMP_SYS(listen), SCMP_SYS(umask) };

enum {
	CALLS_PLAIN,
	CALLS_RESTRICTED,
	CALLS_OUTSIDE,
	CALLS_FILES,
	CALLS_IPV6,
	CALLS_UNIX,
	CALLS_MORE,
	N_CALLS,
};

enum { SOCKET_FLAGS = SOCK_CLOEXEC | SOCK_NONBLOCK };

/* A socket to reserve a port's number with, which can neither connect (not by
 * sending to an address either) nor, unless more forwards are taken, listen.  Nor does the guest's urgent data
 * get anywhere: its code in the kernel's unix sockets is young. */
static const struct call_rule restricted_rules[] = {
	{ SCMP_SYS(socket),
	  2,
	  { ARG_IS(0, AF_INET),
	    ARG_BITS_ARE(1, (uint32_t)~SOCKET_FLAGS, SOCK_STREAM) } },
	{ SCMP_SYS(sendto), 2, { ARG_BITS_ARE(3, MSG_OOB, 0), ARG_IS(4, 0) } },
};

static const struct call_rule outside_rules[] = {
	{ SCMP_SYS(socket), 1, { ARG_IS(0, AF_INET) } },
};

static const struct call_rule ipv6_rules[] = {
	{ SCMP_SYS(socket), 1, { ARG_IS(0, AF_INET6) } },
};

/* Which of them is for libslirp to say: no filter sees a path. */
static const struct call_rule unix_rules[] = {
	{ SCMP_SYS(socket),
	  2,
	  { ARG_IS(0, AF_UNIX),
	    ARG_BITS_ARE(1, (uint32_t)~SOCKET_FLAGS, SOCK_STREAM) } },
};

static const struct call_rule file_rules[] = {
	{ SCMP_SYS(openat),
	  1,
	  { ARG_BITS_ARE(2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY) } },
};

/* Everything that somebody may need. */
static const struct {
	const int *calls;
	size_t n_calls;
	const struct call_rule *rules;
	size_t n_rules;
} sets[] = {
	[CALLS_PLAIN] = { plain_calls, CALL_ROWS(plain_calls), NULL, 0 },
	[CALLS_RESTRICTED] = { NULL, 0, restricted_rules,
			       CALL_ROWS(restricted_rules) },
	[CALLS_OUTSIDE] = { outside_calls, CALL_ROWS(outside_calls),
			    outside_rules, CALL_ROWS(outside_rules) },
	[CALLS_FILES] = { file_calls, CALL_ROWS(file_calls), file_rules,
			  CALL_ROWS(file_rules) },
	[CALLS_IPV6] = { NULL, 0, ipv6_rules, CALL_ROWS(ipv6_rules) },
	[CALLS_UNIX] = { NULL, 0, unix_rules, CALL_ROWS(unix_rules) },
	[CALLS_MORE] = { more_calls, CALL_ROWS(more_calls), unix_rules,
			 CALL_ROWS(unix_rules) },
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
		[CALLS_UNIX] = needs->unix_sockets && needs->more == NULL,
		[CALLS_MORE] = needs->more != NULL,
	};
	int ret = call_rules_add_own(filter);

	for (size_t i = 0; i < N_CALLS && ret == 0; i++) {
		if (!needed[i])
			continue;
		ret = call_rules_add(filter, SCMP_ACT_ALLOW, sets[i].calls,
				     sets[i].n_calls);
		if (ret == 0)
			ret =
			    call_rules_add_some(filter, SCMP_ACT_ALLOW,
						sets[i].rules, sets[i].n_rules);
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
