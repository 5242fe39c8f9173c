#include "config.h"

#include "plugins/common/bpf-names.h"

#include <string.h>

#define DIGITS "0123456789"
#define HEX DIGITS "abcdefABCDEF"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* What a word stands for, after the words before it. */
enum expects {
	EXPECTS_ADDRESS, /* a name would be looked up */
	EXPECTS_KNOWN,	 /* one of a list that libpcap or a file has */
};

/* Words that name what follows, up to the next word of either table. */
static const char *const known_words[] = { "llc",   "port",	  "portrange",
					   "proto", "protochain", "subtype",
					   "type" };

/* The other words of the language that mean anything on an Ethernet, sorted.
 * What does not stand here and is no number is a name. */
static const char *const words[] = {
	"aarp",	     "ah",	 "and",	     "arp",	  "atalk",  "broadcast",
	"byte",	     "carp",	 "clnp",     "csnp",	  "decnet", "dst",
	"es-is",     "esis",	 "esp",	     "ether",	  "fddi",   "gateway",
	"geneve",    "greater",	 "host",     "icmp",	  "icmp6",  "icmp6code",
	"icmp6type", "icmpcode", "icmptype", "ifindex",	  "igmp",   "igrp",
	"iih",	     "inbound",	 "ip",	     "ip6",	  "ipx",    "is-is",
	"isis",	     "iso",	 "l1",	     "l2",	  "lat",    "len",
	"length",    "less",	 "link",     "lsp",	  "mask",   "metac",
	"mopdl",     "moprc",	 "mpls",     "multicast", "net",    "netbeui",
	"not",	     "or",	 "outbound", "pim",	  "ppp",    "pppoed",
	"pppoes",    "psnp",	 "radio",    "rarp",	  "sca",    "sctp",
	"slip",	     "snp",	 "src",	     "stp",	  "tcp",    "tcpflags",
	"tr",	     "udp",	 "vlan",     "vrrp",	  "wlan",
};

/* These join conditions, and what was expected goes on being so:
 * "port http or ssh". */
static const char *const joints[] = { "and", "not", "or" };

/* Numbers that libpcap has words for. */
static const char *const number_prefixes[] = { "icmp-", "icmp6-", "tcp-" };

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool
is_one_of(const struct bpf_name *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == word->len &&
		    memcmp(list[i], word->at, word->len) == 0)
			return true;
	return false;
}

static bool
is_named_number(const struct bpf_name *word)
{
	for (size_t i = 0; i < N_OF(number_prefixes); i++) {
		size_t len = strlen(number_prefixes[i]);

		if (word->len > len &&
		    memcmp(number_prefixes[i], word->at, len) == 0)
			return true;
	}
	return false;
}

/* Is @word made of 1..@n_max numbers with digits of @digits, 1..@len_max each,
 * with @separator between them? */
static bool
is_groups(const struct bpf_name *word, const char *digits, size_t len_max,
	  char separator, size_t n_max)
{
	const char *at = word->at, *end = word->at + word->len;

	for (size_t n = 0; n < n_max; n++) {
		size_t len = strspn(at, digits);

		if (len > (size_t)(end - at))
			len = (size_t)(end - at);
		if (len == 0 || len > len_max)
			return false;
		at += len;
		if (at == end)
			return true;
		if (*at++ != separator)
			return false;
	}
	return false;
}

static bool
is_number(const struct bpf_name *word)
{
	const struct bpf_name digits = { word->at + 2, word->len - 2 };

	if (word->len > 2 && word->at[0] == '0' &&
	    (word->at[1] == 'x' || word->at[1] == 'X'))
		return is_groups(&digits, HEX, digits.len, '\0', 1);
	return is_groups(word, DIGITS, word->len, '\0', 1);
}

/* Separators of @word. */
static size_t
count(const struct bpf_name *word, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < word->len; i++)
		n += word->at[i] == c;
	return n;
}

static bool
is_mac(const struct bpf_name *word)
{
	return (count(word, '-') == 5 && is_groups(word, HEX, 2, '-', 6)) ||
	       (count(word, '.') == 5 && is_groups(word, HEX, 2, '.', 6)) ||
	       (word->len == 14 && is_groups(word, HEX, 4, '.', 3)) ||
	       (word->len == 12 && is_groups(word, HEX, 12, '\0', 1));
}

/* Is @word, of the filter @text, a part of an address with colons?  Such a
 * one has two of them at least. */
static bool
is_between_colons(const char *text, const struct bpf_name *word)
{
	const char *from = word->at;
	struct bpf_name run;

	if (!is_groups(word, HEX, 4, '\0', 1))
		return false;
	while (from > text && strchr(HEX ":", from[-1]) != NULL)
		from--;
	run = (struct bpf_name){ from, strspn(from, HEX ":.") };
	return count(&run, ':') >= 2;
}

static bool
is_address(const char *text, const struct bpf_name *word)
{
	return is_number(word) || is_groups(word, DIGITS, word->len, '.', 4) ||
	       is_mac(word) || is_between_colons(text, word);
}

/* The next word from @at on: all that is neither an operator nor white space,
 * by the rules of libpcap's scanner.  Return: is there one?  A bracket that
 * ends what was expected resets *@expects. */
static bool
next_word(const char *at, struct bpf_name *word, enum expects *expects)
{
	while (*at != '\0' && *at != '\\' &&
	       strchr(LETTERS DIGITS, *at) == NULL) {
		if (*at == ')')
			*expects = EXPECTS_ADDRESS;
		at++;
	}
	word->at = at;
	if (*at == '\\')
		word->len = 1 + strcspn(at + 1, " !()\n\t");
	else
		word->len = strspn(at, LETTERS DIGITS "-_.");
	/* A minus at the end is an operator. */
	while (word->len > 1 && *at != '\\' &&
	       strchr("-_", at[word->len - 1]) != NULL)
		word->len--;
	return *at != '\0';
}

bool
bpf_names_find(const char *text, struct bpf_name *name)
{
	enum expects expects = EXPECTS_ADDRESS;
	const char *at;

	for (at = text; next_word(at, name, &expects);
	     at = name->at + name->len) {
		if (is_one_of(name, joints, N_OF(joints)))
			continue;
		if (is_one_of(name, known_words, N_OF(known_words)))
			expects = EXPECTS_KNOWN;
		else if (is_one_of(name, words, N_OF(words)))
			expects = EXPECTS_ADDRESS;
		else if (expects == EXPECTS_ADDRESS && !is_named_number(name) &&
			 !is_address(text, name))
			return true;
	}
	return false;
}
