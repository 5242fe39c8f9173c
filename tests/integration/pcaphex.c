/* pcaphex: the frames of a capture without their times, each a line of its
 * length and its octets. */
#include <pcap/pcap.h>
#include <stdio.h>

int
main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *octets;
	pcap_t *pcap;
	int ret;

	if (argc != 2) {
		fprintf(stderr, "usage: pcaphex FILE\n");
		return 2;
	}
	pcap = pcap_open_offline(argv[1], error);
	if (pcap == NULL) {
		fprintf(stderr, "pcaphex: %s\n", error);
		return 1;
	}
	while ((ret = pcap_next_ex(pcap, &header, &octets)) == 1) {
		printf("%u ", header->len);
		for (bpf_u_int32 i = 0; i < header->caplen; i++)
			printf("%02x", octets[i]);
		putchar('\n');
	}
	if (ret != PCAP_ERROR_BREAK)
		fprintf(stderr, "pcaphex: %s\n", pcap_geterr(pcap));
	pcap_close(pcap);
	return ret == PCAP_ERROR_BREAK ? 0 : 1;
}
