#include "tests/unit/packet-text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

enum { WORD_SIZE = 2048 };

/* The next word; "" at the end.  A list begins with "name[". */
static const char *
next_word(const char **at, char word[static WORD_SIZE])
{
	size_t n;

	*at += strspn(*at, " \n\t");
	n = strcspn(*at, " \n\t");
	if (n >= WORD_SIZE)
		n = WORD_SIZE - 1;
	memcpy(word, *at, n);
	word[n] = '\0';
	*at += n;
	return word;
}

/* "\41" is the octet 0x41. */
static size_t
unescape(char *text)
{
	char *out = text, *in = text;

	while (*in != '\0') {
		char hex[3] = { 0 };

		if (*in != '\\') {
			*out++ = *in++;
			continue;
		}
		memcpy(hex, in + 1, 2);
		*out++ = (char)strtoul(hex, NULL, 16);
		in += 3;
	}
	return (size_t)(out - text);
}

static int
set_field(struct packet_builder *builder,
	  const struct packet_protocol *protocol, char *word, struct err *err)
{
	char *equals = strchr(word, '=');
	const struct packet_field *field;
	struct packet_value value = { .number = 0 };
	uint8_t octets[16];
	char *end;

	if (equals == NULL)
		return err_set(err, -EINVAL, "%s: no field", word);
	*equals = '\0';
	field = packet_field_find(protocol, word);
	if (field == NULL)
		return err_set(err, -EINVAL, "%s: no %s", protocol->name, word);
	if (field->type == PACKET_UINT) {
		value.number = strtoull(equals + 1, &end, 0);
		if (*end != '\0')
			return err_set(err, -EINVAL, "%s: no number", word);
	} else if (field->type == PACKET_BYTES) {
		value.size = unescape(equals + 1);
		value.data = (uint8_t *)equals + 1;
	} else if (packet_value_from_text(field, equals + 1, octets, &value) <
		   0) {
		return err_set(err, -EINVAL, "%s: bad value", word);
	}
	return packet_builder_set(builder, field, &value, err);
}

static int make_part(struct packet_builder *builder,
		     const struct packet_protocol *protocol, const char **at,
		     struct err *err);

static int
make_items(struct packet_builder *builder, const struct packet_field *list,
	   const char **at, struct err *err)
{
	char word[WORD_SIZE];
	int ret = 0;

	for (;;) {
		const struct packet_protocol *kind;

		next_word(at, word);
		if (strcmp(word, "]") == 0)
			return 0;
		if (strcmp(word, ";") == 0)
			continue;
		kind = packet_item_find(list->list, word);
		if (kind == NULL)
			return err_set(err, -EINVAL, "no item %s", word);
		ret = packet_builder_open_item(builder, list, kind, err);
		if (ret == 0)
			ret = make_part(builder, kind, at, err);
		if (ret < 0)
			return ret;
	}
}

/* Fields up to "/", ";", "]" or the end, of which the first is taken. */
static int
make_part(struct packet_builder *builder,
	  const struct packet_protocol *protocol, const char **at,
	  struct err *err)
{
	char word[WORD_SIZE];
	int ret = 0;

	while (ret == 0) {
		const char *before = *at;
		size_t len;

		next_word(at, word);
		len = strlen(word);
		if (len == 0 || strcmp(word, "/") == 0)
			break;
		if (strcmp(word, ";") == 0 || strcmp(word, "]") == 0) {
			*at = before;
			break;
		}
		if (word[len - 1] == '[') {
			const struct packet_field *list;

			word[len - 1] = '\0';
			list = packet_field_find(protocol, word);
			ret = list == NULL || list->type != PACKET_LIST
				  ? err_set(err, -EINVAL, "no list %s", word)
				  : make_items(builder, list, at, err);
			continue;
		}
		ret = set_field(builder, protocol, word, err);
	}
	packet_builder_close(builder);
	return ret;
}

/* The table of the layer that begins here, by its type if it has one. */
static const struct packet_protocol *
find_protocol(const char *name, const char *rest)
{
	const struct packet_protocol *protocol = packet_protocol_find(name);
	const char *type = strstr(rest, "type=");
	const char *end = strstr(rest, " / ");

	if (protocol == NULL || protocol->variants == NULL || type == NULL ||
	    (end != NULL && end < type))
		return protocol;
	return packet_protocol_of_type(protocol, strtoull(type + 5, NULL, 0));
}

int
packet_text_make(const char *text, struct packet_builder *builder,
		 const uint8_t **octets, size_t *size, struct err *err)
{
	char word[WORD_SIZE];
	int ret = 0;

	while (ret == 0 && *next_word(&text, word) != '\0') {
		const struct packet_protocol *protocol =
		    find_protocol(word, text);

		if (protocol == NULL)
			return err_set(err, -EINVAL, "no layer %s", word);
		ret = packet_builder_open(builder, protocol, err);
		if (ret == 0)
			ret = make_part(builder, protocol, &text, err);
	}
	return ret < 0 ? ret
		       : packet_builder_finish(builder, octets, size, err);
}
