/* The filters of system calls. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "lib/call-rules.h"
#include "switch/sandbox.h"

/* ---- auto: all but these ---- */

/* They reach into other processes, into the kernel, or into what all processes
 * share; or they are ways into its youngest code. */
static const int never[] = {
	/* other processes */
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise), SCMP_SYS(kcmp),
	SCMP_SYS(pidfd_getfd),
	/* namespaces and file systems */
	SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(mount), SCMP_SYS(umount),
	SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(open_tree),
	SCMP_SYS(move_mount), SCMP_SYS(mount_setattr), SCMP_SYS(fsopen),
	SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick),
	SCMP_SYS(open_by_handle_at), SCMP_SYS(quotactl), SCMP_SYS(quotactl_fd),
	SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(fanotify_init),
	/* the kernel */
	SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot),
	SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(syslog),
	SCMP_SYS(ioperm), SCMP_SYS(iopl), SCMP_SYS(acct),
	SCMP_SYS(lookup_dcookie), SCMP_SYS(vm86), SCMP_SYS(vm86old),
	/* what all share */
	SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(stime),
	SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(vhangup),
	SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key),
	/* much code for few */
	SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register), SCMP_SYS(userfaultfd),
	SCMP_SYS(migrate_pages), SCMP_SYS(move_pages)
};

/* clone()'s arguments come in another order there. */
#if defined(__s390__)
enum { CLONE_FLAGS = 1 };
#else
enum { CLONE_FLAGS = 0 };
#endif

#define MAKES_NAMESPACE(flag)                                                  \
	{                                                                      \
		SCMP_SYS(clone), 1,                                            \
		{                                                              \
			ARG_BITS_ARE(CLONE_FLAGS, (flag), (flag))              \
		}                                                              \
	}
/* The kernel looks at 32 bits of a request. */
#define REQUEST(call, value)                                                   \
	{                                                                      \
		SCMP_SYS(call), 1,                                             \
		{                                                              \
			ARG_BITS_ARE(1, UINT32_MAX, (uint32_t)(value))         \
		}                                                              \
	}

/* Keys into the terminal that we may have been started from, too. */
static const struct call_rule never_so[] = {
	MAKES_NAMESPACE(CLONE_NEWNS),	MAKES_NAMESPACE(CLONE_NEWCGROUP),
	MAKES_NAMESPACE(CLONE_NEWUTS),	MAKES_NAMESPACE(CLONE_NEWIPC),
	MAKES_NAMESPACE(CLONE_NEWUSER), MAKES_NAMESPACE(CLONE_NEWPID),
	MAKES_NAMESPACE(CLONE_NEWNET),	REQUEST(ioctl, TIOCSTI),
	REQUEST(ioctl, TIOCLINUX),
};

/* A filter cannot see clone3()'s flags: libraries do with clone() then. */
static const int without[] = { SCMP_SYS(clone3) };

/* Programs that the switch runs may be of the machine's other kind. */
static int
add_kinds(scmp_filter_ctx filter)
{
	static const uint32_t kinds[][2] = {
		{ SCMP_ARCH_X86_64, SCMP_ARCH_X86 },
		{ SCMP_ARCH_X86_64, SCMP_ARCH_X32 },
		{ SCMP_ARCH_AARCH64, SCMP_ARCH_ARM },
		{ SCMP_ARCH_PPC64LE, SCMP_ARCH_PPC64 },
		{ SCMP_ARCH_S390X, SCMP_ARCH_S390 },
	};
	int ret = 0;

	for (size_t i = 0; i < CALL_ROWS(kinds) && ret == 0; i++) {
		if (kinds[i][0] == seccomp_arch_native())
			ret = seccomp_arch_add(filter, kinds[i][1]);
	}
	return ret;
}

static int
fill_auto(scmp_filter_ctx filter)
{
	int ret = add_kinds(filter);

	if (ret == 0)
		ret = call_rules_add(filter, SCMP_ACT_ERRNO(EPERM), never,
				     CALL_ROWS(never));
	if (ret == 0)
		ret = call_rules_add_some(filter, SCMP_ACT_ERRNO(EPERM),
					  never_so, CALL_ROWS(never_so));
	if (ret == 0)
		ret = call_rules_add(filter, SCMP_ACT_ERRNO(ENOSYS), without,
				     CALL_ROWS(without));
	return ret;
}

/* ---- strict: only these ---- */

static const int allowed[] = {
	/* frames, and the loop */
	SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(recvmmsg),
	SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
	SCMP_SYS(recv), SCMP_SYS(send), SCMP_SYS(read), SCMP_SYS(write),
	SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_create1), SCMP_SYS(timerfd_settime),
	SCMP_SYS(timerfd_gettime), SCMP_SYS(timerfd_create), SCMP_SYS(eventfd2),
	SCMP_SYS(io_setup), SCMP_SYS(io_submit), SCMP_SYS(io_getevents),
	SCMP_SYS(io_destroy), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
	SCMP_SYS(time), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(restart_syscall),
	/* sockets */
	SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(listen), SCMP_SYS(accept),
	SCMP_SYS(accept4), SCMP_SYS(shutdown), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	/* descriptors */
	SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(dup), SCMP_SYS(dup2),
	SCMP_SYS(dup3), SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(lseek),
	SCMP_SYS(_llseek), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
	SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(ftruncate),
	SCMP_SYS(ftruncate64), SCMP_SYS(fallocate), SCMP_SYS(fsync),
	SCMP_SYS(fdatasync), SCMP_SYS(flock), SCMP_SYS(fstatfs),
	SCMP_SYS(fstatfs64), SCMP_SYS(memfd_create),
	/* files, where Landlock lets it */
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(getdents),
	SCMP_SYS(getdents64), SCMP_SYS(stat), SCMP_SYS(stat64), SCMP_SYS(fstat),
	SCMP_SYS(fstat64), SCMP_SYS(lstat), SCMP_SYS(lstat64),
	SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(chmod), SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown), SCMP_SYS(lchown),
	SCMP_SYS(fchownat), SCMP_SYS(chown32), SCMP_SYS(fchown32),
	SCMP_SYS(lchown32), SCMP_SYS(umask), SCMP_SYS(getcwd), SCMP_SYS(chdir),
	/* threads and memory */
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(set_tid_address), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu), SCMP_SYS(brk),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(getrandom), SCMP_SYS(exit),
	/* signals and the end */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn), SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack), SCMP_SYS(exit_group),
	/* who and where we are */
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(getgroups), SCMP_SYS(getuid32), SCMP_SYS(geteuid32),
	SCMP_SYS(getgid32), SCMP_SYS(getegid32), SCMP_SYS(getgroups32),
	SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrusage),
	SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit),
	/* the same on machines of 32 bits */
	SCMP_SYS(clock_gettime64), SCMP_SYS(clock_nanosleep_time64),
	SCMP_SYS(futex_time64), SCMP_SYS(ppoll_time64),
	SCMP_SYS(recvmmsg_time64), SCMP_SYS(timerfd_settime64),
	SCMP_SYS(timerfd_gettime64), SCMP_SYS(rt_sigtimedwait_time64)
};

/* Not F_SETOWN, which has the kernel send signals to others. */
static const struct call_rule allowed_so[] = {
	REQUEST(fcntl, F_DUPFD),
	REQUEST(fcntl, F_DUPFD_CLOEXEC),
	REQUEST(fcntl, F_GETFD),
	REQUEST(fcntl, F_SETFD),
	REQUEST(fcntl, F_GETFL),
	REQUEST(fcntl, F_SETFL),
	REQUEST(fcntl, F_GETPIPE_SZ),
	REQUEST(fcntl, F_SETPIPE_SZ),
	REQUEST(fcntl, F_ADD_SEALS),
	REQUEST(fcntl, F_GET_SEALS),
	REQUEST(fcntl64, F_DUPFD),
	REQUEST(fcntl64, F_DUPFD_CLOEXEC),
	REQUEST(fcntl64, F_GETFD),
	REQUEST(fcntl64, F_SETFD),
	REQUEST(fcntl64, F_GETFL),
	REQUEST(fcntl64, F_SETFL),
	REQUEST(fcntl64, F_GETPIPE_SZ),
	REQUEST(fcntl64, F_SETPIPE_SZ),
	REQUEST(fcntl64, F_ADD_SEALS),
	REQUEST(fcntl64, F_GET_SEALS),
	/* interfaces */
	REQUEST(ioctl, TUNSETIFF),
	REQUEST(ioctl, TUNGETIFF),
	REQUEST(ioctl, TUNSETOFFLOAD),
	REQUEST(ioctl, TUNGETVNETHDRSZ),
	REQUEST(ioctl, TUNSETVNETHDRSZ),
	REQUEST(ioctl, SIOCGIFINDEX),
	REQUEST(ioctl, SIOCGIFNAME),
	REQUEST(ioctl, SIOCGIFFLAGS),
	REQUEST(ioctl, SIOCSIFFLAGS),
	REQUEST(ioctl, SIOCGIFMTU),
	REQUEST(ioctl, SIOCSIFMTU),
	/* how much there is, and is it a terminal? */
	REQUEST(ioctl, FIONREAD),
	REQUEST(ioctl, SIOCOUTQ),
	REQUEST(ioctl, FIONBIO),
	REQUEST(ioctl, TCGETS),
	/* sockets of the families that ports are of */
	{ SCMP_SYS(socket), 1, { ARG_IS(0, AF_UNIX) } },
	{ SCMP_SYS(socket), 1, { ARG_IS(0, AF_INET) } },
	{ SCMP_SYS(socket), 1, { ARG_IS(0, AF_INET6) } },
	{ SCMP_SYS(socket), 1, { ARG_IS(0, AF_PACKET) } },
	{ SCMP_SYS(socketpair), 1, { ARG_IS(0, AF_UNIX) } },
	/* threads, no processes; their names; our own limits */
	{ SCMP_SYS(clone),
	  1,
	  { ARG_BITS_ARE(CLONE_FLAGS, CLONE_THREAD, CLONE_THREAD) } },
	{ SCMP_SYS(prctl), 1, { ARG_IS(0, PR_SET_NAME) } },
	{ SCMP_SYS(prlimit64), 1, { ARG_IS(0, 0) } },
};

static int
fill_strict(scmp_filter_ctx filter)
{
	const struct call_rule signal_self = {
		SCMP_SYS(kill), 1, { ARG_IS(0, (uint64_t)getpid()) }
	};
	int ret =
	    call_rules_add(filter, SCMP_ACT_ALLOW, allowed, CALL_ROWS(allowed));

	if (ret == 0)
		ret = call_rules_add_some(filter, SCMP_ACT_ALLOW, allowed_so,
					  CALL_ROWS(allowed_so));
	if (ret == 0)
		ret = call_rules_add_own(filter);
	if (ret == 0)
		ret = call_rules_add_some(filter, SCMP_ACT_ALLOW, &signal_self,
					  1);
	return ret;
}

/* ---- installing ---- */

/* What strict does not allow, the kernel answers as one that does not have it:
 * a C library of another version then does without.  We interpret no programs
 * of others, so the kernel need not slow us against speculation.  Kernels since
 * 5.11 know by heart which calls a filter always lets through; for others it is
 * a tree. */
int
sandbox_filter_calls(enum sandbox sandbox)
{
	enum { AS_TREE = 2 };
	bool strict = sandbox == SANDBOX_STRICT;
	scmp_filter_ctx filter =
	    seccomp_init(strict ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_ALLOW);
	int ret = filter != NULL ? 0 : -ENOMEM;

	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	if (ret == 0)
		ret =
		    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, AS_TREE);
	if (ret == 0)
		ret = strict ? fill_strict(filter) : fill_auto(filter);
	if (ret == 0)
		ret = seccomp_load(filter);
	seccomp_release(filter);
	return ret;
}
