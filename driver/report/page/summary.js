/* summary: what a reader with one minute has to see. */

/* So many frames stand in the diagram beside the findings. */
const SMALL_LADDER = 4;

/** section_of() - a part of the page, with its heading */
function section_of(id, title, ...children) {
	return el('section', { id, 'aria-labelledby': id + '-title' },
		el('h2', { id: id + '-title', tabindex: '-1' }, title),
		...children);
}

/** verdict_of() - how the run went, as [a class, words] */
function verdict_of(run) {
	if (!run.complete)
		return ['bad', 'killed'];
	const words = visible_line(run.result ?? 'not known');

	return [{ passed: 'good', interrupted: 'warn',
		'could not be run': 'warn' }[run.result] ?? 'bad', words];
}

function fact(name, value) {
	return value === null || value === '' ? null :
		el('div', {}, el('dt', {}, name), el('dd', {}, value));
}

function facts(run) {
	return el('dl.facts', {},
		fact('file', visible_line(run.file ?? '')),
		fact('took', duration(run.duration)),
		fact('began', visible_line((run.began ?? '')
			.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'))),
		fact('machines', run.machines.length === 0 ? '' :
			run.machines.map((m) => visible_line(m.name)).join(', ')),
		run.accel ? fact('accel', el('span', { title:
			visible_line(run.accel_reason ?? '') },
			visible_line(run.accel))) : null,
		run.attempt > 1 ? fact('attempt', String(run.attempt)) : null,
		run.timeout_scale !== 1 ?
			fact('time-outs', '\u00d7' + run.timeout_scale) : null,
		fact('vdelab', visible_line(run.version ?? '')),
		run.seed && run.language !== 'clients' ?
			fact('again', command_to_run(run)) : null);
}

/* With the same seed, which decides what chance decides. */
function command_to_run(run) {
	const command = 'vdelab run --seed ' + run.seed + ' ' +
		shell_word(run.file);

	return el('span', {}, el('code', {}, command), ' ',
		copy_button(command, 'the command that runs it again'));
}

/* The steps that the failed one is part of, and itself. */
function path_to(run, step) {
	const path = [];

	for (let i = step; i >= 0; i = run.steps[i][STEP.PARENT])
		path.unshift(i);
	return path;
}

function step_link(run, i, text) {
	return el('a', { href: '#step-' + run.steps[i][STEP.ID],
		onclick: (event) => {
			event.preventDefault();
			go_to('steps', i);
		} }, text);
}

/* Why what was waited for was not there yet, the last times. */
function attempts(run, step) {
	const reasons = step_output(run, step)
		.filter((piece) => piece.type === 'attempt').slice(-4)
		.map((piece) => visible_line(piece.text));

	return reasons.length === 0 ? null : el('p.quiet', {}, 'Tries: ' +
		reasons.join('; '));
}

function failed_step(run) {
	const i = run.ending?.step ?? -1;

	if (i < 0 || run.steps[i] === undefined)
		return null;
	const row = run.steps[i];
	const took = duration(step_end(run, i) - row[STEP.T0]);
	const waited = row[STEP.TIMED_OUT] === 1 ? 'waited ' + took +
		', and time was up' : row[STEP.OK] === null ?
		'went on for ' + took + ' when the run ended' : 'took ' + took;
	const name = (p) => visible_line(run.steps[p][STEP.TEXT]) ||
		step_call(run, p);
	const above = path_to(run, row[STEP.PARENT]).map((p) =>
		el('li', {}, step_link(run, p, name(p))));

	return el('div.failed-step', {},
		above.length === 0 ? null : el('ol.path', { 'aria-label':
			'Part of' }, ...above),
		el('p', {}, step_link(run, i, step_call(run, i)), ' ',
			el('span.quiet', {}, 'at ' + at_time(row[STEP.T0]) + ' s, ' +
				waited)),
		row[STEP.TEXT] === '' ? null : el('pre.command', {
			tabindex: '0', role: 'group', 'aria-label': 'Command' },
			visible(row[STEP.TEXT])), attempts(run, i));
}

function error_of(run) {
	const text = run.failure?.error ?? run.error ?? (run.complete ? null :
		'The run was killed: its log ends at ' + at_time(run.duration) +
		' s.');

	return text === null ? null : el('pre.error', { tabindex: '0',
		role: 'group', 'aria-label': 'Error' },
		visible(text.replace(/\n+$/, '')));
}

function what_failed(run) {
	const { source = -1, line = 0 } = run.ending ?? {};
	const code = source >= 0 && run.sources[source] !== undefined &&
		line > 0;

	const failed = run.failure !== null ||
		run.ending === null && run.complete;

	return el('div.card', {},
		el('h2', {}, failed ? 'What failed' : 'Where it ended'),
		failed_step(run), error_of(run),
		code ? el('h3', {}, el('a', { href: '#line-' + source + '-' + line,
			onclick: (event) => {
				event.preventDefault();
				go_to('lines', [source, line]);
			} }, short_path(run.sources[source].file) + ':' + line)) :
			null,
		code ? excerpt(run, source, line, 4, 3) : null);
}

function findings(run) {
	if (run.findings.length === 0)
		return null;
	const items = run.findings.map((finding, i) => el('li.' +
		(finding.severity === 'bad' ? 'bad' : 'note'), {},
		el('span', {}, visible_line(finding.text)), ' ',
		finding.frames.length === 0 ? null : el('button.small', {
			type: 'button', 'aria-label': 'Show the frames of finding ' +
				(i + 1),
			onclick: () => views.frames.show_finding(finding) },
			count(finding.frames.length, 'frame'))));

	return el('div.card', { id: 'findings' },
		el('h2', {}, 'What stands out on the wire'),
		el('ul.findings', {}, ...items), small_ladder(run));
}

/* The first frames of the first bad finding, as a small diagram. */
function small_ladder(run) {
	const finding = run.findings.find((one) => one.severity === 'bad' &&
		one.frames.length > 0);
	const frames = (finding?.frames ?? []).filter((i) =>
		run.frames[i] !== undefined).slice(0, SMALL_LADDER);

	if (frames.length === 0)
		return null;
	const segments = new Set(frames.map((i) =>
		run.frames[i][FRAME.SEGMENT]));
	const columns = ladder_columns(run, 'all').filter((column) =>
		segments.has(column.segment));

	if (columns.length > 6)
		return null;
	return el('div.small-ladder', { 'aria-hidden': 'true' },
		el('div.names', {}, ...columns.map((column) =>
			el('span', {}, column.name))),
		...frames.map((i) => el('div.rung', { onclick: () => {
			views.frames.show_finding(finding, i);
		} }, el('span.at', {}, at_time(run.frames[i][FRAME.T])),
		el('span.lanes', {}, ...draw_lifelines(columns),
			el('span.label', { style: label_place(columns,
				run.frames[i]) }, frame_label(run.frames[i])),
			...draw_arrow(columns, run.frames[i],
				run.unanswered.has(i))))));
}

/* The last lines of the failed step and of the consoles, before the failure. */
function last_printed(run) {
	const end = run.ending?.t ?? run.duration;
	const step = run.ending?.step ?? -1;
	const machine = run.steps[step]?.[STEP.MACHINE] ?? -1;
	const serial = run.event_types.indexOf('serial');
	const groups = [];
	const add = (title, texts) => {
		const lines = texts.flatMap((text) => wrapped(text, 400))
			.slice(-8);

		if (lines.some((line) => line.trim() !== ''))
			groups.push(el('h3', {}, title), el('pre.output', {
				tabindex: '0', role: 'group', 'aria-label': title },
				lines.join('\n')));
	};
	const since = run.steps[step]?.[STEP.T0] ?? 0;
	const consoles = run.machines.map(() => []);

	for (let i = first_at(run.events, end + 0.001) - 1; i >= 0; i--) {
		const row = run.events[i];
		const lines = row[EVENT.TYPE] === serial &&
			consoles[row[EVENT.MACHINE]];

		if (lines && lines.length < (row[EVENT.MACHINE] === machine ? 6 : 3))
			lines.unshift(i);
	}
	const output = step < 0 ? [] : step_output(run, step);

	add(run.failure === null ? 'The step printed' :
		'The failed step printed', output
		.filter((piece) => OUTPUT.has(piece.type)).slice(-40)
		.map((piece) => piece.text));
	/* First those that have said something in this step. */
	const last = (m) => run.events[consoles[m].at(-1)]?.[EVENT.T] ?? -1;
	const order = run.machines.map((m, i) => i).filter((m) => machine < 0 ||
		m === machine || last(m) >= since);

	order.sort((a, b) => (last(b) >= since) - (last(a) >= since) ||
		(b === machine) - (a === machine) || last(b) - last(a));
	for (const i of order.slice(0, 3))
		add('Console of ' + machine_name(run, i), consoles[i].map(
			(event) => run.events[event][EVENT.TEXT]));
	return groups.length === 0 ? null : el('div.card', {},
		el('h2', {}, 'What was printed last'), ...groups);
}

/** screenshot() - a picture, or where it lies */
function screenshot(run, shot) {
	const machine = machine_name(run, shot.machine);
	const when = ' at ' + at_time(shot.t) + ' s';
	const caption = el('figcaption', {}, 'Screen of ' + machine + when +
		', ', file_link(shot.path));

	return el('figure.shot', {}, shot.png === null ? null : el('img', {
		src: 'data:image/png;base64,' + shot.png, loading: 'lazy',
		alt: 'Screenshot of ' + machine + when }), caption);
}

function last_screens(run) {
	const shots = run.screenshots.filter((shot) => shot.png !== null &&
		(shot.step === -1 || shot.step === run.ending?.step)).slice(-2);

	return shots.length === 0 ? null : el('div.card', {}, el('h2', {},
		'What was on the screen'),
		...shots.map((shot) => screenshot(run, shot)));
}

/** summary() - the top of the page */
function summary(run) {
	const [look, words] = verdict_of(run);
	const trouble = run.failure !== null || !run.complete ||
		run.result !== 'passed';
	const panels = trouble ? el('div.panels', {},
		el('div.column', {}, what_failed(run), last_screens(run)),
		el('div.column', {}, findings(run), last_printed(run))) :
		findings(run) === null ? null :
		el('div.panels', {}, findings(run));

	return el('section', { id: 'summary', 'aria-labelledby': 'test' },
		el('div.headline', {}, el('h1', { id: 'test' },
			visible_line(run.test)), ' ',
			el('span.verdict.' + look, {}, words)),
		facts(run), panels);
}
