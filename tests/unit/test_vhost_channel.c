/* Messages of a front-end and their descriptors, out of a socket. */
#include "config.h"

#include "switch/ports/vhost-channel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/unit/memory-rig.h"
#include "tests/unit/unit.h"

enum { PAYLOAD = 40, FDS_SENT_MAX = 32 };

static struct vhost_channel channel;
static struct err err;
static int front;
static unsigned n_fds_before;

static void
setup(void)
{
	int pair[2];

	n_fds_before = memory_rig_fds();
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	front = pair[0];
	vhost_channel_start(&channel, pair[1]);
}

static void
teardown(void)
{
	int fd = channel.fd;

	vhost_channel_stop(&channel);
	ck_assert_int_eq(channel.fd, -1);
	close(fd);
	if (front >= 0)
		close(front);
	ck_assert_uint_eq(memory_rig_fds(), n_fds_before);
}

/* GET_FEATURES with @size octets, which is for the parser to judge. */
static void
make(uint8_t message[static VHOST_HEADER_SIZE + PAYLOAD], uint32_t size)
{
	const uint32_t header[] = { 1, 1, size };

	memcpy(message, header, sizeof(header));
	for (unsigned i = 0; i < PAYLOAD; i++)
		message[VHOST_HEADER_SIZE + i] = (uint8_t)(i + 1);
}

static void
send_with(const void *octets, size_t len, unsigned n_fds)
{
	_Alignas(struct cmsghdr) char
	    control[CMSG_SPACE(FDS_SENT_MAX * sizeof(int))] = { 0 };
	struct iovec iov = { (void *)octets, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fds[FDS_SENT_MAX];

	for (unsigned i = 0; i < n_fds; i++)
		fds[i] = eventfd(i, EFD_CLOEXEC);
	if (n_fds > 0) {
		struct cmsghdr *cmsg;

		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, n_fds * sizeof(int));
	}
	ck_assert_int_eq(sendmsg(front, &msg, MSG_NOSIGNAL), (ssize_t)len);
	for (unsigned i = 0; i < n_fds; i++)
		close(fds[i]);
}

static void
expect(uint32_t size, unsigned n_fds)
{
	uint8_t want[VHOST_HEADER_SIZE + PAYLOAD];

	make(want, size);
	ck_assert_int_eq(vhost_channel_read(&channel, &err), 1);
	ck_assert_uint_eq(channel.len, VHOST_HEADER_SIZE + size);
	ck_assert_mem_eq(channel.data, want, channel.len);
	ck_assert_uint_eq(channel.n_fds, n_fds);
}

START_TEST(nothing_is_no_message)
{
	ck_assert_int_eq(vhost_channel_read(&channel, &err), 0);
}
END_TEST

START_TEST(a_message_may_come_octet_by_octet)
{
	uint8_t message[VHOST_HEADER_SIZE + PAYLOAD];

	make(message, PAYLOAD);
	for (unsigned i = 0; i < sizeof(message); i++) {
		ck_assert_int_eq(vhost_channel_read(&channel, &err), 0);
		send_with(message + i, 1, 0);
	}
	expect(PAYLOAD, 0);
	vhost_channel_next(&channel);
	ck_assert_int_eq(vhost_channel_read(&channel, &err), 0);
}
END_TEST

static const uint32_t sizes[] = { 0, 1, 8, PAYLOAD };

START_TEST(messages_that_come_together_are_read_one_by_one)
{
	uint8_t message[VHOST_HEADER_SIZE + PAYLOAD];

	for (int i = 0; i < 3; i++) {
		make(message, sizes[_i]);
		send_with(message, VHOST_HEADER_SIZE + sizes[_i], 0);
	}
	for (int i = 0; i < 3; i++) {
		expect(sizes[_i], 0);
		vhost_channel_next(&channel);
	}
	ck_assert_int_eq(vhost_channel_read(&channel, &err), 0);
}
END_TEST

START_TEST(descriptors_come_with_the_header_in_their_order)
{
	uint8_t message[VHOST_HEADER_SIZE + PAYLOAD];

	make(message, PAYLOAD);
	send_with(message, 1, 3);
	send_with(message + 1, sizeof(message) - 1, 0);
	expect(PAYLOAD, 3);
	for (unsigned i = 1; i < 3; i++) {
		uint64_t value;

		ck_assert_int_eq(fcntl(channel.fds[i], F_GETFD), FD_CLOEXEC);
		ck_assert_int_eq(read(channel.fds[i], &value, sizeof(value)),
				 sizeof(value));
		ck_assert_uint_eq(value, i);
	}
}
END_TEST

START_TEST(who_takes_a_descriptor_has_it)
{
	uint8_t message[VHOST_HEADER_SIZE + PAYLOAD];
	unsigned n = memory_rig_fds();
	int fd;

	make(message, PAYLOAD);
	send_with(message, sizeof(message), 3);
	expect(PAYLOAD, 3);
	fd = vhost_channel_take_fd(&channel, 1);
	vhost_channel_next(&channel);
	ck_assert_uint_eq(memory_rig_fds(), n + 1);
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	close(fd);
}
END_TEST

/* No message has so many; those that have no room are closed by the kernel. */
static const unsigned surplus[] = { VHOST_CHANNEL_FDS, VHOST_CHANNEL_FDS + 1,
				    FDS_SENT_MAX };

START_TEST(more_descriptors_than_there_is_room_for_are_closed)
{
	uint8_t message[VHOST_HEADER_SIZE + PAYLOAD];
	unsigned n = memory_rig_fds();

	make(message, PAYLOAD);
	send_with(message, sizeof(message), surplus[_i]);
	expect(PAYLOAD, VHOST_CHANNEL_FDS);
	ck_assert_uint_eq(memory_rig_fds(), n + VHOST_CHANNEL_FDS);
	vhost_channel_next(&channel);
	ck_assert_uint_eq(memory_rig_fds(), n);
}
END_TEST

START_TEST(many_descriptors_in_pieces_are_bounded_too)
{
	uint8_t message[VHOST_HEADER_SIZE + PAYLOAD];
	unsigned n = memory_rig_fds();

	make(message, 0);
	for (unsigned i = 0; i < VHOST_HEADER_SIZE; i++) {
		send_with(message + i, 1, 5);
		ck_assert_int_eq(vhost_channel_read(&channel, &err),
				 i + 1 == VHOST_HEADER_SIZE);
		ck_assert_uint_le(memory_rig_fds(), n + VHOST_CHANNEL_FDS);
	}
	ck_assert_uint_eq(channel.n_fds, VHOST_CHANNEL_FDS);
}
END_TEST

START_TEST(descriptors_of_a_payload_are_none_of_ours)
{
	uint8_t message[VHOST_HEADER_SIZE + PAYLOAD];
	unsigned n = memory_rig_fds();

	make(message, PAYLOAD);
	send_with(message, VHOST_HEADER_SIZE, 1);
	ck_assert_int_eq(vhost_channel_read(&channel, &err), 0);
	send_with(message + VHOST_HEADER_SIZE, PAYLOAD, 2);
	expect(PAYLOAD, 1);
	ck_assert_uint_eq(memory_rig_fds(), n + 1);
}
END_TEST

START_TEST(what_is_half_there_goes_with_the_connection)
{
	uint8_t message[VHOST_HEADER_SIZE + PAYLOAD];
	unsigned n = memory_rig_fds();
	int fd = channel.fd;

	make(message, PAYLOAD);
	send_with(message, sizeof(message) - 1, 4);
	ck_assert_int_eq(vhost_channel_read(&channel, &err), 0);
	ck_assert_uint_eq(memory_rig_fds(), n + 4);
	vhost_channel_stop(&channel);
	ck_assert_uint_eq(memory_rig_fds(), n);
	vhost_channel_start(&channel, fd);
	/* and what comes next is a message from its first octet on */
	make(message, 0);
	send_with(message, VHOST_HEADER_SIZE, 0);
	expect(0, 0);
}
END_TEST

START_TEST(an_end_is_told_from_a_pause)
{
	uint8_t message[VHOST_HEADER_SIZE + PAYLOAD];

	make(message, PAYLOAD);
	send_with(message, 20 * (size_t)_i, 0);
	close(front);
	front = -1;
	ck_assert_int_eq(vhost_channel_read(&channel, &err), -ECONNRESET);
	ck_assert_ptr_nonnull(strstr(err.text, "closed its connection"));
}
END_TEST

static const struct {
	uint32_t header[3];
	const char *want;
} wrong[] = {
	{ { 1, 0, 0 }, "version" },
	{ { 1, 1 | 4, 0 }, "reply" },
	{ { 1, 1, VHOST_PAYLOAD_MAX + 1 }, "longer" },
	{ { 1, 1, UINT32_MAX }, "longer" },
};

START_TEST(what_cannot_be_a_header_ends_it_at_once)
{
	send_with(wrong[_i].header, sizeof(wrong[_i].header), 1);
	ck_assert_int_eq(vhost_channel_read(&channel, &err), -EPROTO);
	ck_assert_msg(strstr(err.text, wrong[_i].want) != NULL, "%s", err.text);
}
END_TEST

START_TEST(the_longest_message_has_room)
{
	uint8_t message[VHOST_MESSAGE_MAX];
	const uint32_t header[] = { 1, 1, VHOST_PAYLOAD_MAX };

	memset(message, 7, sizeof(message));
	memcpy(message, header, sizeof(header));
	send_with(message, sizeof(message), 0);
	ck_assert_int_eq(vhost_channel_read(&channel, &err), 1);
	ck_assert_uint_eq(channel.len, sizeof(message));
	ck_assert_mem_eq(channel.data, message, sizeof(message));
}
END_TEST

START_TEST(a_reply_goes_with_its_descriptor)
{
	struct vhost_channel other;
	uint8_t reply[VHOST_HEADER_SIZE + 8];
	const uint32_t header[] = { 31, 1, 8 };
	int fd = eventfd(77, EFD_CLOEXEC);
	uint64_t value;

	memset(reply, 3, sizeof(reply));
	memcpy(reply, header, sizeof(header));
	ck_assert_int_eq(
	    vhost_channel_reply(&channel, reply, sizeof(reply), fd, &err), 0);
	close(fd);
	vhost_channel_start(&other, front);
	ck_assert_int_eq(vhost_channel_read(&other, &err), 1);
	ck_assert_mem_eq(other.data, reply, sizeof(reply));
	ck_assert_uint_eq(other.n_fds, 1);
	ck_assert_int_eq(read(other.fds[0], &value, sizeof(value)), 8);
	ck_assert_uint_eq(value, 77);
	vhost_channel_stop(&other);
}
END_TEST

START_TEST(who_does_not_read_his_replies_is_not_waited_for)
{
	const uint8_t reply[VHOST_REPLY_MAX] = { 0 };
	unsigned n = 0;
	int ret;

	do {
		ret = vhost_channel_reply(&channel, reply, sizeof(reply), -1,
					  &err);
	} while (ret == 0 && ++n < 1000000);
	ck_assert_int_eq(ret, -EAGAIN);
	ck_assert_ptr_nonnull(strstr(err.text, "does not read"));
}
END_TEST

START_TEST(a_reply_to_nobody_is_an_error_and_no_signal)
{
	const uint8_t reply[VHOST_REPLY_MAX] = { 0 };

	close(front);
	front = -1;
	ck_assert_int_eq(
	    vhost_channel_reply(&channel, reply, sizeof(reply), -1, &err),
	    -EPIPE);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ nothing_is_no_message, 0 },
		{ a_message_may_come_octet_by_octet, 0 },
		{ messages_that_come_together_are_read_one_by_one,
		  UNIT_ROWS(sizes) },
		{ descriptors_come_with_the_header_in_their_order, 0 },
		{ who_takes_a_descriptor_has_it, 0 },
		{ more_descriptors_than_there_is_room_for_are_closed,
		  UNIT_ROWS(surplus) },
		{ many_descriptors_in_pieces_are_bounded_too, 0 },
		{ descriptors_of_a_payload_are_none_of_ours, 0 },
		{ what_is_half_there_goes_with_the_connection, 0 },
		{ an_end_is_told_from_a_pause, 3 },
		{ what_cannot_be_a_header_ends_it_at_once, UNIT_ROWS(wrong) },
		{ the_longest_message_has_room, 0 },
		{ a_reply_goes_with_its_descriptor, 0 },
		{ who_does_not_read_his_replies_is_not_waited_for, 0 },
		{ a_reply_to_nobody_is_an_error_and_no_signal, 0 },
		{ NULL, 0 },
	};

	return unit_run("vhost_channel", tests, setup, teardown);
}
