/* dns: the message of RFC 1035: names, which may be compressed, and four
 * sections of records. */
#include <ctype.h>
#include <string.h>

#include "driver/packet/tables.h"

enum {
	HEADER_SIZE = 12,
	LABEL_MAX = 63,
	POINTER = 0xc0,	    /* the two high bits of a label's length */
	QUESTION_FIXED = 4, /* type, class */
	RECORD_FIXED = 10,  /* ..., time to live, length */
};

/* ---- tables ---- */

#define RECORD_HEAD(number)                                                    \
	NAME("name", 0), UINT("type", 0, 16, .otherwise = (number)),           \
	    UINT("class", 16, 16, .otherwise = 1), UINT("ttl", 32, 32),        \
	    UINT("length", 64, 16, .computed = PACKET_HEADER,                  \
		 .minus = RECORD_FIXED)
#define RECORD(n, number, octets, ...)                                         \
	&(const struct packet_protocol)                                        \
	{                                                                      \
		.name = (n), .code = (number),                                 \
		.size = RECORD_FIXED + (octets), .named = true,                \
		.fields = (const struct packet_field[])                        \
		{                                                              \
			RECORD_HEAD(number), __VA_ARGS__, END                  \
		}                                                              \
	}

static const struct packet_field question_fields[] = {
	NAME("name", 0),
	UINT("type", 0, 16, .otherwise = 1),
	UINT("class", 16, 16, .otherwise = 1),
	END,
};
static const struct packet_protocol question = { .name = "question",
						 .code = -1,
						 .size = QUESTION_FIXED,
						 .named = true,
						 .fields = question_fields };
static const struct packet_protocol *const questions[] = { &question, NULL };

static const struct packet_protocol *const records[] = {
	RECORD("a", 1, 4, IPV4("address", 80)),
	RECORD("ns", 2, 0, NAME("target", RECORD_FIXED)),
	RECORD("cname", 5, 0, NAME("target", RECORD_FIXED)),
	RECORD("ptr", 12, 0, NAME("target", RECORD_FIXED)),
	RECORD("mx", 15, 2, UINT("preference", 80, 16),
	       NAME("target", RECORD_FIXED + 2)),
	RECORD("txt", 16, 0, TAIL("data", RECORD_FIXED)),
	RECORD("aaaa", 28, 16, IPV6("address", 80)),
	RECORD("srv", 33, 6, UINT("priority", 80, 16), UINT("weight", 96, 16),
	       UINT("port", 112, 16), NAME("target", RECORD_FIXED + 6)),
	RECORD("record", -1, 0, TAIL("data", RECORD_FIXED)),
	NULL,
};

const struct packet_list packet_dns_sections[4] = {
	{ .style = PACKET_QUESTIONS, .kinds = questions, .section = 0 },
	{ .style = PACKET_RECORDS, .kinds = records, .section = 1 },
	{ .style = PACKET_RECORDS, .kinds = records, .section = 2 },
	{ .style = PACKET_RECORDS, .kinds = records, .section = 3 },
};

#define COUNT(n, first, section)                                               \
	{                                                                      \
		.name = (n), .type = PACKET_UINT, .at = (first), .bits = 16,   \
		.computed = PACKET_COUNT,                                      \
		.list = &packet_dns_sections[section]                          \
	}

static const struct packet_field dns_fields[] = {
	UINT("id", 0, 16),
	UINT("qr", 16, 1),
	UINT("opcode", 17, 4),
	UINT("aa", 21, 1),
	UINT("tc", 22, 1),
	UINT("rd", 23, 1),
	UINT("ra", 24, 1),
	UINT("z", 25, 1),
	UINT("ad", 26, 1),
	UINT("cd", 27, 1),
	UINT("rcode", 28, 4),
	COUNT("n_questions", 32, 0),
	COUNT("n_answers", 48, 1),
	COUNT("n_authorities", 64, 2),
	COUNT("n_additionals", 80, 3),
	LIST("questions", HEADER_SIZE, &packet_dns_sections[0]),
	LIST("answers", HEADER_SIZE, &packet_dns_sections[1]),
	LIST("authorities", HEADER_SIZE, &packet_dns_sections[2]),
	LIST("additionals", HEADER_SIZE, &packet_dns_sections[3]),
	TAIL("rest", HEADER_SIZE), /* what is no record; see dns_rest() */
	END,
};
const struct packet_protocol packet_dns = { .name = "dns",
					    .size = HEADER_SIZE,
					    .fields = dns_fields };

/* ---- names ---- */

/* One octet of a label, as RFC 1035, section 5.1, writes it. */
static char *
write_octet(char *text, uint8_t octet)
{
	if (octet == '.' || octet == '\\') {
		*text++ = '\\';
		*text++ = (char)octet;
	} else if (octet > ' ' && octet < 0x7f) {
		*text++ = (char)octet;
	} else {
		*text++ = '\\';
		*text++ = (char)('0' + octet / 100);
		*text++ = (char)('0' + octet / 10 % 10);
		*text++ = (char)('0' + octet % 10);
	}
	return text;
}

/* PACKET_TEXT_SIZE holds DNS_NAME_MAX octets of four characters each. */
_Static_assert(PACKET_TEXT_SIZE > DNS_NAME_MAX * 4, "a name fits");

size_t
dns_name_read(const uint8_t *data, size_t size, size_t at, char *text)
{
	char *out = text;
	size_t limit = at; /* a pointer leads to before this */
	size_t taken = 0;  /* once a pointer was followed */
	size_t total = 0;
	size_t start = at;

	for (;;) {
		uint8_t len;

		if (at >= size)
			return 0;
		len = data[at];
		if ((len & POINTER) == POINTER) {
			size_t to;

			if (at + 1 >= size)
				return 0;
			to = (size_t)(len & ~POINTER) << 8 | data[at + 1];
			if (to >= limit)
				return 0;
			if (taken == 0)
				taken = at + 2 - start;
			at = limit = to;
			continue;
		}
		total += 1u + len;
		if (len > LABEL_MAX || at + 1 + len > size ||
		    total > DNS_NAME_MAX)
			return 0;
		at += 1u + len;
		if (len == 0)
			break;
		if (text == NULL)
			continue;
		if (out > text)
			*out++ = '.';
		for (size_t i = at - len; i < at; i++)
			out = write_octet(out, data[i]);
	}
	if (text != NULL) {
		if (out == text)
			*out++ = '.';
		*out = '\0';
	}
	return taken != 0 ? taken : at - start;
}

/* The octet that *@text begins with.  Return: false for a bad escape. */
static bool
read_octet(const char **text, uint8_t *octet)
{
	const char *s = *text;
	unsigned n;

	if (*s != '\\') {
		*octet = (uint8_t)*s;
		*text = s + 1;
		return true;
	}
	s++;
	if (!isdigit((unsigned char)s[0])) {
		*octet = (uint8_t)*s;
		*text = s + (*s != '\0');
		return *s != '\0';
	}
	if (!isdigit((unsigned char)s[1]) || !isdigit((unsigned char)s[2]))
		return false;
	n = (unsigned)(s[0] - '0') * 100 + (unsigned)(s[1] - '0') * 10 +
	    (unsigned)(s[2] - '0');
	*octet = (uint8_t)n;
	*text = s + 3;
	return n <= 255;
}

size_t
dns_name_write(const char *text, uint8_t octets[static DNS_NAME_MAX])
{
	size_t n = 1, label = 0; /* where its length goes */

	if (strcmp(text, ".") == 0)
		text++;
	while (*text != '\0') {
		if (*text == '.') {
			if (n - label - 1 == 0)
				return 0; /* an empty label */
			octets[label] = (uint8_t)(n - label - 1);
			label = n++;
			text++;
		} else if (n >= DNS_NAME_MAX || n - label > LABEL_MAX ||
			   !read_octet(&text, &octets[n++])) {
			return 0;
		}
		if (n > DNS_NAME_MAX)
			return 0;
	}
	octets[label] = (uint8_t)(n - label - 1);
	if (octets[label] == 0)
		return n;
	if (n >= DNS_NAME_MAX)
		return 0;
	octets[n++] = 0;
	return n;
}

/* ---- records ---- */

/* Does what is behind the fixed fields suit @kind? */
static bool
tail_suits(const struct packet_protocol *kind, const uint8_t *message,
	   size_t size, size_t base, size_t end)
{
	const struct packet_field *last = kind->fields;
	size_t tail = base + kind->size;

	while (last[1].name != NULL)
		last++;
	if (tail > end)
		return false;
	if (last->bits != 0)
		return tail == end;
	return last->type != PACKET_NAME ||
	       (tail < end &&
		dns_name_read(message, size, tail, NULL) == end - tail);
}

/* The item at @at of the message.  Return: the octet behind it; 0: there is no
 * whole one. */
static size_t
read_item(const uint8_t *message, size_t size, size_t at,
	  const struct packet_list *list, struct packet_part *item)
{
	bool is_question = list->style == PACKET_QUESTIONS;
	size_t name = dns_name_read(message, size, at, NULL);
	size_t base = at + name, end;
	const struct packet_protocol *const *kind = list->kinds;
	int type;

	end = base + (is_question ? QUESTION_FIXED : RECORD_FIXED);
	if (name == 0 || end > size)
		return 0;
	type = message[base] << 8 | message[base + 1];
	if (!is_question)
		end += (size_t)message[base + 8] << 8 | message[base + 9];
	if (end > size)
		return 0;
	while ((*kind)->code != -1 &&
	       ((*kind)->code != type ||
		!tail_suits(*kind, message, size, base, end)))
		kind++;
	item->protocol = *kind;
	item->at = at;
	item->base = base;
	item->size = end - at;
	return end;
}

static unsigned
count_of(const uint8_t *message, unsigned section)
{
	const uint8_t *p = message + 4 + 2 * (size_t)section;

	return (unsigned)p[0] << 8 | p[1];
}

/* Where @section begins, or the first item before it that is not whole; false
 * for the latter. */
static bool
find_section(const uint8_t *message, size_t size, unsigned section, size_t *at)
{
	*at = HEADER_SIZE;
	for (unsigned s = 0; s < section; s++) {
		for (unsigned n = count_of(message, s); n > 0; n--) {
			struct packet_part item;
			size_t end = read_item(message, size, *at,
					       &packet_dns_sections[s], &item);

			if (end == 0)
				return false;
			*at = end;
		}
	}
	return true;
}

bool
dns_next_item(const struct packet *packet, const struct packet_part *part,
	      const struct packet_list *list, struct packet_part *item)
{
	const uint8_t *message = packet->data + part->at;
	size_t index = 0, at;

	if (item->protocol == NULL) {
		if (!find_section(message, part->size, list->section, &at))
			return false;
	} else {
		index = item->index + 1;
		at = item->at + item->size - part->at;
	}
	if (index >= count_of(message, list->section) ||
	    read_item(message, part->size, at, list, item) == 0)
		return false;
	item->at += part->at;
	item->base += part->at;
	item->message = part->at;
	item->index = index;
	return true;
}

size_t
dns_rest(const struct packet *packet, const struct packet_part *part)
{
	size_t at;

	find_section(packet->data + part->at, part->size, 4, &at);
	return part->at + at;
}
