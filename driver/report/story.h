/*
 * story: what a run's directory tells, in memory: its log.jsonl, and what its
 * captures hold, as plain structs that every report is made of.
 *
 * The log is read line by line and may be anything: torn by a run that was
 * killed, damaged, hostile, larger than memory.  What does not fit into the
 * limits below is left out and told, in .omissions; what is near the failure, at
 * the beginning and at the end stays.  All text is UTF-8 without NUL.
 *
 * Indexes are of the arrays of struct story; -1 is none.  Times are seconds
 * since the run began.  Everything is owned by the story and read only.
 */
#ifndef DRIVER_REPORT_STORY_H
#define DRIVER_REPORT_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum {
	STORY_LINE_MAX = 8 * 1024 * 1024, /* octets of a line of the log */
	STORY_EVENTS_MAX = 100000,
	STORY_FRAMES_MAX = 50000,
	STORY_STEPS_MAX = 20000,
	STORY_MACHINES_MAX = 1024,
	STORY_SEGMENTS_MAX = 1024,
	STORY_SOURCES_MAX = 256,
	STORY_FILES_MAX = 1024, /* of screenshots, too */
	STORY_FINDINGS_MAX = 64,
	STORY_TEXT_MAX = 64 * 1024, /* octets of an event's or a step's text;
				     * longer ones lose their middle */
};

/* A line of the test's own text. */
struct story_place {
	int source; /* -1: its text is not known */
	char *file; /* as errors name it; NULL: no place is known */
	int line;   /* from 1; 0: unknown */
};

/* The run as a whole: run.begin and run.end. */
struct story_run {
	char *test; /* "" unless told, as the other texts but those that may be
		     * NULL */
	char *file; /* of the test */
	char *result;	   /* "passed", "failed", ..., or "killed" */
	int code;	   /* the exit code; -1: killed */
	char *error;	   /* NULL: none */
	char *began;	   /* wall clock at 0, RFC 3339; NULL: unknown */
	int64_t began_ns;  /* the same since 1970 UTC; 0: unknown */
	double duration_s; /* until run.end, or the last event */
	bool complete;	   /* false: it was killed, or goes on */
	char *version;
	char *language; /* "lua", "python", "clients" */
	char *accel;
	char *accel_reason;
	double timeout_scale;
	int64_t seed;
	int attempt; /* from 1 */
	int schema;  /* of the log */
};

struct story_nic {
	char *port;  /* "client.eth1" */
	int segment; /* -1: unknown */
	char *mac;   /* "" unless told */
	char *ipv4;  /* NULL: none */
	char *ipv6;  /* NULL: none */
};

struct story_machine {
	char *name;
	char *serial_log; /* relative to the directory; NULL: there is none */
	struct story_nic *nics;
	size_t n_nics;
};

struct story_segment {
	char *name;
	char *capture;	   /* relative; NULL: there is none */
	uint64_t frames;   /* in the capture */
	uint64_t octets;   /* of those frames, on the wire */
	uint64_t left_out; /* frames that the capture could not keep */
};

struct story_source {
	char *file; /* as errors name it */
	char *text;
	bool cut; /* there is more of it than .text */
};

struct story_step {
	int64_t id;  /* its number in the log */
	int parent;  /* the step it is part of, which stands before it */
	char *kind;  /* the method, "subtest", "boot" */
	int machine; /* -1: none */
	char *text;  /* the command, the subtest's name */
	double begin_s;
	double end_s; /* negative: it had not ended */
	bool ended;
	bool ok;     /* false also when it had not ended */
	char *error; /* NULL: none */
	bool timed_out;
	struct story_place at;
};

struct story_event {
	double t;
	int type; /* index in .event_types; see story_event_type() */
	int machine;
	int step;
	char *text; /* "" for none; of a screenshot or a file its path */
	char *
	    data; /* what else the event has, as a JSON object; NULL: nothing */
};

struct story_screenshot {
	double t;
	int machine;
	int step;
	char *path; /* relative */
};

struct story_file {
	char *path; /* relative */
	uint64_t octets;
	char *what; /* "capture of vlan1" */
};

/* Flags of frames. */
enum {
	STORY_FRAME_DROPPED = 1,
	STORY_FRAME_IMPAIRED = 2, /* delayed, duplicated, corrupted, ... */
	STORY_FRAME_AGAIN = 4,	  /* a TCP retransmission */
	STORY_FRAME_BAD_SUM = 8,  /* IP, TCP, UDP or ICMP */
};

enum { STORY_TO_UNKNOWN = -1, STORY_TO_MANY = -2 }; /* broadcast, multicast */

struct story_frame {
	double t;
	int segment;
	uint64_t number; /* in its capture, as Wireshark counts */
	int port;	 /* index in .ports: where it entered */
	int from;	 /* machine */
	int to;		 /* machine, or STORY_TO_... */
	int protocol;	 /* index in .protocols */
	char *text;	 /* without time and Ethernet addresses */
	uint32_t octets; /* on the wire */
	unsigned flags;
	char *note;    /* the capture's comments; NULL: none */
	uint8_t *data; /* near the failure; NULL: not kept */
	uint32_t data_len;
};

enum story_severity { STORY_NOTE, STORY_BAD };

/* What stands out on the wire: one sentence. */
struct story_finding {
	char *
	    text; /* "client asked server port 80 for a connection 3 times, ..." */
	enum story_severity severity;
	double begin_s, end_s;
	int segment;	/* the first that it concerns */
	size_t *frames; /* indexes: what it stands on, ascending; some of them
			 * when they are many */
	size_t n_frames;
	int rank; /* the more telling the smaller */
};

/* What has been left out: only .shown of .of. */
struct story_omission {
	char *what; /* "frames of vlan1" */
	uint64_t shown;
	uint64_t of; /* 0: unknown */
	char *where; /* the file that has all; NULL: none has */
};

struct story_failure {
	bool happened; /* false: it has not failed, or nobody knows */
	int step;      /* the innermost one that the run failed by; -1: none */
	double t;
	char *error; /* of the run */
	struct story_place at;
};

struct story {
	char *dir; /* as given */
	struct story_run run;
	struct story_machine *machines;
	size_t n_machines;
	struct story_segment *segments;
	size_t n_segments;
	struct story_source *sources; /* the test file first */
	size_t n_sources;
	struct story_step *steps; /* in the order of their beginnings */
	size_t n_steps;
	/* "stdout" and "stderr" for output, else as the log has them, without
	 * those that are in other arrays: run, source, step, capture. */
	char **event_types;
	size_t n_event_types;
	struct story_event *events; /* by time */
	size_t n_events;
	struct story_screenshot *screenshots;
	size_t n_screenshots;
	struct story_file *files; /* all of the directory that is known */
	size_t n_files;
	struct story_failure failure;
	struct story_omission *omissions;
	size_t n_omissions;

	/* By story_read_wire(). */
	char **ports;
	size_t n_ports;
	char **protocols;
	size_t n_protocols;
	struct story_frame *frames; /* by time */
	size_t n_frames;
	struct story_finding *findings; /* the most telling first */
	size_t n_findings;
};

/**
 * story_read() - the story that @dir/log.jsonl tells
 * @dir: a test's directory of results
 *
 * Return: a story the caller owns; NULL with @err set when there is no log, or
 *         it does not begin as one.
 */
struct story *story_read(const char *dir, struct err *err);
/** story_read_wire() - .frames and .findings, from the captures.  What cannot be
 * read is told in .omissions. */
void story_read_wire(struct story *story);
void story_free(struct story *story);

/** story_event_type() - "serial" */
const char *story_event_type(const struct story *story,
			     const struct story_event *event);
/** story_source_line() - the line @number, from 1, of @source, without its end;
 * returned owned, NULL: it has no such line */
char *story_source_line(const struct story_source *source, int number);
/** story_findings() - the sentences of .findings, one a line, "" for none: those
 * that are bad, or all when none is; returned owned */
char *story_findings(const struct story *story);

#endif /* DRIVER_REPORT_STORY_H */
