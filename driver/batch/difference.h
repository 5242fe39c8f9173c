/* difference: where the first repetition of a test that failed leaves those that
 * passed, by their logs. */
#ifndef DRIVER_BATCH_DIFFERENCE_H
#define DRIVER_BATCH_DIFFERENCE_H

struct batch_record;
struct test_record;

/** difference_find() - set @test's .difference, if there is one */
void difference_find(const struct batch_record *batch,
		     struct test_record *test);

#endif /* DRIVER_BATCH_DIFFERENCE_H */
