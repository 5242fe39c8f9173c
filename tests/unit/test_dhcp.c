#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/dhcp-client.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/unit.h"

#define NS_PER_S UINT64_C(1000000000)

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM };

extern const struct vl_plugin vl_plugin;

static struct fake_host *host;
static uint32_t lan, server;
static uint8_t answer[CLIENT_FRAME_MAX];
static size_t answer_len;

static void
setup(void)
{
	char error[256] = "";

	host = fake_host_new();
	lan = fake_segment_add(host, "lan");
	ck_assert_msg(
	    fake_start(host, &vl_plugin, NULL, error, sizeof(error)) == 0, "%s",
	    error);
	server = fake_port_open(host, lan, "dhcp", "dhcp0",
				"{\"address\": \"192.168.1.254/24\", "
				"\"range\": \"192.168.1.100-192.168.1.101\", "
				"\"router\": \"192.168.1.1\", \"lease\": 600}",
				-1, error, sizeof(error));
	ck_assert_msg(server != VL_PORT_NONE, "%s", error);
}

static void
teardown(void)
{
	fake_host_free(host);
}

/* What the server sends, while it is handed the frame and soon after. */
static void
on_out(const struct fake_out *out, void *arg)
{
	(void)arg;
	ck_assert_uint_eq(answer_len, 0);
	ck_assert_uint_le(out->len, sizeof(answer));
	memcpy(answer, out->data, out->len);
	answer_len = out->len;
}

/* Return: the type of the answer; 0: there is none. */
static unsigned
send(struct client_frame *f)
{
	struct fake_frame frame = { f->octets, (uint32_t)f->len };

	client_end(f);
	frame.len = (uint32_t)f->len;
	answer_len = 0;
	fake_on_out(host, on_out, NULL);
	ck_assert_uint_eq(fake_port_send(host, server, &frame, 1), 1);
	fake_advance(host, 0);
	if (answer_len == 0)
		return 0;
	client_check(answer, answer_len);
	return client_type(answer, answer_len);
}

static unsigned
discover(uint8_t station)
{
	struct client_frame f;

	client_begin(&f, station, DISCOVER);
	return send(&f);
}

/* @server_id, @requested, @ciaddr: NULL = none */
static unsigned
request(uint8_t station, const char *server_id, const char *requested,
	const char *ciaddr)
{
	struct client_frame f;

	client_begin(&f, station, REQUEST);
	if (server_id != NULL)
		client_option_ip(&f, 54, server_id);
	if (requested != NULL)
		client_option_ip(&f, 50, requested);
	if (ciaddr != NULL)
		client_ciaddr(&f, ciaddr);
	return send(&f);
}

static const struct fake_reply *
call(const char *method, const char *params)
{
	char json[256];

	snprintf(json, sizeof(json), "%s", params);
	for (char *c = json; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	return fake_call(host, method, json, -1);
}

START_TEST(a_station_gets_an_address)
{
	ck_assert_uint_eq(discover(1), OFFER);
	ck_assert_str_eq(client_yiaddr(answer), "192.168.1.100");
	ck_assert_uint_eq(request(1, "192.168.1.254", "192.168.1.100", NULL),
			  ACK);
	ck_assert_str_eq(client_yiaddr(answer), "192.168.1.100");
	ck_assert_str_eq(client_find_ip(answer, answer_len, 3), "192.168.1.1");
	ck_assert_str_eq(json_string_value(json_object_get(
			     fake_event(host, "dhcp.bound"), "address")),
			 "192.168.1.100");
}
END_TEST

START_TEST(it_renews_and_comes_back)
{
	discover(1);
	request(1, "192.168.1.254", "192.168.1.100", NULL);
	fake_advance(host, 500 * NS_PER_S);
	ck_assert_uint_eq(request(1, NULL, NULL, "192.168.1.100"), ACK);
	fake_advance(host, 500 * NS_PER_S);
	ck_assert_uint_eq(request(2, NULL, "192.168.1.100", NULL), NAK);
	ck_assert_uint_eq(request(1, NULL, "192.168.1.100", NULL), ACK);
	fake_advance(host, 600 * NS_PER_S);
	ck_assert_uint_eq(request(2, NULL, "192.168.1.100", NULL), ACK);
	ck_assert_uint_eq(request(1, NULL, NULL, "192.168.1.100"), NAK);
}
END_TEST

START_TEST(an_address_of_another_network_is_refused)
{
	ck_assert_uint_eq(request(1, NULL, "10.0.0.7", NULL), NAK);
	ck_assert_uint_eq(request(1, NULL, NULL, NULL), NAK);
}
END_TEST

START_TEST(an_offer_for_which_another_was_chosen_is_free_again)
{
	discover(1);
	discover(2);
	ck_assert_uint_eq(discover(3), 0);
	ck_assert_uint_eq(request(1, "192.168.1.253", "192.168.1.9", NULL), 0);
	ck_assert_uint_eq(discover(3), OFFER);
	ck_assert_str_eq(client_yiaddr(answer), "192.168.1.100");
}
END_TEST

START_TEST(one_that_is_released_is_free_and_one_declined_is_not)
{
	struct client_frame f;

	discover(1);
	request(1, "192.168.1.254", "192.168.1.100", NULL);
	client_begin(&f, 1, RELEASE);
	client_ciaddr(&f, "192.168.1.100");
	ck_assert_uint_eq(send(&f), 0);
	ck_assert_uint_eq(request(2, NULL, "192.168.1.100", NULL), ACK);
	client_begin(&f, 2, DECLINE);
	client_option_ip(&f, 50, "192.168.1.100");
	ck_assert_uint_eq(send(&f), 0);
	ck_assert_uint_eq(discover(1), OFFER);
	ck_assert_str_eq(client_yiaddr(answer), "192.168.1.101");
	ck_assert_uint_eq(discover(2), 0);
}
END_TEST

START_TEST(who_only_asks_is_told_without_an_address)
{
	struct client_frame f;
	uint8_t n;

	client_begin(&f, 1, INFORM);
	client_ciaddr(&f, "192.168.1.7");
	ck_assert_uint_eq(send(&f), ACK);
	ck_assert_str_eq(client_yiaddr(answer), "0.0.0.0");
	ck_assert_str_eq(client_find_ip(answer, answer_len, 3), "192.168.1.1");
	ck_assert_ptr_null(client_find(answer, answer_len, 51, &n));
}
END_TEST

START_TEST(a_relay_is_left_alone)
{
	struct client_frame f;

	client_begin(&f, 1, DISCOVER);
	f.octets[42 + 24] = 10;
	ck_assert_uint_eq(send(&f), 0);
}
END_TEST

START_TEST(a_reservation_is_given_with_its_name)
{
	uint8_t n;

	ck_assert_int_eq(call("reserve",
			      "{'port': 'dhcp0', 'mac': '52:54:00:00:00:09', "
			      "'address': '192.168.1.9', 'name': 'nine'}")
			     ->code,
			 0);
	ck_assert_uint_eq(discover(9), OFFER);
	ck_assert_str_eq(client_yiaddr(answer), "192.168.1.9");
	ck_assert_mem_eq(client_find(answer, answer_len, 12, &n), "nine", 4);
	ck_assert_int_eq(
	    call("forget", "{'port': 'dhcp0', 'mac': '52:54:00:00:00:09'}")
		->code,
	    0);
	ck_assert_uint_eq(request(9, NULL, "192.168.1.9", NULL), NAK);
}
END_TEST

START_TEST(leases_are_shown)
{
	const json_t *lease;

	discover(1);
	request(1, "192.168.1.254", "192.168.1.100", NULL);
	fake_advance(host, 100 * NS_PER_S);
	lease = json_array_get(call("show", "{}")->result, 0);
	ck_assert_str_eq(json_string_value(json_object_get(lease, "mac")),
			 "52:54:00:00:00:01");
	ck_assert_str_eq(json_string_value(json_object_get(lease, "state")),
			 "bound");
	ck_assert_int_eq(
	    json_integer_value(json_object_get(lease, "expires_s")), 500);
	fake_advance(host, 500 * NS_PER_S);
	lease = json_array_get(call("show", "{'port': 'dhcp0'}")->result, 0);
	ck_assert_str_eq(json_string_value(json_object_get(lease, "state")),
			 "free");
}
END_TEST

static const struct {
	const char *method, *params;
	int code;
	const char *what;
} mistakes[] = {
	{ "reserve",
	  "{'port': 'x', 'mac': '52:54:00:00:00:09', 'address': "
	  "'192.168.1.9'}",
	  -ENOENT, "\"x\"" },
	{ "reserve",
	  "{'port': 'dhcp0', 'mac': '52:54:00:00:00', 'address': "
	  "'192.168.1.9'}",
	  -EINVAL, "52:54:00:00:00" },
	{ "reserve",
	  "{'port': 'dhcp0', 'mac': '53:54:00:00:00:01', 'address': "
	  "'192.168.1.9'}",
	  -EINVAL, "53:54" },
	{ "reserve",
	  "{'port': 'dhcp0', 'mac': '52:54:00:00:00:09', 'address': "
	  "'192.168.2.9'}",
	  -EINVAL, "192.168.2.9" },
	{ "reserve",
	  "{'port': 'dhcp0', 'mac': '52:54:00:00:00:09', 'address': "
	  "'192.168.1.254'}",
	  -EINVAL, "192.168.1.254" },
	{ "reserve",
	  "{'port': 'dhcp0', 'mac': '52:54:00:00:00:09', 'address': "
	  "'192.168.1.255'}",
	  -EINVAL, "192.168.1.255" },
	{ "forget", "{'port': 'dhcp0', 'mac': '52:54:00:00:00:09'}", -ENOENT,
	  "52:54" },
	{ "show", "{'port': 'x'}", -ENOENT, "\"x\"" },
};

START_TEST(mistakes_are_named)
{
	const struct fake_reply *reply =
	    call(mistakes[_i].method, mistakes[_i].params);

	ck_assert_int_eq(reply->code, mistakes[_i].code);
	ck_assert_msg(strstr(reply->text, mistakes[_i].what) != NULL, "%s",
		      reply->text);
}
END_TEST

static const struct {
	const char *params, *what;
} settings[] = {
	{ "{\"address\": \"192.168.1.254\"}", "192.168.1.254/24" },
	{ "{\"address\": \"192.168.1.254/0\"}", "1 to 30" },
	{ "{\"address\": \"192.168.1.254/31\"}", "1 to 30" },
	{ "{\"address\": \"192.168.1.254/2x\"}", "1 to 30" },
	{ "{\"address\": \"192.168.1/24\"}", "no address" },
	{ "{\"address\": \"192.168.1.0/24\"}", "of a network" },
	{ "{\"address\": \"192.168.1.255/24\"}", "of a network" },
	{ "{\"address\": \"10.0.0.1/8\", \"range\": \"10.0.0.2\"}",
	  "FIRST-LAST" },
	{ "{\"address\": \"10.0.0.1/8\", \"range\": \"10.0.0.9-10.0.0.2\"}",
	  "1 to 4096" },
	{ "{\"address\": \"10.0.0.1/8\", \"range\": \"10.0.1.0-10.0.17.0\"}",
	  "1 to 4096" },
	{ "{\"address\": \"10.0.0.1/8\", \"range\": \"11.0.0.2-11.0.0.9\"}",
	  "not in the network" },
	{ "{\"address\": \"10.0.0.5/8\", \"range\": \"10.0.0.2-10.0.0.9\"}",
	  "own address" },
	{ "{\"address\": \"10.0.0.1/8\", \"router\": \"11.0.0.1\"}",
	  "router=11.0.0.1" },
	{ "{\"address\": \"10.0.0.1/8\", \"dns\": \"1.1.1.1,x\"}", "dns=" },
	{ "{\"address\": \"10.0.0.1/8\", \"dns\": "
	  "\"1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5\"}",
	  "one to four" },
	{ "{\"address\": \"10.0.0.1/8\", \"domain\": \"a b\"}", "domain=a b" },
};

START_TEST(settings_that_cannot_be_are_refused)
{
	char error[256] = "";

	ck_assert_uint_eq(fake_port_open(host, lan, "dhcp", "dhcp1",
					 settings[_i].params, -1, error,
					 sizeof(error)),
			  VL_PORT_NONE);
	ck_assert_msg(strstr(error, settings[_i].what) != NULL, "%s", error);
}
END_TEST

START_TEST(a_range_may_have_4096_addresses)
{
	char error[256] = "";

	ck_assert_uint_ne(
	    fake_port_open(host, lan, "dhcp", "dhcp1",
			   "{\"address\": \"10.0.0.1/8\", \"range\": "
			   "\"10.0.1.0-10.0.16.255\"}",
			   -1, error, sizeof(error)),
	    VL_PORT_NONE);
}
END_TEST

START_TEST(a_port_that_goes_takes_its_answers_along)
{
	struct client_frame f;
	struct fake_frame frame;

	client_begin(&f, 1, DISCOVER);
	client_end(&f);
	frame = (struct fake_frame){ f.octets, (uint32_t)f.len };
	fake_port_send(host, server, &frame, 1);
	ck_assert_uint_eq(fake_n_held(host), 1);
	fake_port_close(host, server);
	ck_assert_uint_eq(fake_n_held(host), 0);
}
END_TEST

int
main(void)
{
	const struct unit_test tests[] = {
		{ a_station_gets_an_address, 0 },
		{ it_renews_and_comes_back, 0 },
		{ an_address_of_another_network_is_refused, 0 },
		{ an_offer_for_which_another_was_chosen_is_free_again, 0 },
		{ one_that_is_released_is_free_and_one_declined_is_not, 0 },
		{ who_only_asks_is_told_without_an_address, 0 },
		{ a_relay_is_left_alone, 0 },
		{ a_reservation_is_given_with_its_name, 0 },
		{ leases_are_shown, 0 },
		{ mistakes_are_named, UNIT_ROWS(mistakes) },
		{ settings_that_cannot_be_are_refused, UNIT_ROWS(settings) },
		{ a_range_may_have_4096_addresses, 0 },
		{ a_port_that_goes_takes_its_answers_along, 0 },
		{ NULL, 0 },
	};

	return unit_run("dhcp", tests, setup, teardown);
}
