#include "config.h"

#include "switch/access.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/xalloc.h"
#include "switch/ports/port-provider.h"

/* Return: is @text a number that is an id?  -1 means "no id" to the kernel. */
static bool
read_id(const char *text, uint32_t *id)
{
	char *end;
	unsigned long n;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	n = strtoul(text, &end, 10);
	*id = (uint32_t)n;
	return errno == 0 && *end == '\0' && n < UINT32_MAX;
}

int
access_add_user(struct segment_access *access, const char *text,
		struct err *err)
{
	uint32_t id;

	if (!read_id(text, &id)) {
		const struct passwd *user = getpwnam(text);

		if (user == NULL)
			return err_set(err, -EINVAL, "there is no user \"%s\"",
				       text);
		id = user->pw_uid;
	}
	if (access->n_uids == ACCESS_UIDS_MAX)
		return err_set(err, -ENOSPC,
			       "at most %d users can be let in one by one: "
			       "use a group",
			       ACCESS_UIDS_MAX);
	access->uids[access->n_uids++] = id;
	return 0;
}

int
access_set_group(struct segment_access *access, const char *text,
		 struct err *err)
{
	uint32_t id;

	if (!read_id(text, &id)) {
		const struct group *group = getgrnam(text);

		if (group == NULL)
			return err_set(err, -EINVAL, "there is no group \"%s\"",
				       text);
		id = group->gr_gid;
	}
	access->has_group = true;
	access->group = id;
	return 0;
}

void
access_set_modes(struct segment_access *access)
{
	if (access->n_uids > 0) {
		access->dir_mode = 0711;
		access->mode = 0666;
	} else if (access->has_group) {
		access->dir_mode = 0710;
		access->mode = 0660;
	}
}

static bool
is_member(int fd, gid_t group)
{
	socklen_t size = 0;
	bool member = false;
	gid_t *groups;

	/* First how much room they take. */
	if (fd < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 ||
	    errno != ERANGE)
		return false;
	groups = xcalloc(size / sizeof(*groups) + 1, sizeof(*groups));
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0) {
		for (size_t i = 0; i < size / sizeof(*groups); i++)
			member |= groups[i] == group;
	}
	free(groups);
	return member;
}

bool
access_allows(const struct segment_access *access, const struct port_peer *peer,
	      int fd)
{
	if (peer->uid == geteuid() || peer->uid == 0)
		return true;
	if (access->n_uids == 0) /* then the file system has decided */
		return (access->mode & 077) != 0;
	for (size_t i = 0; i < access->n_uids; i++) {
		if (access->uids[i] == peer->uid)
			return true;
	}
	return access->has_group &&
	       (peer->gid == access->group || is_member(fd, access->group));
}
