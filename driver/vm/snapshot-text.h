/*
 * snapshot-text: the shell text that a guest runs before its state is saved for
 * many, and when it goes on from a saved state.
 */
#ifndef DRIVER_VM_SNAPSHOT_TEXT_H
#define DRIVER_VM_SNAPSHOT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The status of the first when such a guest can never be saved for many; its
 * stderr tells why. */
enum { SNAPSHOT_STATUS_NEVER = 77 };

/**
 * snapshot_text_before() - put away what is not the same in every machine
 * @n_nics: how many interfaces the machine has
 *
 * The interfaces lose their driver, which begins anew in each copy and finds
 * the copy's own MAC address.  What will seed the kernel's random numbers waits.
 *
 * Return: returned owned.
 */
char *snapshot_text_before(size_t n_nics);
/**
 * snapshot_text_after() - time has passed: the clock is set, and the kernel's
 * random numbers begin anew
 * @is_copy: snapshot_text_before() has run; now the interfaces come back, and
 *           there is another machine id
 *
 * Return: returned owned; to be run at once, for it has the time in it.
 */
char *snapshot_text_after(bool is_copy);

#endif /* DRIVER_VM_SNAPSHOT_TEXT_H */
