/* times: where the time went: booting, waiting, commands, the rest. */
const CATEGORIES = ['boot', 'wait', 'work'];
const CATEGORY_WORDS = { boot: 'booting', wait: 'waiting', work: 'commands',
	rest: 'other' };

/** category() - what kind of time a step of this kind is; "" when its parts are */
function category(kind) {
	if (/^(boot|start|reboot|start_all|restore)$/.test(kind))
		return 'boot';
	if (/^(subtest|parallel|with_netem|retry|polling_condition)$/.test(kind))
		return 'group';
	return /^(wait|expect|sleep|join)/.test(kind) ? 'wait' : 'work';
}

/*
 * How long each category lasted.  @spans: [from, to, category], which overlap;
 * where they do, the first of CATEGORIES counts.
 */
function measure(spans, total) {
	const edges = [];
	const sums = { boot: 0, wait: 0, work: 0, rest: total };
	const active = { boot: 0, wait: 0, work: 0 };
	let before = 0;

	for (const [from, to, which] of spans) {
		edges.push([Math.min(from, total), 1, which],
			[Math.min(to, total), -1, which]);
	}
	edges.sort((a, b) => a[0] - b[0]);
	for (const [t, change, which] of edges) {
		const now = CATEGORIES.find((name) => active[name] > 0);

		if (now !== undefined) {
			sums[now] += t - before;
			sums.rest -= t - before;
		}
		active[which] += change;
		before = t;
	}
	sums.rest = Math.max(0, sums.rest);
	return sums;
}

/* A machine boots from its start until its shell answers. */
function boot_spans(run, machine) {
	const started = run.event_types.indexOf('machine.started');
	const ready = run.event_types.indexOf('machine.ready');
	const ended = run.event_types.indexOf('machine.ended');
	const spans = [];
	let since = null;

	for (const row of run.events) {
		if (row[EVENT.MACHINE] !== machine)
			continue;
		const type = row[EVENT.TYPE];

		if (type === started && started >= 0) {
			since = row[EVENT.T];
		} else if (since !== null && (type === ready || type === ended)) {
			spans.push([since, row[EVENT.T], 'boot']);
			since = null;
		}
	}
	if (since !== null)
		spans.push([since, run.duration, 'boot']);
	return spans;
}

/** time_split() - the sums of a machine, or (-1) of the test as a whole */
function time_split(run, machine) {
	const spans = machine < 0 ? [] : boot_spans(run, machine);

	run.steps.forEach((row, i) => {
		const which = category(row[STEP.KIND]);

		if (which !== 'group' && (machine < 0 ?
			run.children[i].length === 0 :
			row[STEP.MACHINE] === machine))
			spans.push([row[STEP.T0], step_end(run, i), which]);
	});
	return measure(spans, run.duration);
}

function time_row(run, name, sums) {
	const kinds = [...CATEGORIES, 'rest'];
	const bar = el('div.split', { 'aria-hidden': 'true' },
		...kinds.map((kind) => el('i.' + kind, {
			title: CATEGORY_WORDS[kind] + ' ' + duration(sums[kind]),
			style: { width: 100 * sums[kind] / (run.duration || 1) +
				'%' } })));

	return el('tr', {}, el('th', { scope: 'row' }, name),
		el('td.bar-cell', {}, bar),
		...kinds.map((kind) => el('td.number', {}, duration(sums[kind]))));
}

/** times() - the table of where the time went */
function times(run) {
	const head = el('tr', {}, el('td'), el('td'),
		...[...CATEGORIES, 'rest'].map((kind) => el('th.number',
			{ scope: 'col' }, el('i.key.' + kind), ' ' +
			CATEGORY_WORDS[kind])));

	return el('div.scroll', { role: 'group', tabindex: '0',
		'aria-label': 'Where the time went' },
		el('table.times', {}, el('caption.away', {},
			'Where the time went'), el('thead', {}, head),
		el('tbody', {}, time_row(run, 'the test', time_split(run, -1)),
			...run.machines.map((m, i) => time_row(run,
				visible_line(m.name), time_split(run, i))))));
}
