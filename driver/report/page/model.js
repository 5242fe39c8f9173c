/* model: the run that the page tells of, with what is asked about it worked out.
 * Rows stay as they came, for there are 100,000: these are their columns. */
const STEP = { ID: 0, PARENT: 1, KIND: 2, MACHINE: 3, TEXT: 4, T0: 5, T1: 6,
	OK: 7, ERROR: 8, SOURCE: 9, LINE: 10, TIMED_OUT: 11 };
const EVENT = { T: 0, TYPE: 1, MACHINE: 2, STEP: 3, TEXT: 4, DATA: 5 };
const FRAME = { T: 0, SEGMENT: 1, NUMBER: 2, PORT: 3, FROM: 4, TO: 5,
	PROTOCOL: 6, TEXT: 7, OCTETS: 8, FLAGS: 9, NOTE: 10 };
const DROPPED = 1, IMPAIRED = 2, AGAIN = 4, BAD_SUM = 8;
const MARKS = [[DROPPED, 'dropped'], [IMPAIRED, 'impaired'],
	[AGAIN, 'sent again'], [BAD_SUM, 'bad checksum']];
const OUTPUT = new Set(['stdout', 'stderr']);

/** read_run() - the run from its JSON, with indexes into it */
function read_run(text) {
	const run = JSON.parse(text);

	for (const row of run.events)
		row[EVENT.TEXT] ??= '';
	run.step_of_id = new Map(run.steps.map((row, i) => [row[STEP.ID], i]));
	run.roots = [];
	run.children = run.steps.map(() => []);
	run.depth = [];
	run.steps.forEach((row, i) => {
		const parent = row[STEP.PARENT];

		(parent < 0 ? run.roots : run.children[parent]).push(i);
		run.depth.push(parent < 0 ? 0 : run.depth[parent] + 1);
	});
	run.printed = run.steps.map(() => null);
	run.events.forEach((row, i) => {
		const step = row[EVENT.STEP];

		if (step >= 0 && step < run.steps.length)
			(run.printed[step] ??= []).push(i);
	});
	run.telling = new Set(run.findings
		.filter((finding) => finding.severity === 'bad')
		.flatMap((finding) => finding.frames));
	run.unanswered = unanswered_frames(run);
	run.ending = ending(run);
	run.where = failure_window(run);
	return run;
}

/* Frames that ask for something that a finding says has not come. */
const NO_ANSWER = /\b(never|no|not|nothing|nobody)\b.*\b(answer|repl|offer)/i;
const ASKS = new RegExp('Flags \\[S\\]|who[- ]has|echo request|solicitation|' +
	'\\? |Request|Discover');

function unanswered_frames(run) {
	return new Set(run.findings
		.filter((finding) => finding.severity === 'bad' &&
			NO_ANSWER.test(finding.text))
		.flatMap((finding) => finding.frames)
		.filter((i) => ASKS.test(run.frames[i]?.[FRAME.TEXT])));
}

/*
 * Where the reader has to look: { step, t, source, line }, of the failure; of a run
 * that ended in the middle, of the innermost step that went on.  Or null.
 */
function ending(run) {
	if (run.failure !== null)
		return run.failure;
	if (run.complete && run.result === 'passed')
		return null;
	const step = run.steps.findLastIndex((row) => row[STEP.OK] === null);

	return step < 0 ? null : { step, t: run.duration, error: null,
		source: run.steps[step][STEP.SOURCE],
		line: run.steps[step][STEP.LINE] };
}

/** the_end() - what that is called */
function the_end(run) {
	return run.failure === null ? 'end' : 'failure';
}

/* From a second before the step that failed to its end, or the last seconds. */
function failure_window(run) {
	if (run.ending === null)
		return run.complete ? null : [Math.max(0, run.duration - 10),
			run.duration];
	const { t } = run.ending;
	const step = run.steps[run.ending.step];
	const from = step === undefined ? t - 10 : step[STEP.T0] - 1;

	return [Math.max(0, from), Math.min(run.duration, t + 0.5)];
}

/** step_end() - when a step ended, or the run did while it went on */
function step_end(run, i) {
	return run.steps[i][STEP.T1] ?? Math.max(run.duration,
		run.steps[i][STEP.T0]);
}

/** step_state() - how a step went, as [a class, a sign, words] */
function step_state(run, i) {
	const row = run.steps[i];

	if (row[STEP.OK] === 1)
		return ['good', '\u2713', 'passed'];
	if (row[STEP.TIMED_OUT] === 1)
		return ['bad', '\u2717', 'timed out'];
	if (row[STEP.OK] === 0)
		return ['bad', '\u2717', 'failed'];
	return ['warn', '\u2026', 'not ended'];
}

/** step_call() - what a step did, as a script would write it */
function step_call(run, i) {
	const row = run.steps[i];
	const machine = machine_name(run, row[STEP.MACHINE]);

	return (machine === '' ? '' : machine + ': ') + visible_line(row[STEP.KIND]);
}

/** event_text() - what an event says */
function event_text(row) {
	const data = row[EVENT.DATA];

	if (data?.attempt !== undefined)
		return data.attempt + ': ' + row[EVENT.TEXT];
	return row[EVENT.TEXT] === '' && data !== null ? JSON.stringify(data) :
		row[EVENT.TEXT];
}

/**
 * step_output() - what a step printed and what happened in it, as [{ t, type,
 * text }].  Output came in pieces, which end anywhere: those of a line are one
 * again.
 */
function step_output(run, i) {
	const pieces = [];

	for (const event of run.printed[i] ?? []) {
		const row = run.events[event], last = pieces.at(-1);
		const type = run.event_types[row[EVENT.TYPE]];

		if (last?.type === type && OUTPUT.has(type) &&
		    !last.text.endsWith('\n'))
			last.text += row[EVENT.TEXT];
		else
			pieces.push({ t: row[EVENT.T], type,
				text: event_text(row) });
	}
	return pieces;
}

function machine_name(run, i) {
	return i >= 0 ? visible_line(run.machines[i]?.name ?? '?') : '';
}

function segment_name(run, i) {
	return i >= 0 ? visible_line(run.segments[i]?.name ?? '?') : '';
}

/** station() - whom a frame comes from or goes to */
function station(run, i) {
	if (i === -2)
		return 'everybody';
	return i < 0 ? 'somebody' : machine_name(run, i);
}

/** frame_marks() - what has happened to a frame, in words */
function frame_marks(flags) {
	return MARKS.filter(([bit]) => (flags & bit) !== 0)
		.map(([, words]) => words);
}

/* tcpdump's letters for the flags of TCP, in words. */
const TCP_FLAGS = { S: 'SYN', F: 'FIN', R: 'RST', P: 'PSH', U: 'URG',
	'.': 'ACK', W: 'CWR', E: 'ECE' };

/** frame_text() - what a frame says, with TCP's flags in words */
function frame_text(row) {
	return visible_line(row[FRAME.TEXT])
		.replace(/Flags \[([SFRPU.WE]+)\]/, (all, letters) =>
			Array.from(letters, (letter) => TCP_FLAGS[letter])
				.join(' '));
}

/** frame_label() - the same above an arrow, where there is less room */
function frame_label(row) {
	return frame_text(row).replace(/, options \[[^\]]*\]/, '')
		.replace(/, win \d+/, '')
		.replace(/(^|: )(?:HBH )?(?:ARP,|ICMP6,|ICMP) /, '$1');
}

/** first_at() - index of the first of @rows (column 0 is a time) not before @t */
function first_at(rows, t) {
	let low = 0, high = rows.length;

	while (low < high) {
		const middle = (low + high) >> 1;

		if (rows[middle][0] < t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
