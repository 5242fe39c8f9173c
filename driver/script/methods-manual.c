/* methods-manual: what methods take, in words, and doc/script-api.md. */
#include "driver/script/methods-manual.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

enum { COLUMNS = 80 };

static const char *const type_texts[] = {
	[METHOD_STR] = "text",
	[METHOD_DATA] = "a string of any octets",
	[METHOD_INT] = "a whole number",
	[METHOD_NUM] = "a number",
	[METHOD_SECONDS] = "seconds",
	[METHOD_BOOL] = "true or false",
	[METHOD_TABLE] = "a table",
	[METHOD_FN] = "a function",
	[METHOD_ANY] = "anything",
	[METHOD_FILTER] = "a capture filter, pcap-filter(7)",
	[METHOD_PORT_NAME] = "a port, or its name",
	[METHOD_FRAME] = "a string of octets, or a packet",
	[METHOD_WIRE] = "a port, or a segment",
	[METHOD_REGEX] = "a POSIX extended regular expression, regex(7)",
	[METHOD_TTY] = "the number of a virtual terminal, 1 to 63",
	[METHOD_KEY] = "keys pressed together, \"ctrl-alt-delete\"",
	[METHOD_EVENT] = "the name of an event of QMP, or a function",
	[METHOD_WORD] = "one of ",
	[METHOD_CONDITION_VALUE] = "a polling_condition()",
};

static void
print_type(FILE *f, const struct method_param *param)
{
	fputs(type_texts[param->type], f);
	for (int i = 0; i < param->words_len; i++)
		if (param->words[i] == '|')
			fputs(", ", f);
		else
			fputc(param->words[i], f);
	if (param->type == METHOD_INT && param->min > INT64_MIN)
		fprintf(f, " from %" PRId64 " to %" PRId64, param->min,
			param->max);
}

void
method_print_arguments(FILE *f, const struct method *method, const char *before,
		       const char *after)
{
	const char *params = method->params, *options = method->options;
	struct method_param param;

	while (params != NULL && method_param_next(&params, &param)) {
		fprintf(f, "%s%s%s%s: ", before, param.name,
			param.repeated ? "..." : "", after);
		print_type(f, &param);
		fputs(param.repeated && !param.optional ? ", once or more"
		      : param.repeated			? ", any number"
		      : param.optional			? "; may be left out"
							: "",
		      f);
		fputc('\n', f);
	}
	while (options != NULL && method_param_next(&options, &param)) {
		fprintf(f, "%s%s=%s: ", before, param.name, after);
		print_type(f, &param);
		if (strcmp(param.name, "timeout") == 0)
			fprintf(f, ", %u unless given",
				method->timeout_ms / 1000);
		fputc('\n', f);
	}
	if (method->body)
		fprintf(f, "%sfunction%s: called in between; may be left out\n",
			before, after);
}

/* A row's text as a sentence, in filled lines. */
static void
print_sentence(FILE *f, const char *text)
{
	size_t column = 0;
	char first = text[0];

	/* A word of code stays as it is written. */
	if (first >= 'a' && first <= 'z' && text[strcspn(text, " ,;=(")] != '=')
		first = (char)(first - 'a' + 'A');
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (column > 0 && column + 1 + len > COLUMNS - 1) {
			fputc('\n', f);
			column = 0;
		} else if (column > 0) {
			fputc(' ', f);
			column++;
		}
		fprintf(f, "%c%.*s",
			column == 0 && first != '\0' ? first : *text,
			(int)len - 1, text + 1);
		first = '\0';
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	fputs(".\n", f);
}

static void
print_method(FILE *f, const struct method *method)
{
	char *usage = method_usage(method);

	fprintf(f, "### %s\n\n    %s", method->name, usage);
	if (method->returns != NULL)
		fprintf(f, " -> %s", method->returns);
	fputs("\n\n", f);
	print_sentence(f, method->doc);
	fputc('\n', f);
	if ((method->params != NULL && method->params[0] != '\0') ||
	    method->options != NULL || method->body) {
		method_print_arguments(f, method, "- `", "`");
		fputc('\n', f);
	}
	free(usage);
}

size_t
methods_print_manual(FILE *f, enum method_owner owner)
{
	const struct method *method;
	size_t n = 0;

	for (size_t i = 0; (method = methods_at(i)) != NULL; i++) {
		if (method->owner != owner)
			continue;
		print_method(f, method);
		n++;
	}
	return n;
}
