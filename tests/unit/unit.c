#include "tests/unit/unit.h"

#include <stdlib.h>

int
unit_run(const char *name, const struct unit_test *tests, void (*setup)(void),
	 void (*teardown)(void))
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);
	SRunner *runner;
	int n_failed;

	tcase_set_timeout(tc, 300);
	if (setup != NULL || teardown != NULL)
		tcase_add_checked_fixture(tc, setup, teardown);
	for (const struct unit_test *t = tests; t->test != NULL; t++) {
		if (t->n_rows > 0)
			tcase_add_loop_test(tc, t->test, 0, t->n_rows);
		else
			tcase_add_test(tc, t->test);
	}
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
