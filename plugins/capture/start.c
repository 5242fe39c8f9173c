#include "config.h"

#include "plugins/capture/start.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/capture/series.h"
#include "plugins/common/bpf.h"
#include "plugins/common/inst.h"
#include "plugins/common/refuse.h"

#define NS_PER_S UINT64_C(1000000000)

static const char *
text_or(const json_t *params, const char *name, const char *otherwise)
{
	const char *text = param_text(params, name);

	return text != NULL ? text : otherwise;
}

/* ---- what is recorded ---- */

static int
read_scope(const struct capture *c, struct session *s, const json_t *params,
	   char *error, size_t error_size)
{
	const char *segment = param_text(params, "segment");
	const char *port = text_or(params, "port", "");
	const char *direction = text_or(params, "direction", "in");

	s->in = strcmp(direction, "out") != 0;
	s->out = strcmp(direction, "in") != 0;
	s->port = VL_PORT_NONE;
	snprintf(s->segment_name, sizeof(s->segment_name), "%s", segment);
	snprintf(s->port_name, sizeof(s->port_name), "%s", port);
	s->segment = vl_segment_find(c->inst, segment);
	if (s->segment == VL_PORT_NONE)
		return refuse(error, error_size, -ENOENT,
			      "no segment is called \"%s\"; segment.show lists "
			      "them",
			      segment);
	if (port[0] == '\0')
		return 0;
	s->port = vl_port_find(c->inst, port);
	if (s->port == VL_PORT_NONE ||
	    vl_port_segment(c->inst, s->port) != s->segment)
		return refuse(error, error_size, -ENOENT,
			      "segment \"%s\" has no port called \"%s\"; "
			      "port.show lists them",
			      segment, port);
	return 0;
}

/* ---- in what form ---- */

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static int
read_limits(struct session *s, const json_t *params, char *error,
	    size_t error_size)
{
	const char *ring = param_text(params, "ring");
	const char *size = param_text(params, "file_size");
	int ret = 0;

	s->limits.files = (uint32_t)param_number(params, "files", 0);
	s->limits.frames = param_number(params, "file_frames", 0);
	s->limits.ns = param_number(params, "file_seconds", 0) * NS_PER_S;
	if (size != NULL)
		ret = limits_parse_size(size, &s->limits, error, error_size);
	if (ret == 0 && ring != NULL)
		ret = limits_parse_ring(ring, &s->limits, error, error_size);
	if (ret == 0 && s->limits.files > 0 && !limits_are_set(&s->limits))
		ret = refuse(error, error_size, -EINVAL,
			     "when is a file full? A number of files needs a "
			     "limit of each: ring 4x16M");
	return ret;
}

static int
read_form(struct session *s, const json_t *params, char *error,
	  size_t error_size)
{
	const char *file = text_or(params, "file", "");
	const char *format = param_text(params, "format");

	s->drops = json_is_true(json_object_get(params, "drops"));
	s->pcap = format != NULL ? strcmp(format, "pcap") == 0
				 : ends_with(file, ".pcap");
	if (s->pcap && param_text(params, "comment") != NULL)
		return refuse(error, error_size, -EINVAL,
			      "a pcap file has no room for a comment; pcapng "
			      "has");
	if (s->pcap && s->drops)
		return refuse(error, error_size, -EINVAL,
			      "a pcap file cannot tell which frames were "
			      "dropped; pcapng can");
	return read_limits(s, params, error, error_size);
}

int
start_check(const json_t *params, char *error, size_t error_size)
{
	struct session s = { .id = "" };
	struct bpf *filter;
	int ret = read_form(&s, params, error, error_size);

	if (ret < 0)
		return ret;
	filter = bpf_compile(param_text(params, "filter"), error, error_size);
	if (filter == NULL)
		return -errno;
	bpf_free(filter);
	return 0;
}

/* ---- where to ---- */

static bool
is_series(const struct session *s)
{
	return limits_are_set(&s->limits);
}

static int
refuse_shared(const struct session *other, char *error, size_t error_size)
{
	return refuse(error, error_size, -EBUSY,
		      "capture %s is writing that file", other->id);
}

/* Nobody else may write there. */
static int
check_others(const struct capture *c, const struct session *s, char *error,
	     size_t error_size)
{
	const struct session *other;

	TAILQ_FOREACH (other, &c->sessions, entry)
		if (other->recording != NULL &&
		    target_same(&s->target, &other->target))
			return refuse_shared(other, error, error_size);
	return 0;
}

/* The same for a series: its files may be any. */
static int
check_series(const struct capture *c, const char *path, char *error,
	     size_t error_size)
{
	const struct session *other;

	TAILQ_FOREACH (other, &c->sessions, entry)
		if (other->recording != NULL && other->target.series &&
		    strcmp(other->target.path, path) == 0)
			return refuse_shared(other, error, error_size);
	return 0;
}

/* Return: where @s writes to, owned by the caller; -errno. */
static int
open_file(struct session *s, const char *path, struct series **series,
	  char *error, size_t error_size)
{
	return is_series(s)
		   ? target_open_series(&s->target, path, s->limits.files,
					series, error, error_size)
		   : target_open(&s->target, path, error, error_size);
}

static int
check_target(const struct capture *c, const struct session *s, const char *path,
	     int fd, char *error, size_t error_size)
{
	if (fd < 0 && path == NULL)
		return refuse(error, error_size, -EINVAL,
			      "a capture needs a file or a descriptor to write "
			      "to");
	if (is_series(s) && path == NULL)
		return refuse(error, error_size, -EINVAL,
			      "several files need a name, not a descriptor");
	if (is_series(s))
		return check_series(c, path, error, error_size);
	return 0;
}

/* Who has started it may hold it by @fd, taken; -1: nobody does. */
static int
hold(struct capture *c, struct session *s, int fd, char *error,
     size_t error_size)
{
	if (fd < 0 || session_hold(s, c->inst, fd) == 0)
		return 0;
	close(fd);
	return refuse(error, error_size, -ENOMEM, "out of memory");
}

/* The file @path, while somebody holds @held, taken, or -1.  Return: where @s
 * writes to, owned by the caller, and *series, owned, too; -errno. */
static int
open_path(struct capture *c, struct session *s, const char *path, int held,
	  struct series **series, char *error, size_t error_size)
{
	int ret = hold(c, s, held, error, error_size), fd = -1;

	if (ret == 0)
		ret = fd = open_file(s, path, series, error, error_size);
	if (ret >= 0)
		ret = check_others(c, s, error, error_size);
	if (ret >= 0)
		ret = target_clear(&s->target, fd, error, error_size);
	if (ret >= 0)
		return fd;
	if (fd >= 0)
		close(fd);
	series_free(*series);
	*series = NULL;
	return ret;
}

/* Return: as open_path(). */
static int
open_target(struct capture *c, struct session *s, const json_t *params,
	    struct series **series, char *error, size_t error_size)
{
	const char *path = param_text(params, "file");
	int fd = vl_method_take_fd(c->inst);
	int ret = check_target(c, s, path, fd, error, error_size);

	*series = NULL;
	if (ret == 0 && path != NULL)
		return open_path(c, s, path, fd, series, error, error_size);
	if (ret == 0)
		ret = target_adopt(&s->target, fd, error, error_size);
	if (ret == 0)
		ret = check_others(c, s, error, error_size);
	if (ret == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return ret;
}

/* ---- all of it ---- */

static int
open_recording(struct capture *c, struct session *s, const json_t *params,
	       char *error, size_t error_size)
{
	const struct recording_spec spec = {
		.pcap = s->pcap,
		.title = s->segment_name,
		.comment = param_text(params, "comment"),
		.ring_bytes = c->ring_bytes,
		.snaplen = (uint32_t)param_number(params, "snaplen",
						  RECORDING_FRAME_MAX),
		.max_frames = param_number(params, "count", 0),
		.limits = s->limits,
		.filter = param_text(params, "filter"),
		.names = c->names,
		.now_ns = vl_wall_ns(c->inst),
	};
	struct series *series;
	int fd, ret;

	/* The filter first: a mistake in it must not cost a file's content. */
	s->recording = recording_new(&spec, error, error_size);
	if (s->recording == NULL)
		return -errno;
	fd = open_target(c, s, params, &series, error, error_size);
	if (fd < 0)
		return fd;
	ret = recording_begin(s->recording, fd, series, error, error_size);
	if (ret < 0) {
		series_free(series);
		close(fd);
	}
	return ret;
}

int
start_session(struct capture *c, const json_t *params, struct session **session,
	      char *error, size_t error_size)
{
	struct session *s = calloc(1, sizeof(*s));
	int ret;

	if (s == NULL)
		return refuse(error, error_size, -ENOMEM, "out of memory");
	s->lifeline = -1;
	ret = read_scope(c, s, params, error, error_size);
	if (ret == 0)
		ret = read_form(s, params, error, error_size);
	if (ret == 0)
		ret = open_recording(c, s, params, error, error_size);
	if (ret < 0) {
		session_free(s);
		return ret;
	}
	snprintf(s->id, sizeof(s->id), "%" PRIu64, ++c->last_id);
	*session = s;
	return 0;
}
