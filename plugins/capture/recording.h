/*
 * recording: one capture: which frames of which ports become which blocks, in
 * one file or several.
 *
 * Knows nothing of the switch: ports are numbers with names, time is handed
 * in.  Room for the closing statistics is set aside in the ring from the
 * start, so that they are written however full it is.
 */
#ifndef CAPTURE_RECORDING_H
#define CAPTURE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/capture/limits.h"
#include "plugins/capture/pcapng.h"
#include "plugins/capture/writer.h"

enum {
	RECORDING_FRAME_MAX = 65550,
	/* The smallest ring: the largest frame and what describes it. */
	RECORDING_RING_MIN = 128 * 1024,
};

struct names;
struct recording;

struct recording_spec {
	bool pcap;		   /* instead of pcapng */
	const char *title;	   /* what is recorded: "vlan1"; borrowed */
	const char *comment;	   /* of the file; borrowed; or NULL */
	size_t ring_bytes;	   /* at least RECORDING_RING_MIN */
	uint32_t snaplen;	   /* octets of a frame that are kept */
	uint64_t max_frames;	   /* complete after so many; 0 = no end */
	struct limits limits;	   /* of a file; set with a series only */
	const char *filter;	   /* pcap-filter(7); borrowed; or NULL */
	const struct names *names; /* borrowed until recording_free() */
	uint64_t now_ns;	   /* since 1970 */
};

struct recording_counts {
	uint64_t frames;  /* recorded */
	uint64_t dropped; /* lost because the descriptor was slow */
	uint64_t files;	  /* begun */
};

struct recording_frame {
	const uint8_t *data; /* borrowed; @len octets, at least 14 */
	uint32_t len;
	uint64_t time_ns;
	enum pcapng_direction direction;
	const char *const *comments; /* what happened to it; at most
					PCAPNG_COMMENTS_MAX */
	size_t n_comments;
	/* Two octets that are recorded in place of those at @checksum_at; 0:
	 * there are none */
	uint32_t checksum_at;
	uint8_t checksum[2];
};

/** recording_new() - compile the filter; Return: a recording the caller owns,
 * still to be begun; NULL with errno set and the reason for a person in @error
 */
struct recording *recording_new(const struct recording_spec *spec, char *error,
				size_t error_size);
/** recording_begin() - before anything below
 * @fd:     taken on success
 * @series: of which @fd is the first file; taken on success; NULL: the only one
 * Return: 0; -errno, with the reason in @error. */
int recording_begin(struct recording *r, int fd, struct series *series,
		    char *error, size_t error_size);

/** recording_port_add() - frames of @port are to be expected
 * @port: none that there is
 * @name: copied
 * Return: 0; -ENOMEM: its frames will count as dropped. */
int recording_port_add(struct recording *r, uint32_t port, const char *name);
/** recording_port_remove() - its statistics are written; unknown ones are a
 * no-op */
void recording_port_remove(struct recording *r, uint32_t port, uint64_t now_ns);

/** recording_frame() - record a frame of @port if it matches
 * Return: true when the recording is complete (it takes no more). */
bool recording_frame(struct recording *r, uint32_t port,
		     const struct recording_frame *frame);
/** recording_mark() - a text of one line, beside the frames
 * Return: 0; -ENOSPC when the descriptor is slow; -EOPNOTSUPP for a pcap file.
 */
int recording_mark(struct recording *r, uint64_t now_ns, const char *text);
/** recording_publish() - let the frames so far be written; once a batch */
void recording_publish(struct recording *r);

/** recording_finish() - statistics, then the end; takes no frame after this;
 * a second call is a no-op */
void recording_finish(struct recording *r, uint64_t now_ns);
void recording_counts(const struct recording *r,
		      struct recording_counts *counts);
/** recording_writer() - for writer_status(), writer_wait(), writer_path();
 * borrowed */
const struct writer *recording_writer(const struct recording *r);
/** recording_free() - what is not written yet is lost; NULL is a no-op */
void recording_free(struct recording *r);

#endif /* CAPTURE_RECORDING_H */
