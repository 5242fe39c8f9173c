#include "driver/wire/frame-filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "lib/err.h"
#include "lib/xalloc.h"

enum { SNAPLEN_MAX = 65550 };

struct frame_filter {
	char *text; /* owned */
	struct bpf_program program;
	bool everything;
	/* Compiled when they are first asked for. */
	bool has_parts;
	struct bpf_program parts[FRAME_FILTER_PARTS_MAX];
	size_t n_parts;
};

/* The word at @at, "&&" and "||" among them.  Return: its length, 0 for what
 * is no word. */
static size_t
word_at(const char *at)
{
	size_t n = 0;

	if (strncmp(at, "&&", 2) == 0 || strncmp(at, "||", 2) == 0)
		return 2;
	while (isalnum((unsigned char)at[n]) || at[n] == '-' || at[n] == '_' ||
	       at[n] == '.' || at[n] == ':' || at[n] == '/')
		n++;
	return n;
}

/* Does a word that follows @before, not "" itself, stand for an address? */
static bool
means_address(const char *before, const char *word)
{
	static const char *const others[] = { "host",	   "net", "port",
					      "portrange", "and", "or" };

	if (strcmp(before, "host") == 0 || strcmp(before, "gateway") == 0)
		return true;
	if (strcmp(before, "src") != 0 && strcmp(before, "dst") != 0)
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(word, others[i]) == 0)
			return false;
	return true;
}

/* libpcap would ask the name service, which may take seconds, and knows nothing
 * of the nodes of a test. */
static int
refuse_names(const char *text, struct err *err)
{
	char before[FRAME_FILTER_MAX + 1] = "", word[FRAME_FILTER_MAX + 1];

	for (const char *at = text; *at != '\0';) {
		size_t len = word_at(at);

		if (len == 0) {
			if (!isspace((unsigned char)*at))
				before[0] = '\0';
			at++;
			continue;
		}
		memcpy(word, at, len);
		word[len] = '\0';
		if (isalpha((unsigned char)word[0]) &&
		    strchr(word, ':') == NULL && means_address(before, word))
			return err_set(
			    err, -EINVAL,
			    "\"%s\" is no capture filter: names are "
			    "not looked up, write an address and not "
			    "\"%s\"",
			    text, word);
		strcpy(before, word);
		at += len;
	}
	return 0;
}

static int
compile(const char *text, struct bpf_program *program, struct err *err)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, SNAPLEN_MAX);
	int ret = 0;

	if (pcap == NULL)
		return err_set(err, -ENOMEM, "out of memory");
	if (pcap_compile(pcap, program, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		ret = err_set(err, -EINVAL, "\"%s\" is no capture filter: %s",
			      text, pcap_geterr(pcap));
	pcap_close(pcap);
	return ret;
}

struct frame_filter *
frame_filter_new(const char *text, struct err *err)
{
	struct frame_filter *filter = XNEW(struct frame_filter);
	int ret = 0;

	if (text == NULL)
		text = "";
	filter->text = xstrdup(text);
	filter->everything = text[strspn(text, " \t\n")] == '\0';
	if (strlen(text) > FRAME_FILTER_MAX) {
		ret = err_set(err, -EINVAL,
			      "a capture filter has at most %d characters",
			      FRAME_FILTER_MAX);
	} else if (!filter->everything) {
		ret = refuse_names(text, err);
		if (ret == 0)
			ret = compile(text, &filter->program, err);
	}
	if (ret == 0)
		return filter;
	frame_filter_free(filter);
	return NULL;
}

void
frame_filter_free(struct frame_filter *filter)
{
	if (filter == NULL)
		return;
	pcap_freecode(&filter->program); /* an empty one is allowed */
	for (size_t i = 0; i < filter->n_parts; i++)
		pcap_freecode(&filter->parts[i]);
	free(filter->text);
	free(filter);
}

static bool
runs(const struct bpf_program *program, const uint8_t *data, size_t size,
     size_t len)
{
	struct pcap_pkthdr header = { .caplen = (bpf_u_int32)size,
				      .len = (bpf_u_int32)len };

	return pcap_offline_filter(program, &header, data) != 0;
}

bool
frame_filter_matches(const struct frame_filter *filter, const uint8_t *data,
		     size_t size, size_t len)
{
	return filter->everything || runs(&filter->program, data, size, len);
}

/* ---- parts ---- */

static void
add_part(struct frame_filter *filter, const char *text)
{
	if (filter->n_parts < FRAME_FILTER_PARTS_MAX &&
	    compile(text, &filter->parts[filter->n_parts], NULL) == 0)
		filter->n_parts++;
}

/* A part, and the protocol that it begins with. */
static void
add_parts_of(struct frame_filter *filter, const char *part)
{
	static const char *const protocols[] = { "arp", "icmp", "icmp6",
						 "ip",	"ip6",	"sctp",
						 "tcp", "udp",	"vlan" };
	char *text = xstrdup(part + strspn(part, " \t\n"));
	size_t len = strcspn(text, " \t\n[");

	if (*text != '!' && !(len == 3 && strncmp(text, "not", 3) == 0)) {
		add_part(filter, text);
		if (text[len] == '\0')
			len = 0; /* it is all there is */
		text[len] = '\0';
		for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]);
		     i++)
			if (strcmp(text, protocols[i]) == 0)
				add_part(filter, text);
	}
	free(text);
}

static bool
is_word(const char *at, size_t len, const char *word, const char *sign)
{
	return (len == strlen(word) && strncmp(at, word, len) == 0) ||
	       (len == 2 && strncmp(at, sign, 2) == 0);
}

/* Cuts @text into what is between `and`s; each part is handed on.  Return:
 * false when `or` joins anything out of parentheses. */
static bool
each_part(const char *text, struct frame_filter *filter)
{
	int depth = 0;
	const char *start = text, *at = text;

	for (;;) {
		size_t len = word_at(at);
		bool joins = depth == 0 && is_word(at, len, "and", "&&");

		if (depth == 0 && is_word(at, len, "or", "||"))
			return false;
		if ((joins || *at == '\0') && filter != NULL) {
			char *part = xstrdup(start);

			part[at - start] = '\0';
			add_parts_of(filter, part);
			free(part);
		}
		if (*at == '\0')
			return true;
		if (*at == '(' || *at == '[')
			depth++;
		else if (*at == ')' || *at == ']')
			depth--;
		at += len > 0 ? len : 1;
		if (joins)
			start = at;
	}
}

unsigned
frame_filter_likeness(struct frame_filter *filter, const uint8_t *data,
		      size_t size, size_t len)
{
	unsigned n = 0;

	if (!filter->has_parts) {
		filter->has_parts = true;
		if (each_part(filter->text, NULL))
			each_part(filter->text, filter);
		else
			add_parts_of(filter, filter->text);
	}
	for (size_t i = 0; i < filter->n_parts; i++)
		n += runs(&filter->parts[i], data, size, len);
	return n;
}
