#include "plugins/capture/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
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

struct recording_counts
session_record(struct session *s, struct vl_inst *inst,
	       const struct vl_vector *v, enum pcapng_direction direction)
{
	struct recording_counts before, after;
	bool complete = false;

	recording_counts(s->recording, &before);
	for (uint32_t i = 0; i < v->n && !complete; i++) {
		struct recording_frame frame = {
			.data = vl_frame_data(v->frames[i]),
			.len = vl_frame_len(v->frames[i]),
			.time_ns = vl_frame_time_ns(v->frames[i]),
			.direction = direction,
		};

		if (v->verdicts[i] == VL_PASS)
			complete =
			    recording_frame(s->recording, v->port, &frame);
	}
	recording_publish(s->recording);
	recording_counts(s->recording, &after);
	if (complete)
		session_finish(s, inst);
	return (struct recording_counts){
		.frames = after.frames - before.frames,
		.dropped = after.dropped - before.dropped,
	};
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
	recording_free(s->recording);
	s->recording = NULL;
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

json_t *
session_json(const struct session *s)
{
	static const char *const names[] = {
		[SESSION_RUNNING] = "running",
		[SESSION_FINISHING] = "finishing",
		[SESSION_FINISHED] = "finished",
		[SESSION_FAILED] = "failed",
	};
	struct recording_counts counts = s->counts;
	struct writer_status status = s->status;
	json_t *object;

	if (s->recording != NULL) {
		recording_counts(s->recording, &counts);
		writer_status(recording_writer(s->recording), &status);
	}
	object = json_pack("{s:s, s:s, s:s?, s:s, s:I, s:I, s:I, s:I}", "id",
			   s->id, "segment", s->segment_name, "file",
			   s->target.path, "state", names[s->state], "frames",
			   (json_int_t)counts.frames, "dropped",
			   (json_int_t)counts.dropped, "accepted_bytes",
			   (json_int_t)status.accepted_bytes, "written_bytes",
			   (json_int_t)status.written_bytes);
	if (s->port_name[0] != '\0')
		json_object_set_new(object, "port", json_string(s->port_name));
	if (s->state == SESSION_FAILED)
		json_object_set_new(object, "error",
				    json_string(session_error_text(s)));
	return object;
}
