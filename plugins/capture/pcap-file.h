/*
 * pcap-file: the older format of capture files, as bytes (pcap-savefile(5)):
 * Ethernet, nanoseconds, little-endian.  It knows neither interfaces nor
 * comments.  Pure.
 */
#ifndef CAPTURE_PCAP_FILE_H
#define CAPTURE_PCAP_FILE_H

#include <stdint.h>

#include "plugins/capture/pcapng.h"

enum {
	PCAP_FILE_HEADER_SIZE = 24,
	PCAP_FILE_RECORD_SIZE = 16, /* of the header of a record */
	PCAP_FILE_LEN_AT = 8, /* where that states how many octets follow it */
};

void pcap_file_header(uint8_t out[PCAP_FILE_HEADER_SIZE], uint32_t snaplen);
/** pcap_file_record() - what stands before the octets of @packet */
void pcap_file_record(uint8_t out[PCAP_FILE_RECORD_SIZE],
		      const struct pcapng_packet *packet);

#endif /* CAPTURE_PCAP_FILE_H */
