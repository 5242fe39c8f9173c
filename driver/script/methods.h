/*
 * methods: everything a test script can call, in one table.
 *
 * A row gives a method's name, arguments, options, result and documentation;
 * the static check, the check of a call at run time and the manual all read
 * it, so they cannot disagree.  Knows nothing of Lua's stack: values come in
 * as struct method_value.
 */
#ifndef DRIVER_SCRIPT_METHODS_H
#define DRIVER_SCRIPT_METHODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum method_owner {
	METHOD_GLOBAL,	  /* sleep(1) */
	METHOD_MACHINE,	  /* client:succeed("true") */
	METHOD_SEGMENT,	  /* vlan1:frames() */
	METHOD_PORT,	  /* client.eth1.mac */
	METHOD_WATCH,	  /* vlan1:watch("arp"):count() */
	METHOD_COMMAND,	  /* client:spawn("sleep 9"):wait() */
	METHOD_CONDITION, /* polling_condition(f):wait() */
	METHOD_N_OWNERS,  /* any but globals, where a search takes all */
};

/* What is known of an argument; all of it at run time, what a literal tells in
 * the static check. */
enum method_kind {
	VALUE_UNKNOWN, /* fits everything */
	VALUE_NIL,
	VALUE_BOOL,
	VALUE_INT, /* .i */
	VALUE_NUM, /* .n; Lua's float */
	VALUE_STR,
	VALUE_TABLE,
	VALUE_FN,
	VALUE_MACHINE,
	VALUE_SEGMENT,
	VALUE_PORT,
	VALUE_WATCH,
	VALUE_COMMAND,
	VALUE_CONDITION,
	VALUE_PACKET,
	VALUE_OTHER, /* a userdata not ours, a coroutine */
};

/*
 * A signature is a string of "name:type" words parted by spaces.  Types:
 *   str         text; bytes without NUL
 *   data        text or any other bytes
 *   word(A|B)   one of these words
 *   int(A..B)   an integer in A..B
 *   num         a finite number
 *   seconds     a number, 0 or more, at most 31 days
 *   bool  table  fn  any
 *   filter      a pcap filter, pcap-filter(7)
 *   port        a port, or its name
 *   wire        a port or a segment
 *   regex       a POSIX extended regular expression
 *   tty         the number of a virtual terminal, also as text
 *   event       the name of a QMP event, or a function
 *   key         keys pressed together, "ctrl-alt-delete"
 *   frame       octets, or what packet.eth{} and the like make
 *   condition   what polling_condition() makes
 * A trailing '?' makes an argument optional (nil is the same as absent); a
 * trailing "..." lets it be repeated, once or more, with "...?" never or more.
 * A repeated argument is the last one.  Options have no '?': all may be absent.
 * Only a method without `table` and `any` arguments has options.
 */
struct method {
	enum method_owner owner;
	const char *name;
	const char *params;  /* after self; NULL: a value, not a function */
	const char *options; /* members of the table that may come last, every
			      * one optional; NULL: it takes none */
	bool body; /* a function may come last, behind the options, and is
		    * called in between */
	unsigned timeout_ms; /* without the option "timeout"; 0: it does not
			      * wait, or has no limit of its own */
	bool of_systemd;     /* only guests that run it can do it */
	bool blocks;	     /* the script waits in it: a coroutine yields */
	const char *returns; /* types as above and names, for people */
	const char *doc;     /* one line, no full stop */
};

/** method_owner_name() - "machine": also the class of its objects */
const char *method_owner_name(enum method_owner owner);
/*
 * A global whose name has a dot, "json.encode", is a function of a table; that
 * table is a row, too.
 */

/** methods_at() - row @i of the table, or NULL past its end */
const struct method *methods_at(size_t i);
/** methods_find() - the row of @name, or NULL */
const struct method *methods_find(enum method_owner owner, const char *name);
/** methods_nearest() - the name of @owner that @word most likely means, or
 * NULL */
const char *methods_nearest(enum method_owner owner, const char *word);
/** method_value_kind() - what a value of @owner is; not for METHOD_GLOBAL */
enum method_kind method_value_kind(enum method_owner owner);
/** methods_are_in() - are there globals of the form "@table.x"? */
bool methods_are_in(const char *table);
/** method_usage() - "wait_for_file(path, { timeout= })"; returned owned */
char *method_usage(const struct method *method);

/**
 * methods_describe() - what a person asks for
 * @name: of a method, also "machine.succeed", of an owner; NULL: a line for each
 *        there is
 *
 * Return: lines, returned owned; NULL when there is no such method.
 */
char *methods_describe(const char *name);

enum method_type {
	METHOD_STR,
	METHOD_DATA,
	METHOD_INT,
	METHOD_NUM,
	METHOD_SECONDS,
	METHOD_BOOL,
	METHOD_TABLE,
	METHOD_FN,
	METHOD_ANY,
	METHOD_FILTER,
	METHOD_PORT_NAME,
	METHOD_FRAME,
	METHOD_WIRE,
	METHOD_REGEX,
	METHOD_TTY,
	METHOD_KEY,
	METHOD_EVENT,
	METHOD_WORD,
	METHOD_CONDITION_VALUE,
};

/** method_type_name() - "str", as in signatures */
const char *method_type_name(enum method_type type);

struct method_param {
	char name[24];
	enum method_type type;
	bool optional;
	bool repeated;
	int64_t min, max;  /* of METHOD_INT */
	const char *words; /* of METHOD_WORD: parted by '|'; borrowed */
	int words_len;
};

/** method_param_next() - take the next word of @signature, which then points
 * behind it; Return: false at the end */
bool method_param_next(const char **signature, struct method_param *param);

struct method_value {
	enum method_kind kind;
	bool known;	  /* .i, .n, .has_nul hold the value */
	bool has_nul;	  /* VALUE_STR: a byte of it is 0 */
	const char *text; /* VALUE_STR: borrowed; NULL: not known */
	int64_t i;
	double n;
	/* VALUE_TABLE: its members; NULL: not known, not checked. */
	const struct method_field *fields;
	size_t n_fields;
	int line; /* for the caller: not read here */
};

struct method_field {
	const char *name; /* NULL: the key is no string */
	struct method_value value;
};

/* A mistake in a call.  @value: the argument or field at fault; NULL: the call
 * as a whole */
typedef void method_mistake_fn(const struct method_value *value,
			       const char *text, void *arg);

/**
 * method_check_call() - do @args suit @method?
 * @method: a function, no value
 * @args:  without self
 * @open:  more values may follow (the last one is a call or `...`)
 * @on_mistake: called for every mistake; its text names the method
 *
 * Return: how many mistakes there are.
 */
size_t method_check_call(const struct method *method,
			 const struct method_value *args, size_t n_args,
			 bool open, method_mistake_fn *on_mistake, void *arg);

/** method_has_options() - is the last of @args, without a function behind it,
 * the options table? */
bool method_has_options(const struct method *method,
			const struct method_value *args, size_t n_args);
/** method_kind_word() - "a number" */
const char *method_kind_word(enum method_kind kind);

#endif /* DRIVER_SCRIPT_METHODS_H */
