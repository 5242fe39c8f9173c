#include "config.h"

#include "lib/rpc-message.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/rpc-framing.h"
#include "lib/rpc.h"

enum {
	/* A client's id comes back in its reply, which has to fit a line. */
	ID_TEXT_MAX = 256,
	ERRNO_MAX = 4095,
};

/* ---- requests ---- */

json_t *
rpc_message_load(const char *line, size_t len, struct err *err)
{
	json_error_t error;
	json_t *root = json_loadb(
	    line, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	if (root == NULL)
		err_set(err, -EBADMSG, "not JSON: %s (column %d)", error.text,
			error.column);
	return root;
}

static bool
is_id(const json_t *id)
{
	if (json_is_string(id))
		return json_string_length(id) <= ID_TEXT_MAX;
	return json_is_number(id) || json_is_null(id);
}

static int
refuse(struct err *err, const char *text)
{
	err_set(err, -EBADMSG, "%s", text);
	return RPC_INVALID_REQUEST;
}

int
rpc_request_parse(struct rpc_request *req, const char *line, size_t len,
		  struct err *err)
{
	json_t *id;

	*req = (struct rpc_request){ .root = rpc_message_load(line, len, err) };
	if (req->root == NULL)
		return RPC_PARSE_ERROR;
	if (json_is_array(req->root))
		return refuse(err, "batches are not served: send each request "
				   "as a line of its own");
	if (!json_is_object(req->root))
		return refuse(err, "a request must be an object");
	id = json_object_get(req->root, "id");
	if (id != NULL && !is_id(id))
		return refuse(err, "\"id\" must be a number or a string of at "
				   "most 256 bytes");
	req->id = id;
	if (strcmp(json_str_or(req->root, "jsonrpc", ""), "2.0") != 0)
		return refuse(err, "\"jsonrpc\" must be \"2.0\"");
	req->method = json_str_or(req->root, "method", NULL);
	if (req->method == NULL)
		return refuse(err, "\"method\" must be a string");
	req->params = json_object_get(req->root, "params");
	if (json_is_null(req->params))
		req->params = NULL;
	return 0;
}

void
rpc_request_fini(struct rpc_request *req)
{
	json_decref(req->root);
	*req = (struct rpc_request){ .root = NULL };
}

/* ---- lines ---- */

/* @message is taken; NULL is passed on. */
static char *
to_line(json_t *message, size_t *len)
{
	char *line = json_dumps(message, JSON_COMPACT);

	json_decref(message);
	if (line == NULL)
		return NULL;
	*len = strlen(line) + 1;
	line[*len - 1] = '\n'; /* where the NUL was */
	return line;
}

char *
rpc_message_result(json_t *id, json_t *result, size_t *len)
{
	return to_line(json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id,
				 "result", result),
		       len);
}

char *
rpc_message_error(json_t *id, int code, const struct err *err, size_t *len)
{
	const char *name = strerrorname_np(-err->code);

	return rpc_message_error_with(
	    id, code, err->text,
	    json_pack("{s:s}", "errno", name != NULL ? name : "EIO"), len);
}

char *
rpc_message_error_with(json_t *id, int code, const char *text, json_t *data,
		       size_t *len)
{
	return to_line(json_pack("{s:s, s:O, s:{s:i, s:o, s:o}}", "jsonrpc",
				 "2.0", "id", id, "error", "code", code,
				 "message", json_text(text, strlen(text)),
				 "data", data),
		       len);
}

char *
rpc_message_request(json_int_t id, const char *method, json_t *params,
		    size_t *len)
{
	json_t *message = json_pack("{s:s, s:s, s:o*}", "jsonrpc", "2.0",
				    "method", method, "params", params);

	if (message != NULL && id >= 0 &&
	    json_object_set_new(message, "id", json_integer(id)) < 0) {
		json_decref(message);
		return NULL;
	}
	return to_line(message, len);
}

/* ---- replies ---- */

/* The negative errno that @name stands for; -EIO for one that we lack. */
static int
errno_from_name(const char *name)
{
	for (int code = 1; code <= ERRNO_MAX; code++) {
		const char *known = strerrorname_np(code);

		if (known != NULL && strcmp(known, name) == 0)
			return -code;
	}
	return -EIO;
}

static int
error_class(const json_t *error)
{
	const char *name =
	    json_str_or(json_object_get(error, "data"), "errno", NULL);

	if (name != NULL)
		return errno_from_name(name);
	switch (json_int_or(error, "code", 0)) {
	case RPC_METHOD_NOT_FOUND:
		return -ENOSYS;
	case RPC_INVALID_PARAMS:
		return -EINVAL;
	default:
		return -EIO;
	}
}

json_t *
rpc_message_outcome(const json_t *reply, struct err *err)
{
	json_t *result = json_object_get(reply, "result");
	const json_t *error = json_object_get(reply, "error");

	if (error == NULL || json_is_null(error)) {
		if (result == NULL)
			err_set(err, -EPROTO,
				"a reply with neither result nor error");
		return result;
	}
	err_set(err, error_class(error), "%s",
		json_str_or(error, "message", "failed without a message"));
	return NULL;
}

int
rpc_message_put(struct rpc_outbox *out, json_int_t id, const char *method,
		json_t *params, const int *fds, size_t n_fds, struct err *err)
{
	struct rpc_fds travelling;
	size_t len;
	char *line;
	int ret = rpc_fds_dup(&travelling, fds, n_fds);

	if (ret < 0) {
		json_decref(params);
		return err_set(err, ret, "%s: descriptors: %s", method,
			       strerror(-ret));
	}
	line = rpc_message_request(id, method, params, &len);
	if (line != NULL && len <= RPC_LINE_MAX) {
		rpc_outbox_put(out, line, len, &travelling);
		return 0;
	}
	rpc_fds_close(&travelling);
	ret =
	    err_set(err, -EINVAL, "%s: the request %s", method,
		    line == NULL ? "cannot be written as JSON" : "is too long");
	free(line);
	return ret;
}
