#include "plugins/capture/pcap-file.h"

#include <stddef.h>

enum {
	VERSION_MAJOR = 2,
	VERSION_MINOR = 4,
	LINKTYPE_ETHERNET = 1,
};

#define MAGIC_NS UINT32_C(0xa1b23c4d)
#define NS_PER_S UINT64_C(1000000000)

static void
put_words(uint8_t *at, const uint32_t *words, size_t n)
{
	for (size_t i = 0; i < 4 * n; i++)
		at[i] = (uint8_t)(words[i / 4] >> (i % 4 * 8));
}

void
pcap_file_header(uint8_t out[PCAP_FILE_HEADER_SIZE], uint32_t snaplen)
{
	const uint32_t words[] = {
		MAGIC_NS, (uint32_t)VERSION_MINOR << 16 | VERSION_MAJOR,
		0, /* time zone: UTC */
		0, /* accuracy: unused */
		snaplen,  LINKTYPE_ETHERNET,
	};

	put_words(out, words, sizeof(words) / sizeof(words[0]));
}

void
pcap_file_record(uint8_t out[PCAP_FILE_RECORD_SIZE],
		 const struct pcapng_packet *packet)
{
	const uint32_t words[] = {
		(uint32_t)(packet->time_ns / NS_PER_S),
		(uint32_t)(packet->time_ns % NS_PER_S),
		packet->captured_len,
		packet->original_len,
	};

	put_words(out, words, sizeof(words) / sizeof(words[0]));
}
