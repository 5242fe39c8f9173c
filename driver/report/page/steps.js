/* steps: the tree of what the test did, with what came out of it. */

/* So many characters of output stand in one row of the tree. */
function output_columns() {
	return Math.max(30, Math.min(160, Math.floor((innerWidth - 190) / 7.2)));
}

class Steps {
	constructor(run) {
		this.run = run;
		this.open = new Set();
		this.only_failed = false;
		this.list = new List('step-list', { label: 'Steps of the test',
			role: 'tree', row_px: 24, draw: (i) => this.draw(i),
			key: (event, i) => this.key(event, i),
			click: (event, i) => this.click(event, i),
			opened: (i) => this.opened(i) });
		this.bad = this.find_bad();
		this.start();
		this.section = this.make_section();
		this.fill();
		addEventListener('resize', () => {
			if (output_columns() !== this.columns)
				this.fill();
		});
		this.failed = this.rows.findIndex((row) =>
			row.step === (this.run.ending?.step ?? -1));
	}

	/* Steps that failed or did not end, and all they are part of. */
	find_bad() {
		const bad = new Set();

		this.run.steps.forEach((row, i) => {
			if (row[STEP.OK] !== 1)
				path_to(this.run, i).forEach((p) => bad.add(p));
		});
		return bad;
	}

	/* At first the way to the failure is open. */
	start() {
		const failed = this.run.ending?.step ?? -1;

		if (this.run.steps[failed] !== undefined)
			path_to(this.run, failed).forEach((i) => this.open.add(i));
		if (this.run.steps.length <= 40) {
			this.run.steps.forEach((row, i) => {
				if (this.run.children[i].length > 0)
					this.open.add(i);
			});
		}
	}

	make_section() {
		const only = el('button', { type: 'button', 'aria-pressed': 'false',
			onclick: () => {
				this.only_failed = !this.only_failed;
				only.setAttribute('aria-pressed', this.only_failed);
				this.fill();
			} }, 'Failures only');
		const all = (open) => {
			this.open = new Set(open ? this.run.steps.keys() : []);
			this.fill();
		};

		only.disabled = this.bad.size === 0;
		this.told = el('span.quiet', { role: 'status' });
		return section_of('steps', 'Steps', el('div.bar', {},
			el('button', { type: 'button', onclick: () => all(true) },
				'Expand all'),
			el('button', { type: 'button', onclick: () => all(false) },
				'Collapse all'), only, this.told), this.list.view);
	}

	expandable(i) {
		return this.run.children[i].length > 0 ||
			this.run.printed[i] !== null ||
			this.run.steps[i][STEP.ERROR] !== null;
	}

	/* What stands below an open step, in the order of time: [t, step],
	 * [t, -1, output]; at the end [0, -2] for its error. */
	below(i) {
		const run = this.run, row = run.steps[i];
		const items = run.children[i].map((child) =>
			[run.steps[child][STEP.T0], child]);

		for (const piece of step_output(run, i))
			items.push([piece.t, -1, piece]);
		items.sort((a, b) => a[0] - b[0]);
		/* What failed by a part of it says that part. */
		if (row[STEP.ERROR] !== null && !run.children[i].some((child) =>
			run.steps[child][STEP.ERROR] === row[STEP.ERROR]))
			items.push([0, -2]);
		return items;
	}

	/* The rows: { step } or { line, look, of: step }. */
	fill() {
		const rows = [];

		this.columns = output_columns();
		const add_lines = (text, look, of) => {
			for (const line of wrapped(text, this.columns))
				rows.push({ step: -1, line, look, of });
		};
		const add = (i) => {
			if (this.only_failed && !this.bad.has(i))
				return;
			rows.push({ step: i });
			if (!this.open.has(i))
				return;
			for (const [, child, piece] of this.below(i)) {
				if (child >= 0)
					add(child);
				else if (child === -2)
					add_lines(this.run.steps[i][STEP.ERROR],
						'error', i);
				else
					add_lines(piece.text, piece.type, i);
			}
		};

		const was = this.rows?.[this.list.active];

		this.run.roots.forEach(add);
		this.rows = rows;
		this.list.reset(rows.length);
		this.list.view.style.height = Math.min(rows.length * 24 + 2,
			0.7 * innerHeight) + 'px';
		this.told.textContent = count(this.run.steps.length, 'step') + ', ' +
			this.run.steps.filter((row) => row[STEP.OK] === 0).length +
			' failed';
		if (was !== undefined) {
			const i = rows.findIndex((row) => row.step ===
				(was.step >= 0 ? was.step : was.of));

			if (i >= 0) {
				this.list.active = i;
				this.list.reveal(i);
				this.list.draw();
			}
		}
	}

	draw(i) {
		const row = this.rows[i];

		return row.step >= 0 ? this.draw_step(row.step) : this.draw_line(row);
	}

	draw_line(row) {
		const depth = this.run.depth[row.of] + 1;

		return el('div.step-line', { role: 'treeitem',
			'aria-level': depth + 1 },
			el('span.indent', { style: { width: depth * 18 + 'px' } }),
			el('span.stream.' + row.look, { title: row.look }, row.look),
			el('span.text.mono', {}, row.line));
	}

	draw_step(i) {
		const run = this.run, row = run.steps[i];
		const [look, sign, words] = step_state(run, i);
		const long = step_end(run, i) - row[STEP.T0];
		const span = run.duration || 1;
		const open = this.open.has(i);
		const expandable = this.expandable(i);

		return el('div.step.' + look, { role: 'treeitem',
			'aria-level': run.depth[i] + 1,
			'aria-expanded': expandable ? String(open) : null,
			'aria-label': words + ', ' + step_call(run, i) + ', ' +
				visible_line(row[STEP.TEXT]) + ', ' + duration(long) },
			el('span.indent', { style: { width:
				run.depth[i] * 18 + 'px' } }),
			el('span.twist', {}, expandable ? open ? '\u25be' : '\u25b8' :
				''),
			el('span.sign', {}, sign),
			row[STEP.MACHINE] < 0 ? null : el('span.machine', {},
				machine_name(run, row[STEP.MACHINE])),
			el('span.kind', {}, visible_line(row[STEP.KIND])),
			words === 'passed' || words === 'failed' ? null :
				el('em', {}, words),
			el('span.text' + (row[STEP.KIND] === 'subtest' ? '' :
				'.mono'), {}, visible_line(row[STEP.TEXT])),
			el('span.at', {}, at_time(row[STEP.T0])),
			el('span.gantt', {}, el('i.' + category(row[STEP.KIND]), {
				style: { left: 100 * row[STEP.T0] / span + '%',
					width: 100 * long / span + '%' } })),
			el('span.long', {}, duration(long)));
	}

	toggle(i, open) {
		if (open)
			this.open.add(i);
		else
			this.open.delete(i);
		this.fill();
	}

	click(event, i) {
		const { step } = this.rows[i];

		if (step >= 0 && this.expandable(step))
			this.toggle(step, !this.open.has(step));
	}

	key(event, i) {
		const row = this.rows[i];

		if (row === undefined)
			return false;
		const { step } = row;
		const parent = step >= 0 ? this.run.steps[step][STEP.PARENT] : row.of;
		const expandable = step >= 0 && this.expandable(step);

		if (event.key === 'ArrowRight' && expandable) {
			if (this.open.has(step))
				this.list.choose(i + 1);
			else
				this.toggle(step, true);
		} else if (event.key === 'ArrowLeft') {
			if (expandable && this.open.has(step))
				this.toggle(step, false);
			else if (parent >= 0)
				this.list.choose(this.rows.findIndex((r) =>
					r.step === parent));
		} else if ((event.key === 'Enter' || event.key === ' ') &&
			   expandable) {
			this.toggle(step, !this.open.has(step));
		} else {
			return false;
		}
		return true;
	}

	opened(i) {
		const row = this.rows[i];
		const step = row.step >= 0 ? row.step : row.of;

		look_at('step-' + this.run.steps[step][STEP.ID]);
		views.time?.point_at(this.run.steps[step][STEP.T0]);
	}

	/** show() - a step, with all that it is part of open */
	show(step) {
		if (this.only_failed && !this.bad.has(step))
			this.section.querySelector('[aria-pressed]').click();
		path_to(this.run, step).forEach((i) => this.open.add(i));
		this.fill();
		this.list.choose(this.rows.findIndex((row) => row.step === step),
			true);
		this.list.view.focus({ preventScroll: true });
	}
}
