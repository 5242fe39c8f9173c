#include "config.h"

#include "driver/vm/tcp-owner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/err.h"

enum {
	STATE_ESTABLISHED = 1, /* as the table has them */
	STATE_FIN_WAIT1 = 4,
	STATE_FIN_WAIT2 = 5,
	STATE_CLOSE_WAIT = 8,
	STATE_LAST_ACK = 9,
	STATE_CLOSING = 11,
	LINE_SIZE = 512,
	END_SIZE = 48,
};

/* An end as the kernel prints it: words of the address in the host's order. */
static void
format_end(const struct tcp_end *end, bool ipv6, char text[END_SIZE])
{
	unsigned port = ntohs(end->port);

	if (ipv6)
		snprintf(text, END_SIZE, "0000000000000000%08X%08X:%04X",
			 htonl(0xffff), end->addr, port);
	else
		snprintf(text, END_SIZE, "%08X:%04X", end->addr, port);
}

/* The state of a connection of which both ends exist. */
static bool
is_connected(unsigned state)
{
	return state == STATE_ESTABLISHED || state == STATE_CLOSE_WAIT ||
	       (state >= STATE_FIN_WAIT1 && state <= STATE_FIN_WAIT2) ||
	       state == STATE_LAST_ACK || state == STATE_CLOSING;
}

/* "  3: 0100007F:1F90 0100007F:A3C6 01 tx:rx tr:when retrans uid timeout inode" */
static bool
read_line(const char *line, const char *local, const char *remote, uid_t *uid)
{
	char from[END_SIZE], to[END_SIZE];
	unsigned state, owner;
	unsigned long inode;

	if (sscanf(line,
		   " %*u: %47[0-9A-F:] %47[0-9A-F:] %2x %*[0-9A-F]:%*[0-9A-F] "
		   "%*[0-9A-F]:%*[0-9A-F] %*[0-9A-F] %u %*d %lu",
		   from, to, &state, &owner, &inode) != 5 ||
	    strcmp(from, local) != 0 || strcmp(to, remote) != 0)
		return false;
	/* One without a process is printed as root's. */
	if (inode == 0 || !is_connected(state))
		return false;
	*uid = owner;
	return true;
}

bool
tcp_owner_find(FILE *table, bool ipv6, const struct tcp_end *local,
	       const struct tcp_end *remote, uid_t *uid)
{
	char from[END_SIZE], to[END_SIZE], line[LINE_SIZE];

	format_end(local, ipv6, from);
	format_end(remote, ipv6, to);
	while (fgets(line, sizeof(line), table) != NULL)
		if (read_line(line, from, to, uid))
			return true;
	return false;
}

/* Return: 1 found; 0 not there; -errno. */
static int
look_in(const char *path, bool ipv6, const struct tcp_end *local,
	const struct tcp_end *remote, uid_t *uid, struct err *err)
{
	FILE *table = fopen(path, "re");
	bool found;

	if (table == NULL)
		return ipv6 && errno == ENOENT
			   ? 0 /* a kernel without IPv6 */
			   : err_errno(err, "cannot read %s", path);
	found = tcp_owner_find(table, ipv6, local, remote, uid);
	fclose(table);
	return found;
}

static int
read_end(int (*get)(int, struct sockaddr *, socklen_t *), int fd,
	 struct tcp_end *end, struct err *err)
{
	struct sockaddr_in addr = { .sin_family = AF_UNSPEC };
	socklen_t size = sizeof(addr);

	if (get(fd, (struct sockaddr *)&addr, &size) < 0)
		return err_errno(err, "the other end");
	if (addr.sin_family != AF_INET)
		return err_set(err, -EAFNOSUPPORT, "no connection over IPv4");
	*end = (struct tcp_end){ .addr = addr.sin_addr.s_addr,
				 .port = addr.sin_port };
	return 0;
}

/* While our end lives, no other connection has the same pair of ends: what was
 * found is our peer. */
static bool
is_alive(int fd)
{
	struct tcp_info info = { .tcpi_state = TCP_CLOSE };
	socklen_t size = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	       (info.tcpi_state == TCP_ESTABLISHED ||
		info.tcpi_state == TCP_CLOSE_WAIT);
}

int
tcp_owner_of_peer(int fd, uid_t *uid, struct err *err)
{
	struct tcp_end mine, theirs;
	int ret = read_end(getpeername, fd, &theirs, err);

	if (ret == 0)
		ret = read_end(getsockname, fd, &mine, err);
	if (ret == 0)
		ret = look_in("/proc/net/tcp", false, &theirs, &mine, uid, err);
	if (ret == 0)
		ret = look_in("/proc/net/tcp6", true, &theirs, &mine, uid, err);
	if (ret < 0)
		return ret;
	if (ret == 0 || !is_alive(fd))
		return err_set(err, -ENOTCONN, "the caller has gone");
	return 0;
}
