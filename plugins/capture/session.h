/*
 * session: one capture from capture.start to capture.stop: what it records
 * where, and what has become of it.
 */
#ifndef CAPTURE_SESSION_H
#define CAPTURE_SESSION_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <jansson.h>

#include "plugins/capture/limits.h"
#include "plugins/capture/recording.h"
#include "plugins/capture/target.h"
#include "vdelab/plugin.h"

enum { SESSION_NAME_SIZE = 64 };

enum session_state {
	SESSION_RUNNING,
	SESSION_FINISHING, /* what is left is being written */
	SESSION_FINISHED,  /* all of it is written */
	SESSION_FAILED,
};

struct session {
	TAILQ_ENTRY(session) entry;
	char id[24];
	uint32_t segment;
	char segment_name[SESSION_NAME_SIZE];
	uint32_t port;			   /* the last one of that name */
	char port_name[SESSION_NAME_SIZE]; /* "" = every port */
	bool in, out;			   /* the directions recorded */
	bool drops;			   /* and what gets no further */
	bool pcap;			   /* else pcapng */
	struct limits limits;		   /* of a series of files */
	struct target target;
	/* Who has started it holds the other end and closes it to end it, and
	 * so do we when it has ended; -1: it is nobody's. */
	int lifeline;
	struct vl_watch *lifeline_watch; /* NULL: not any more */
	struct vl_inst *inst;		 /* for that; borrowed */
	enum session_state state;
	int error;		     /* of a failed one, negative errno */
	uint64_t deadline_ns;	     /* for the end; 0 = none */
	struct vl_call *waiter;	     /* capture.stop, to be answered; or NULL */
	struct recording *recording; /* owned; NULL once ended */
	struct recording_counts counts; /* of an ended one */
	struct writer_status status;	/* likewise */
	char last_path[PATH_MAX];	/* likewise, of a series */
};

/** session_hold() - it lives as long as the other end of @fd is open
 * @fd: taken on success
 * Return: 0; -ENOMEM. */
int session_hold(struct session *s, struct vl_inst *inst, int fd);
/** session_free() - what is not written yet is lost; NULL is a no-op */
void session_free(struct session *s);

/** session_takes() - does it record frames of @segment at @port? */
bool session_takes(const struct session *s, uint32_t segment, uint32_t port);
/**
 * session_record() - the frames of @v that were not dropped so far
 * @time_ns: since 1970, when they came by
 *
 * A comment of each tells what plugins have done to it, another one what is
 * left to do.
 * Return: what was added to its counts.
 */
struct recording_counts session_record(struct session *s, struct vl_inst *inst,
				       const struct vl_vector *v,
				       enum pcapng_direction direction,
				       uint64_t time_ns);
/** session_record_drop() - a frame that gets no further; a comment tells by
 * whom, and why.  Return: as session_record(). */
struct recording_counts session_record_drop(struct session *s,
					    struct vl_inst *inst,
					    const struct vl_drop *drop,
					    uint64_t time_ns);
void session_port_added(struct session *s, struct vl_inst *inst, uint32_t port);
void session_port_removed(struct session *s, struct vl_inst *inst,
			  uint32_t port);
void session_port_renamed(struct session *s, struct vl_inst *inst,
			  uint32_t port);

/** session_mark() - a text beside the frames; Return: 0; -errno as of
 * recording_mark(), -ESRCH for one that does not run. */
int session_mark(struct session *s, struct vl_inst *inst, const char *text);

/** session_finish() - no further frame; what is left is written; a no-op unless
 * it is running */
void session_finish(struct session *s, struct vl_inst *inst);
/** session_poll() - Return: has it ended? (then .recording is NULL) */
bool session_poll(struct session *s, struct vl_inst *inst);
/** session_end() - give up what is not written by now; @error: why, negative
 * errno, or 0 */
void session_end(struct session *s, struct vl_inst *inst, int error);
/** session_error_text() - of a failed one */
const char *session_error_text(const struct session *s);
/** session_json() - as capture.show tells it; returned owned */
json_t *session_json(const struct session *s);

#endif /* CAPTURE_SESSION_H */
