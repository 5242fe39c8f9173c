#include "config.h"

#include <stdlib.h>

#include "tests/unit/unit.h"
#include "tools/ctl.h"

/* JSON with ' for " */
static json_t *
load(const char *text)
{
	char copy[512];
	json_t *value;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *c = copy; *c != '\0'; c++) {
		if (*c == '\'')
			*c = '"';
	}
	value = json_loads(copy, 0, NULL);
	ck_assert_ptr_nonnull(value);
	return value;
}

static const struct {
	const char *before, *row;
	const char *counters;
	double seconds;
	const char *want; /* NULL: none */
} rows[] = {
	{ "[{'name':'p','n':5}]", "{'name':'p','n':15}", "n", 1, "10.0" },
	{ "[{'name':'p','n':5}]", "{'name':'p','n':15}", "n", 4, "2.50" },
	{ "[{'name':'p','n':5}]", "{'name':'p','n':5}", "n", 1, "0" },
	/* sums, and objects of numbers */
	{ "[{'id':1,'a':1,'b':{'x':1,'y':2}}]",
	  "{'id':1,'a':2,'b':{'x':11,'y':22,'z':100}}", "a b", 1, "131" },
	{ "[{'id':1}]", "{'id':1,'a':3}", "a b", 1, "3.00" },
	/* which row */
	{ "[{'id':1,'n':1},{'id':2,'n':2}]", "{'id':2,'n':3}", "n", 1, "1.00" },
	{ "[{'id':1,'n':1}]", "{'id':2,'n':3}", "n", 1, NULL },
	{ "[{'name':'p','segment':'a','n':1}]",
	  "{'name':'p','segment':'b','n':1}", "n", 1, NULL },
	{ "[{'name':'p','segment':'a','n':1}]", "{'name':'p','n':1}", "n", 1,
	  NULL },
	{ "[{'segment':'a','ports':[{'port':'p','n':1}]}]",
	  "{'port':'p','n':3}", "n", 1, "2.00" },
	{ "[{'segment':'a','ports':[{'port':'p','n':1}]}]",
	  "{'port':'q','n':3}", "n", 1, NULL },
	{ "[]", "{'name':'p','n':1}", "n", 1, NULL },
	{ "[{'name':'p','n':1}]", "{'name':'p','n':1}", "n", 0, NULL },
	/* a counter that began anew */
	{ "[{'name':'p','n':1000}]", "{'name':'p','n':7}", "n", 1, "7.00" },
	/* units, and both sides of their borders */
	{ "[{'n':0}]", "{'n':9994}", "n", 1000, "9.99" },
	{ "[{'n':0}]", "{'n':9995}", "n", 1000, "10.0" },
	{ "[{'n':0}]", "{'n':99949}", "n", 1000, "99.9" },
	{ "[{'n':0}]", "{'n':99950}", "n", 1000, "100" },
	{ "[{'n':0}]", "{'n':999499}", "n", 1000, "999" },
	{ "[{'n':0}]", "{'n':999500}", "n", 1000, "1.00k" },
	{ "[{'n':0}]", "{'n':12500000}", "n", 1, "12.5M" },
	{ "[{'n':0}]", "{'n':3000000000000000}", "n", 1, "3000T" },
};

START_TEST(a_rate_is_what_came_in_each_second)
{
	json_t *before = load(rows[_i].before), *row = load(rows[_i].row);
	struct ctl_rates rates = { .before = before,
				   .seconds = rows[_i].seconds };
	char *text = ctl_rate_text(&rates, row, rows[_i].counters);

	if (rows[_i].want == NULL)
		ck_assert_ptr_null(text);
	else
		ck_assert_str_eq(text, rows[_i].want);
	free(text);
	json_decref(before);
	json_decref(row);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_rate_is_what_came_in_each_second, UNIT_ROWS(rows) },
		{ NULL, 0 },
	};

	return unit_run("ctl_rates", tests, NULL, NULL);
}
