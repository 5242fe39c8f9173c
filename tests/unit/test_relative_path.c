#include "driver/report/relative-path.h"

#include <stdlib.h>

#include "tests/unit/unit.h"

static const struct {
	const char *dir;
	const char *path;
	const char *relative;
	bool below;
} rows[] = {
	{ "/a", "/a", ".", true },
	{ "/a", "/a/b", "b", true },
	{ "/a", "/a/b/c", "b/c", true },
	{ "/a/b", "/a", "..", false },
	{ "/a/b", "/a/c", "../c", false },
	{ "/a/b", "/a/bc", "../bc", false },
	{ "/a/bc", "/a/b", "../b", false },
	{ "/a/b/c", "/a", "../..", false },
	{ "/a/b/c", "/x/y", "../../../x/y", false },
	{ "/", "/a/b", "a/b", true },
	{ "/a", "/", "..", false },
	{ "/", "/", ".", true },
};

START_TEST(a_place_is_seen_from_another)
{
	char *relative = relative_path(rows[_i].dir, rows[_i].path);

	ck_assert_str_eq(relative, rows[_i].relative);
	ck_assert_int_eq(path_is_below(rows[_i].dir, rows[_i].path),
			 rows[_i].below);
	free(relative);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_place_is_seen_from_another, UNIT_ROWS(rows) },
		{ NULL, 0 },
	};

	return unit_run("relative_path", tests, NULL, NULL);
}
