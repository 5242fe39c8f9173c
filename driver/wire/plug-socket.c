#include "config.h"

#include "driver/wire/plug-socket.h"

#include <sys/socket.h>

#include "lib/err.h"
#include "lib/sockpath.h"

/* What may wait in a pair for a switch that is being replaced; the kernel may
 * grant less. */
enum { PAIR_BYTES = 1024 * 1024 };

/* Best effort: the kernel's own limit works, too. */
static void
set_buffers(int fd)
{
	int size = PAIR_BYTES;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

int
plug_socket_pair(int fds[static 2], struct err *err)
{
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_errno(err, "socketpair");
	set_buffers(fds[0]);
	set_buffers(fds[1]);
	return 0;
}

int
plug_socket_listen(const char *path, struct err *err)
{
	return sockpath_listen(path, SOCK_STREAM, 0600, err);
}
