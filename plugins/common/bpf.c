#include "config.h"

#include "plugins/common/bpf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "plugins/common/bpf-names.h"

enum { FRAME_MAX = 65550 };

struct bpf {
	struct bpf_program program; /* empty when .text is */
	char text[];
};

/* Return: 0; a positive errno with the reason in @error. */
static int
check_text(const char *text, char *error, size_t error_size)
{
	struct bpf_name name;

	if (strlen(text) > BPF_TEXT_MAX) {
		snprintf(error, error_size,
			 "a filter of %zu characters is too long; %d are the "
			 "most",
			 strlen(text), BPF_TEXT_MAX);
		return ENAMETOOLONG;
	}
	if (!bpf_names_find(text, &name))
		return 0;
	snprintf(error, error_size,
		 "filter \"%s\": \"%.*s\" is neither a word of filters nor an "
		 "address; names are not looked up",
		 text, (int)name.len, name.at);
	return EINVAL;
}

/* Return: 0; a positive errno with the reason in @error. */
static int
compile(struct bpf *bpf, char *error, size_t error_size)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, FRAME_MAX);
	int ret = 0;

	if (pcap == NULL) {
		snprintf(error, error_size, "out of memory");
		return ENOMEM;
	}
	if (pcap_compile(pcap, &bpf->program, bpf->text, 1,
			 PCAP_NETMASK_UNKNOWN) < 0) {
		snprintf(error, error_size, "filter \"%s\": %s", bpf->text,
			 pcap_geterr(pcap));
		ret = EINVAL;
	}
	pcap_close(pcap);
	return ret;
}

struct bpf *
bpf_compile(const char *text, char *error, size_t error_size)
{
	struct bpf *bpf;
	int ret;

	if (text == NULL)
		text = "";
	ret = check_text(text, error, error_size);
	if (ret != 0) {
		errno = ret;
		return NULL;
	}
	bpf = calloc(1, sizeof(*bpf) + strlen(text) + 1);
	if (bpf == NULL) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	memcpy(bpf->text, text, strlen(text));
	if (text[0] != '\0')
		ret = compile(bpf, error, error_size);
	if (ret == 0)
		return bpf;
	bpf_free(bpf);
	errno = ret;
	return NULL;
}

bool
bpf_match(const struct bpf *bpf, const void *data, uint32_t len)
{
	struct pcap_pkthdr header = { .caplen = len, .len = len };

	return bpf->program.bf_insns == NULL ||
	       pcap_offline_filter(&bpf->program, &header, data) != 0;
}

const char *
bpf_text(const struct bpf *bpf)
{
	return bpf->text;
}

void
bpf_free(struct bpf *bpf)
{
	if (bpf == NULL)
		return;
	pcap_freecode(&bpf->program); /* an empty one is allowed */
	free(bpf);
}
