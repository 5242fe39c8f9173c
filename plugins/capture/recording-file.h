/*
 * recording-file: what of a recording is one file: its header, the interfaces
 * and names that are described in it so far, its statistics at the end, and
 * when the next one has to begin.
 */
#ifndef CAPTURE_RECORDING_FILE_H
#define CAPTURE_RECORDING_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/capture/limits.h"
#include "plugins/capture/pcapng.h"
#include "plugins/capture/writer.h"

enum { IFACE_UNDESCRIBED = UINT32_MAX };

struct names;

/* A port, as an interface of the file. */
struct iface {
	uint32_t port;
	uint32_t number; /* in the file; IFACE_UNDESCRIBED until its block went
			    out */
	char *name;	 /* owned */
	/* Frames since the file began. */
	uint64_t received, accepted, dropped, delivered;
	uint64_t lost; /* since the last one that was recorded */
};

/* Those of a frame; at .checksum_at, unless that is 0, are .checksum. */
struct octets {
	const uint8_t *data;
	uint32_t checksum_at;
	uint8_t checksum[2];
};

/* Invariant: unless finished, writer_room() >= n_owed * PCAPNG_ISB_SIZE. */
struct recording_file {
	/* The same for all files of a recording. */
	struct writer *writer;	   /* owned by the recording */
	const struct names *names; /* borrowed */
	struct limits limits;
	bool pcap;
	uint32_t snaplen;
	char *title;	    /* owned by the recording */
	char *comment;	    /* likewise; or NULL */
	const char *filter; /* borrowed */

	uint64_t number; /* 1 is the first */
	uint64_t begin_ns;
	uint64_t bytes; /* put so far */
	uint64_t frames;
	size_t n_owed;	      /* statistics that are still to be written */
	uint32_t next_iface;  /* number of the next interface */
	uint64_t names_known; /* generation of the names it has, */
	size_t n_names;	      /* and how many of these */
};

/** recording_file_begin() - its header; there must be room for
 * PCAPNG_SHB_MAX */
void recording_file_begin(struct recording_file *f, uint64_t now_ns);

/** recording_file_describe() - an interface block, unless it has one.
 * Return: is it described now?  (else there is no room) */
bool recording_file_describe(struct recording_file *f, struct iface *iface);
/** recording_file_end_iface() - its statistics, if it was described */
void recording_file_end_iface(struct recording_file *f, struct iface *iface,
			      uint64_t now_ns);
/** recording_file_frame() - Return: was there room? */
bool recording_file_frame(struct recording_file *f, struct iface *iface,
			  const struct pcapng_packet *packet,
			  const struct octets *octets);
/** recording_file_mark() - Return: was there room? */
bool recording_file_mark(struct recording_file *f, uint64_t now_ns,
			 const char *text);

/** recording_file_is_full() - must a packet that comes now go into the next
 * file? */
bool recording_file_is_full(const struct recording_file *f,
			    const struct pcapng_packet *packet);
/** recording_file_cut() - the end of this file, the begin of the next one
 * @ifaces: all there are; they are described anew when they are needed
 * Return: was there room for that and for @packet? */
bool recording_file_cut(struct recording_file *f, struct iface *ifaces,
			size_t n_ifaces, const struct pcapng_packet *packet);

#endif /* CAPTURE_RECORDING_FILE_H */
