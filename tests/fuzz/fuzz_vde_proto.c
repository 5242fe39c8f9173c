#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "switch/ports/vde-proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int ok)
{
	if (!ok)
		abort();
}

static void
check_request(const struct vde_request *req, size_t size)
{
	size_t fixed = req->version == 3 ? VDE_V3_FIXED : VDE_V1_FIXED;

	require(req->version == 1 || req->version == 3);
	require(size >= fixed);
	require(req->port <= 0xffffff);
	require(req->path[0] == '/');
	require(memchr(req->path, 0, sizeof(req->path)) != NULL);
	require(strnlen(req->description, sizeof(req->description)) <
		sizeof(req->description));
	require(strlen(req->description) <= size - fixed);
	for (const char *p = req->description; *p != '\0'; p++)
		require(*p >= ' ' && *p <= '~');
}

/* Property: an accepted request is well formed; and octets that arrive one by
 * one come to the same verdict as all at once: "more" changes once, for good.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vde_request req;
	int before = 0;

	if (size > 2 * VDE_REQUEST_MAX)
		size = 2 * VDE_REQUEST_MAX;
	for (size_t len = 0; len <= size; len++) {
		int verdict = vde_proto_parse(data, len, &req, NULL);

		require(before == 0 || verdict == before);
		if (verdict == 1)
			check_request(&req, len);
		before = verdict;
	}
	return 0;
}
