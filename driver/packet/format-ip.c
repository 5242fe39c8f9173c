/* format-ip: lines of ICMP, ICMPv6, TCP and DNS. */
#include <arpa/inet.h>
#include <string.h>

#include "driver/packet/format-internal.h"
#include "driver/packet/internal.h"

/* ---- ICMP ---- */

enum {
	ICMP_UNREACHABLE = 3,
	ICMP_REDIRECT = 5,
	ICMP_TIME_EXCEEDED = 11,
	UNREACHABLE_NET = 0,
	UNREACHABLE_HOST = 1,
	UNREACHABLE_PROTOCOL = 2,
	UNREACHABLE_PORT = 3,
	UNREACHABLE_TOO_BIG = 4,
	QUOTED_IPV4 = 20, /* octets of its header */
};

/* The destination in the datagram that an ICMP error quotes. */
static const char *
quoted_to(const uint8_t *p, size_t size, char *text)
{
	strcpy(text, "?");
	if (size >= QUOTED_IPV4)
		inet_ntop(AF_INET, p + 16, text, INET_ADDRSTRLEN);
	return text;
}

static void
line_quoted_port(struct packet_line *line, const uint8_t *p, size_t size)
{
	size_t header = size > 0 ? (p[0] & 0xfu) * 4 : 0;
	const char *word = "ip";
	char to[INET_ADDRSTRLEN];

	line_add(line, "%s", quoted_to(p, size, to));
	if (size < QUOTED_IPV4 || size < header + 4)
		return;
	if (p[9] == 17)
		word = "udp";
	else if (p[9] == 6)
		word = "tcp";
	line_add(line, " %s port %u unreachable", word,
		 (unsigned)p[header + 2] << 8 | p[header + 3]);
}

static void
line_unreachable(struct packet_line *line, const struct packet_part *part)
{
	const uint8_t *p = line->packet->data + part->at + part->size;
	size_t size = line_behind(line, part);
	char to[INET_ADDRSTRLEN];

	quoted_to(p, size, to);
	switch (line_number(line, part, "code")) {
	case UNREACHABLE_NET:
		line_add(line, "net %s unreachable", to);
		break;
	case UNREACHABLE_HOST:
		line_add(line, "host %s unreachable", to);
		break;
	case UNREACHABLE_PROTOCOL:
		line_add(line, "%s protocol %u unreachable", to,
			 size >= QUOTED_IPV4 ? p[9] : 0u);
		break;
	case UNREACHABLE_PORT:
		line_quoted_port(line, p, size);
		break;
	case UNREACHABLE_TOO_BIG:
		line_add(line, "%s unreachable - need to frag (mtu %u)", to,
			 (unsigned)line_number(line, part, "mtu"));
		break;
	default:
		line_add(line, "%s unreachable - #%u", to,
			 (unsigned)line_number(line, part, "code"));
		break;
	}
}

static void
line_echo(struct packet_line *line, const struct packet_part *part,
	  const char *what)
{
	line_add(line, "echo %s, id %u, seq %u", what,
		 (unsigned)line_number(line, part, "id"),
		 (unsigned)line_number(line, part, "seq"));
}

void
line_icmp(struct packet_line *line, const struct packet_part *part)
{
	unsigned type = (unsigned)line_number(line, part, "type");
	char to[PACKET_TEXT_SIZE], for_[INET_ADDRSTRLEN];

	line_add(line, "ICMP ");
	switch (type) {
	case 0:
		line_echo(line, part, "reply");
		break;
	case 8:
		line_echo(line, part, "request");
		break;
	case ICMP_UNREACHABLE:
		line_unreachable(line, part);
		break;
	case ICMP_REDIRECT:
		line_add(line, "redirect %s to %s %s",
			 quoted_to(line->packet->data + part->at + part->size,
				   line_behind(line, part), for_),
			 line_number(line, part, "code") == 1 ? "host" : "net",
			 line_text(line, part, "gateway", to));
		break;
	case ICMP_TIME_EXCEEDED:
		line_add(line, "%s",
			 line_number(line, part, "code") == 0
			     ? "time exceeded in-transit"
			     : "ip reassembly time exceeded");
		break;
	default:
		line_add(line, "type-#%u", type);
		break;
	}
	line_add(line, ", length %zu", line_size(line, part));
}

void
line_icmpv6(struct packet_line *line, const struct packet_part *part)
{
	static const struct {
		unsigned type;
		const char *words;
		const char *field; /* an address that follows */
	} types[] = {
		{ 1, "destination unreachable", NULL },
		{ 3, "time exceeded in-transit", NULL },
		{ 4, "parameter problem", NULL },
		{ 130, "multicast listener query", NULL },
		{ 131, "multicast listener report ", "group" },
		{ 132, "multicast listener done ", "group" },
		{ 133, "router solicitation", NULL },
		{ 134, "router advertisement", NULL },
		{ 135, "neighbor solicitation, who has ", "target" },
		{ 136, "neighbor advertisement, tgt is ", "target" },
		{ 143, "multicast listener report v2", NULL },
	};
	unsigned type = (unsigned)line_number(line, part, "type");
	char text[PACKET_TEXT_SIZE] = "", to[PACKET_TEXT_SIZE];
	size_t i = 0;

	while (i < sizeof(types) / sizeof(types[0]) && types[i].type != type)
		i++;
	line_add(line, "ICMP6, ");
	if (i < sizeof(types) / sizeof(types[0])) {
		if (types[i].field != NULL)
			line_text(line, part, types[i].field, text);
		line_add(line, "%s%s", types[i].words, text);
	} else if (type == 128 || type == 129) {
		line_echo(line, part, type == 128 ? "request" : "reply");
	} else if (type == 2) {
		line_add(line, "packet too big, mtu %u",
			 (unsigned)line_number(line, part, "mtu"));
	} else if (type == 137) {
		line_add(line, "redirect, %s to %s",
			 line_text(line, part, "dst", text),
			 line_text(line, part, "target", to));
	} else {
		line_add(line, "type-#%u", type);
	}
	line_add(line, ", length %zu", line_size(line, part));
}

/* ---- TCP ---- */

static void
line_sack(struct packet_line *line, const struct packet_part *option)
{
	const struct packet_field *blocks =
	    packet_field_find(option->protocol, "blocks");
	struct packet_part block = { .protocol = NULL };

	line_add(line, "sack %zu ", (option->size - 2) / 8);
	while (packet_next_item(line->packet, option, blocks, &block))
		line_add(line, "{%u:%u}",
			 (unsigned)line_number(line, &block, "left"),
			 (unsigned)line_number(line, &block, "right"));
}

static void
line_tcp_option(struct packet_line *line, const struct packet_part *option)
{
	unsigned value = (unsigned)line_number(line, option, "value");
	const char *kind = option->protocol->name;

	if (strcmp(kind, "mss") == 0 || strcmp(kind, "wscale") == 0)
		line_add(line, "%s %u", kind, value);
	else if (strcmp(kind, "timestamps") == 0)
		line_add(line, "TS val %u ecr %u", value,
			 (unsigned)line_number(line, option, "echo"));
	else if (strcmp(kind, "sack") == 0)
		line_sack(line, option);
	else if (strcmp(kind, "sack_ok") == 0)
		line_add(line, "sackOK");
	else if (strcmp(kind, "option") == 0)
		line_add(line, "unknown-%u",
			 (unsigned)line_number(line, option, "code"));
	else
		line_add(line, "%s", kind);
}

static void
line_tcp_options(struct packet_line *line, const struct packet_part *part)
{
	const struct packet_field *list =
	    packet_field_find(part->protocol, "options");
	struct packet_part option = { .protocol = NULL };
	const char *separator = ", options [";

	while (packet_next_item(line->packet, part, list, &option)) {
		if (option.protocol == &packet_raw && option.index > 0)
			break; /* padding behind the end */
		line_add(line, "%s", separator);
		line_tcp_option(line, &option);
		separator = ",";
	}
	if (separator[1] == '\0')
		line_add(line, "]");
}

/* The first line of a request or an answer, RFC 9112, section 2.1. */
static void
line_http(struct packet_line *line, const struct packet_part *part, size_t size)
{
	static const char *const begins[] = { "GET ",	  "HEAD ",   "POST ",
					      "PUT ",	  "DELETE ", "CONNECT ",
					      "OPTIONS ", "TRACE ",  "PATCH ",
					      "HTTP/1." };
	const uint8_t *data = line->packet->data + part->at + part->size;
	size_t len = 0;

	while (len < size && data[len] >= ' ' && data[len] < 0x7f)
		len++;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		size_t n = strlen(begins[i]);

		if (len > n && memcmp(data, begins[i], n) == 0 && len < size &&
		    (data[len] == '\r' || data[len] == '\n')) {
			line_add(line, ": HTTP: %.*s", (int)len,
				 (const char *)data);
			return;
		}
	}
}

void
line_tcp(struct packet_line *line, const struct packet_part *part)
{
	/* In tcpdump's order, and letters. */
	static const char letters[] = "FSRP.UEW";
	unsigned flags = (unsigned)line_number(line, part, "flags");
	unsigned seq = (unsigned)line_number(line, part, "seq");
	size_t size = line_behind(line, part);

	line_add(line, "Flags [");
	for (unsigned i = 0; i < 8; i++)
		if (flags >> i & 1)
			line_add(line, "%c", letters[i]);
	line_add(line, flags == 0 ? "none]" : "]");
	if (size > 0)
		line_add(line, ", seq %u:%u", seq, seq + (unsigned)size);
	else if ((flags & 7) != 0) /* FIN, SYN, RST */
		line_add(line, ", seq %u", seq);
	if ((flags & 0x10) != 0)
		line_add(line, ", ack %u",
			 (unsigned)line_number(line, part, "ack"));
	line_add(line, ", win %u", (unsigned)line_number(line, part, "window"));
	if ((flags & 0x20) != 0)
		line_add(line, ", urg %u",
			 (unsigned)line_number(line, part, "urgent"));
	/* Most others are time stamps. */
	if (!line->inner || (flags & 2) != 0)
		line_tcp_options(line, part);
	line_add(line, ", length %zu", size);
	line_http(line, part, size);
}

/* ---- DNS ---- */

static void
line_dns_type(struct packet_line *line, unsigned type)
{
	static const struct {
		unsigned type;
		const char *word;
	} types[] = {
		{ 1, "A" },    { 2, "NS" },   { 5, "CNAME" }, { 6, "SOA" },
		{ 12, "PTR" }, { 15, "MX" },  { 16, "TXT" },  { 28, "AAAA" },
		{ 33, "SRV" }, { 41, "OPT" }, { 255, "ANY" },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == type) {
			line_add(line, "%s", types[i].word);
			return;
		}
	}
	line_add(line, "Type%u", type);
}

static void
line_name(struct packet_line *line, const struct packet_part *part,
	  const char *field)
{
	char text[PACKET_TEXT_SIZE];

	line_text(line, part, field, text);
	line_add(line, "%s%s", text, strcmp(text, ".") == 0 ? "" : ".");
}

static void
line_answer(struct packet_line *line, const struct packet_part *record)
{
	char text[PACKET_TEXT_SIZE];

	line_add(line, record->index == 0 ? " " : ", ");
	line_dns_type(line, (unsigned)line_number(line, record, "type"));
	if (packet_field_find(record->protocol, "address") != NULL) {
		line_add(line, " %s", line_text(line, record, "address", text));
	} else if (packet_field_find(record->protocol, "target") != NULL) {
		line_add(line, " ");
		line_name(line, record, "target");
		if (packet_field_find(record->protocol, "port") != NULL)
			line_add(line, ":%u",
				 (unsigned)line_number(line, record, "port"));
		if (packet_field_find(record->protocol, "preference") != NULL)
			line_add(
			    line, " %u",
			    (unsigned)line_number(line, record, "preference"));
	}
}

static void
line_dns_list(struct packet_line *line, const struct packet_part *part,
	      const char *name, bool questions)
{
	const struct packet_field *list =
	    packet_field_find(part->protocol, name);
	struct packet_part item = { .protocol = NULL };

	while (packet_next_item(line->packet, part, list, &item)) {
		if (!questions) {
			line_answer(line, &item);
			continue;
		}
		line_add(line, " ");
		line_dns_type(line, (unsigned)line_number(line, &item, "type"));
		line_add(line, "? ");
		line_name(line, &item, "name");
	}
}

static void
line_rcode(struct packet_line *line, unsigned rcode)
{
	static const char *const words[] = { "",	  " FormErr",
					     " ServFail", " NXDomain",
					     " NotImp",	  " Refused" };

	if (rcode < sizeof(words) / sizeof(words[0]))
		line_add(line, "%s", words[rcode]);
	else
		line_add(line, " Resp%u", rcode);
}

void
line_dns(struct packet_line *line, const struct packet_part *part)
{
	line_add(line, "%u", (unsigned)line_number(line, part, "id"));
	if (line_number(line, part, "qr") == 0) {
		line_add(line, "%s",
			 line_number(line, part, "rd") != 0 ? "+" : "");
		line_dns_list(line, part, "questions", true);
	} else {
		line_rcode(line, (unsigned)line_number(line, part, "rcode"));
		line_add(line, "%s%s",
			 line_number(line, part, "aa") != 0 ? "*" : "",
			 line_number(line, part, "ra") != 0 ? "" : "-");
		line_add(line, " %u/%u/%u",
			 (unsigned)line_number(line, part, "n_answers"),
			 (unsigned)line_number(line, part, "n_authorities"),
			 (unsigned)line_number(line, part, "n_additionals"));
		line_dns_list(line, part, "answers", false);
	}
	line_add(line, " (%zu)", part->size);
}
