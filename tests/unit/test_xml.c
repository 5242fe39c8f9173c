#define _POSIX_C_SOURCE 200809L

#include "driver/report/xml.h"

#include <stdlib.h>

#include "tests/unit/unit.h"

static char *text;
static size_t size;
static FILE *file;
static struct xml xml;

static void
setup(void)
{
	file = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(file);
	xml_init(&xml, file);
}

static void
teardown(void)
{
	free(text);
}

static void
expect(const char *rest)
{
	static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

	fclose(file);
	ck_assert_uint_ge(size, sizeof(head) - 1);
	ck_assert_mem_eq(text, head, sizeof(head) - 1);
	ck_assert_str_eq(text + sizeof(head) - 1, rest);
}

START_TEST(elements_are_nested)
{
	xml_begin(&xml, "a");
	xml_attr(&xml, "x", "1");
	xml_attrf(&xml, "y", "%d", 2);
	xml_begin(&xml, "b");
	xml_text(&xml, "t");
	xml_text(&xml, "u");
	xml_end(&xml);
	xml_begin(&xml, "c");
	xml_end(&xml);
	xml_end(&xml);
	expect("\n<a x=\"1\" y=\"2\">\n  <b>tu</b>\n  <c/>\n</a>\n");
}
END_TEST

START_TEST(an_empty_text_is_one)
{
	xml_begin(&xml, "a");
	xml_text(&xml, "");
	xml_end(&xml);
	expect("\n<a></a>\n");
}
END_TEST

START_TEST(texts_cannot_end_what_they_are_in)
{
	xml_begin(&xml, "a");
	xml_attr(&xml, "x", "<\">&'\n\t]]>");
	xml_text(&xml, "</a>&amp;<![CDATA[ ]]> \"'\n\t");
	xml_end(&xml);
	expect("\n<a x=\"&lt;&quot;&gt;&amp;'&#10;&#9;]]&gt;\">"
	       "&lt;/a&gt;&amp;amp;&lt;![CDATA[ ]]&gt; \"'\n\t</a>\n");
}
END_TEST

START_TEST(texts_are_cleaned)
{
	xml_begin(&xml, "a");
	xml_attr(&xml, "x", "\x1b[31m\x01\xff");
	xml_text(&xml, "\x1b[31mred\r\n\xef\xbf\xbf");
	xml_end(&xml);
	expect("\n<a x=\"\xef\xbf\xbd\xef\xbf\xbd\">red\n\xef\xbf\xbd</a>\n");
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ elements_are_nested, 0 },
		{ an_empty_text_is_one, 0 },
		{ texts_cannot_end_what_they_are_in, 0 },
		{ texts_are_cleaned, 0 },
		{ NULL, 0 },
	};

	return unit_run("xml", tests, setup, teardown);
}
