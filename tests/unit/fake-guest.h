/* fake-guest: the far end of a guest-shell, played by a test word by word. */
#ifndef TESTS_UNIT_FAKE_GUEST_H
#define TESTS_UNIT_FAKE_GUEST_H

#include <stdbool.h>
#include <stddef.h>

struct fake_guest {
	int fd;		/* the guest's end; non-blocking */
	char nonce[33]; /* once the host has been heard */
	size_t len;
	char text[64 * 1024]; /* what the host has said and was not taken */
};

/** fake_guest_open() - Return: the host's end, to be handed over; or -errno */
int fake_guest_open(struct fake_guest *guest);
/** fake_guest_listen() - read what the host has said; Return: is there any? */
bool fake_guest_listen(struct fake_guest *guest);
/** fake_guest_heard() - has the host said @text?  Then it is forgotten, with
 * all before it. */
bool fake_guest_heard(struct fake_guest *guest, const char *text);
void fake_guest_say(struct fake_guest *guest, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void fake_guest_say_bytes(struct fake_guest *guest, const void *data,
			  size_t size);
void fake_guest_close(struct fake_guest *guest);

#endif /* TESTS_UNIT_FAKE_GUEST_H */
