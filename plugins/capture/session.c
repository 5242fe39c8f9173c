#include "plugins/capture/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nobody writes there: whatever happens is that the other end is closed. */
static void
on_lifeline(void *priv, int fd, unsigned events)
{
	struct session *s = priv;

	(void)fd;
	(void)events;
	vl_watch_set(s->lifeline_watch, 0);
	session_finish(s, s->inst);
}

int
session_hold(struct session *s, struct vl_inst *inst, int fd)
{
	s->inst = inst;
	s->lifeline_watch = vl_watch_add(inst, fd, VL_READ, on_lifeline, s);
	if (s->lifeline_watch == NULL)
		return -ENOMEM;
	s->lifeline = fd;
	return 0;
}

static void
let_go(struct session *s)
{
	vl_watch_free(s->lifeline_watch);
	s->lifeline_watch = NULL;
	if (s->lifeline >= 0)
		close(s->lifeline);
	s->lifeline = -1;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	let_go(s);
	recording_free(s->recording);
	target_fini(&s->target);
	free(s);
}

bool
session_takes(const struct session *s, uint32_t segment, uint32_t port)
{
	return s->state == SESSION_RUNNING && s->segment == segment &&
	       (s->port_name[0] == '\0' || s->port == port);
}

enum { SEGMENTS_SIZE = 64 };

/* What is left to do to @frame: the checksum is done in the recording, and of
 * segments tells @text, which is "" when there are none. */
static void
record_offload(const struct vl_frame *frame, struct recording_frame *as,
	       char text[SEGMENTS_SIZE])
{
	static const char *const names[] = {
		[VL_SEGMENT_NONE] = "",
		[VL_SEGMENT_TCP] = "TCP segments",
		[VL_SEGMENT_DATAGRAMS] = "UDP datagrams",
		[VL_SEGMENT_FRAGMENTS] = "IP fragments",
	};
	struct vl_offload o;

	text[0] = '\0';
	as->checksum_at = 0;
	if (!vl_frame_offload(frame, &o))
		return;
	as->checksum_at = o.checksum;
	if (o.checksum > 0)
		vl_frame_checksum(frame, as->checksum);
	if (o.segmentation != VL_SEGMENT_NONE)
		snprintf(text, SEGMENTS_SIZE, "for %u %s of %u octets",
			 (unsigned)o.n_segments, names[o.segmentation],
			 (unsigned)o.segment_len);
}

/* A frame with its marks, and another @comment unless that is NULL.  Return: is
 * the recording complete? */
static bool
record_frame(struct session *s, struct vl_inst *inst, uint32_t port,
	     const struct vl_frame *frame, struct recording_frame *as,
	     const char *comment)
{
	const char *comments[VL_MARKS_MAX + 2];
	char segments[SEGMENTS_SIZE];

	as->data = vl_frame_data(frame);
	as->len = vl_frame_len(frame);
	as->comments = comments;
	as->n_comments = vl_frame_marks(inst, frame, comments);
	record_offload(frame, as, segments);
	if (segments[0] != '\0')
		comments[as->n_comments++] = segments;
	if (comment != NULL)
		comments[as->n_comments++] = comment;
	return recording_frame(s->recording, port, as);
}

/* Return: by how much the counts have grown since @before. */
static struct recording_counts
end_batch(struct session *s, struct vl_inst *inst,
	  const struct recording_counts *before, bool complete)
{
	struct recording_counts after;

	recording_publish(s->recording);
	recording_counts(s->recording, &after);
	if (complete)
		session_finish(s, inst);
	return (struct recording_counts){
		.frames = after.frames - before->frames,
		.dropped = after.dropped - before->dropped,
	};
}

struct recording_counts
session_record(struct session *s, struct vl_inst *inst,
	       const struct vl_vector *v, enum pcapng_direction direction,
	       uint64_t time_ns)
{
	struct recording_frame as = { .time_ns = time_ns,
				      .direction = direction };
	struct recording_counts before;
	bool complete = false;

	recording_counts(s->recording, &before);
	for (uint32_t i = 0; i < v->n && !complete; i++)
		if (v->verdicts[i] == VL_PASS)
			complete = record_frame(s, inst, v->port, v->frames[i],
						&as, NULL);
	return end_batch(s, inst, &before, complete);
}

struct recording_counts
session_record_drop(struct session *s, struct vl_inst *inst,
		    const struct vl_drop *drop, uint64_t time_ns)
{
	struct recording_frame as = {
		.time_ns = time_ns,
		.direction = drop->stage == VL_STAGE_EGRESS ? PCAPNG_OUTBOUND
							    : PCAPNG_INBOUND,
	};
	struct recording_counts before;
	char comment[PCAPNG_NAME_MAX + 1];
	bool complete;

	snprintf(comment, sizeof(comment), "dropped by %s: %s",
		 drop->by != NULL ? drop->by : "the switch", drop->reason);
	recording_counts(s->recording, &before);
	complete = record_frame(s, inst, drop->port, drop->frame, &as, comment);
	return end_batch(s, inst, &before, complete);
}

void
session_port_added(struct session *s, struct vl_inst *inst, uint32_t port)
{
	const char *name = vl_port_name(inst, port);

	if (s->recording == NULL || name == NULL ||
	    vl_port_segment(inst, port) != s->segment)
		return;
	if (s->port_name[0] != '\0' && strcmp(name, s->port_name) != 0)
		return;
	s->port = port;
	if (recording_port_add(s->recording, port, name) < 0)
		vl_log(inst, "capture %s: no memory for port %s", s->id, name);
}

void
session_port_removed(struct session *s, struct vl_inst *inst, uint32_t port)
{
	if (s->recording == NULL)
		return;
	recording_port_remove(s->recording, port, vl_wall_ns(inst));
}

void
session_port_renamed(struct session *s, struct vl_inst *inst, uint32_t port)
{
	if (s->port_name[0] != '\0' && s->port == port)
		s->port = VL_PORT_NONE;
	session_port_removed(s, inst, port);
	session_port_added(s, inst, port);
}

int
session_mark(struct session *s, struct vl_inst *inst, const char *text)
{
	if (s->state != SESSION_RUNNING)
		return -ESRCH;
	return recording_mark(s->recording, vl_wall_ns(inst), text);
}

void
session_finish(struct session *s, struct vl_inst *inst)
{
	if (s->state != SESSION_RUNNING)
		return;
	s->state = SESSION_FINISHING;
	recording_finish(s->recording, vl_wall_ns(inst));
}

void
session_end(struct session *s, struct vl_inst *inst, int error)
{
	const char *path = s->target.path;

	recording_counts(s->recording, &s->counts);
	writer_status(recording_writer(s->recording), &s->status);
	writer_path(recording_writer(s->recording), s->last_path);
	recording_free(s->recording);
	s->recording = NULL;
	let_go(s);
	s->error = error;
	s->state = error < 0 ? SESSION_FAILED : SESSION_FINISHED;
	if (error < 0)
		vl_log(inst, "capture %s of %s%s%s ended early: %s", s->id,
		       s->segment_name, path != NULL ? " to " : "",
		       path != NULL ? path : "", session_error_text(s));
}

bool
session_poll(struct session *s, struct vl_inst *inst)
{
	struct writer_status status;

	if (s->recording == NULL)
		return true;
	writer_status(recording_writer(s->recording), &status);
	if (status.done)
		session_end(s, inst, status.error);
	else if (s->deadline_ns > 0 && vl_now_ns(inst) >= s->deadline_ns)
		session_end(s, inst, -ETIMEDOUT);
	return s->recording == NULL;
}

const char *
session_error_text(const struct session *s)
{
	switch (-s->error) {
	case EPIPE:
		return "nobody reads it any longer";
	case ETIMEDOUT:
		return "its reader is too slow; what was not written is lost";
	default:
		return strerror(-s->error);
	}
}

static json_t *
limits_json(const struct limits *limits)
{
	static const uint64_t ns_per_s = UINT64_C(1000000000);
	const struct {
		const char *name;
		uint64_t value;
	} members[] = {
		{ "files", limits->files },
		{ "bytes", limits->bytes },
		{ "seconds", limits->ns / ns_per_s },
		{ "frames", limits->frames },
	};
	json_t *object = json_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (members[i].value > 0)
			json_object_set_new(
			    object, members[i].name,
			    json_integer((json_int_t)members[i].value));
	return object;
}

static const char *
state_name(const struct session *s)
{
	static const char *const names[] = {
		[SESSION_RUNNING] = "running",
		[SESSION_FINISHING] = "finishing",
		[SESSION_FINISHED] = "finished",
		[SESSION_FAILED] = "failed",
	};

	return names[s->state];
}

static void
add_series(const struct session *s, json_t *object, uint64_t n_files)
{
	char path[PATH_MAX];

	if (s->recording != NULL)
		writer_path(recording_writer(s->recording), path);
	json_object_set_new(object, "ring", limits_json(&s->limits));
	json_object_set_new(object, "files", json_integer((json_int_t)n_files));
	json_object_set_new(
	    object, "last_file",
	    json_string(s->recording != NULL ? path : s->last_path));
}

json_t *
session_json(const struct session *s)
{
	struct recording_counts counts = s->counts;
	struct writer_status status = s->status;
	json_t *object;

	if (s->recording != NULL) {
		recording_counts(s->recording, &counts);
		writer_status(recording_writer(s->recording), &status);
	}
	object = json_pack(
	    "{s:s, s:s, s:s?, s:s, s:s, s:I, s:I, s:I, s:I}", "id", s->id,
	    "segment", s->segment_name, "file", s->target.path, "format",
	    s->pcap ? "pcap" : "pcapng", "state", state_name(s), "frames",
	    (json_int_t)counts.frames, "dropped", (json_int_t)counts.dropped,
	    "accepted_bytes", (json_int_t)status.accepted_bytes,
	    "written_bytes", (json_int_t)status.written_bytes);
	if (s->port_name[0] != '\0')
		json_object_set_new(object, "port", json_string(s->port_name));
	if (s->target.series)
		add_series(s, object, counts.files);
	if (s->state == SESSION_FAILED)
		json_object_set_new(object, "error",
				    json_string(session_error_text(s)));
	return object;
}
