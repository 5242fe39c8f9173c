#include "config.h"

#include "switch/bell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/aio_abi.h>

#include "lib/xalloc.h"

enum {
	/* The kernel has room for more than a hundred in any case. */
	UNREAD_MIN = 1,
	READ_AT_ONCE = 128,
};

struct bell {
	bool tried;	       /* what follows has been asked for */
	aio_context_t context; /* 0: there is none */
	int nothing;	       /* that is read from: an empty file; or -1 */
};

struct bell *
bell_new(void)
{
	struct bell *bell = XNEW(struct bell);

	bell->nothing = -1;
	return bell;
}

void
bell_free(struct bell *bell)
{
	if (bell == NULL)
		return;
	if (bell->context != 0)
		syscall(SYS_io_destroy, bell->context);
	if (bell->nothing >= 0)
		close(bell->nothing);
	free(bell);
}

static void
prepare(struct bell *bell)
{
	bell->tried = true;
	bell->nothing = memfd_create("vdelab-nothing", MFD_CLOEXEC);
	if (bell->nothing >= 0 &&
	    syscall(SYS_io_setup, UNREAD_MIN, &bell->context) < 0)
		bell->context = 0;
}

/* Each read leaves a note of its end, which nobody needs. */
static void
throw_away(struct bell *bell)
{
	struct io_event events[READ_AT_ONCE];

	while (syscall(SYS_io_getevents, bell->context, 0, READ_AT_ONCE, events,
		       NULL) == READ_AT_ONCE)
		continue;
}

static int
ring(struct bell *bell, int eventfd)
{
	struct iocb read_nothing = {
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = (uint32_t)bell->nothing,
		.aio_flags = IOCB_FLAG_RESFD,
		.aio_resfd = (uint32_t)eventfd,
	};
	struct iocb *all[] = { &read_nothing };

	if (syscall(SYS_io_submit, bell->context, 1, all) == 1)
		return 0;
	if (errno == EAGAIN) { /* no room for another note */
		throw_away(bell);
		if (syscall(SYS_io_submit, bell->context, 1, all) == 1)
			return 0;
	}
	return -errno;
}

static int
ring_by_hand(int eventfd)
{
	const uint64_t one = 1;
	int flags = fcntl(eventfd, F_GETFL);

	if (flags < 0 || ((flags & O_NONBLOCK) == 0 &&
			  fcntl(eventfd, F_SETFL, flags | O_NONBLOCK) < 0))
		return -errno;
	/* One that is full has been rung. */
	if (write(eventfd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		return -errno;
	return 0;
}

int
bell_ring(struct bell *bell, int eventfd)
{
	if (!bell->tried)
		prepare(bell);
	return bell->context != 0 ? ring(bell, eventfd) : ring_by_hand(eventfd);
}
