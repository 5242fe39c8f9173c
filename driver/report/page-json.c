#include "driver/report/page-json.h"

#include <inttypes.h>
#include <string.h>

static void
put_string(FILE *file, const char *text)
{
	fputc('"', file);
	while (*text != '\0') {
		size_t plain =
		    strcspn(text, "\"\\\001\002\003\004\005\006\007"
				  "\010\011\012\013\014\015\016\017"
				  "\020\021\022\023\024\025\026\027"
				  "\030\031\032\033\034\035\036\037");

		fwrite(text, 1, plain, file);
		text += plain;
		if (*text == '\0')
			break;
		if (*text == '"' || *text == '\\')
			fprintf(file, "\\%c", *text);
		else if (*text == '\n')
			fputs("\\n", file);
		else if (*text == '\t')
			fputs("\\t", file);
		else if (*text == '\r')
			fputs("\\r", file);
		else
			fprintf(file, "\\u%04x", (unsigned)*text);
		text++;
	}
	fputc('"', file);
}

/* What stands before a value. */
static void
begin(struct page_json *json, const char *key)
{
	if (json->comma)
		fputc(',', json->file);
	json->comma = true;
	if (key == NULL)
		return;
	put_string(json->file, key);
	fputc(':', json->file);
}

void
page_json_open(struct page_json *json, const char *key, char bracket)
{
	begin(json, key);
	fputc(bracket, json->file);
	json->comma = false;
}

void
page_json_close(struct page_json *json, char bracket)
{
	fputc(bracket, json->file);
	json->comma = true;
}

void
page_json_text(struct page_json *json, const char *key, const char *text)
{
	begin(json, key);
	if (text != NULL)
		put_string(json->file, text);
	else
		fputs("null", json->file);
}

void
page_json_int(struct page_json *json, const char *key, int64_t value)
{
	begin(json, key);
	fprintf(json->file, "%" PRId64, value);
}

void
page_json_bool(struct page_json *json, const char *key, bool value)
{
	begin(json, key);
	fputs(value ? "true" : "false", json->file);
}

void
page_json_time(struct page_json *json, const char *key, double s)
{
	begin(json, key);
	if (s < 0)
		fputs("null", json->file);
	else
		fprintf(json->file, "%.6f", s);
}

void
page_json_raw(struct page_json *json, const char *key, const char *text)
{
	begin(json, key);
	fputs(text != NULL ? text : "null", json->file);
}
