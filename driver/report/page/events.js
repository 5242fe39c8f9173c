/* events: everything that was printed and that happened, to search through. */

class Events {
	constructor(run) {
		this.run = run;
		this.rows = [];
		this.list = new List('event-list', { label: 'Events', row_px: 22,
			draw: (i) => this.draw(this.rows[i]),
			opened: (i) => this.opened(this.rows[i]) });
		this.filter = new Filter('events', {
			machine: ['Machine', [['', 'all machines'],
				['-1', 'no machine'],
				...run.machines.map((machine, i) => [String(i),
					visible_line(machine.name)])]],
			type: ['Type', [['', 'all types'],
				...run.event_types.map((name, i) => [String(i),
					visible_line(name)])]],
		}, () => this.fill());
		this.told = el('span.quiet', { role: 'status' });
		this.detail = el('div.detail', { role: 'region',
			'aria-label': 'The chosen event' });
		this.filter.bar.append(el('button', { type: 'button',
			onclick: () => this.filter.set({}) }, 'All'), this.told);
		this.section = section_of('events', 'Events and output',
			this.filter.bar, this.list.view, this.detail);
		this.fill();
	}

	wanted() {
		const { machine, type } = this.filter.values;
		const words_wanted = this.filter.words();

		return (row) => {
			if (machine !== '' && row[EVENT.MACHINE] !== Number(machine))
				return false;
			if (type !== '' && row[EVENT.TYPE] !== Number(type))
				return false;
			const text = words_wanted.length === 0 ? '' :
				event_text(row).toLowerCase();

			return words_wanted.every((word) => text.includes(word));
		};
	}

	fill() {
		this.rows = chosen_rows(this.run.events, this.filter.span(),
			this.wanted());
		this.told.textContent = this.rows.length.toLocaleString('en') +
			' of ' + count(this.run.events.length, 'event');
		this.list.reset(this.rows.length);
		this.list.view.style.height = Math.max(80, Math.min(
			this.rows.length * 22 + 2, 0.6 * innerHeight)) + 'px';
		this.detail.replaceChildren();
	}

	draw(i) {
		const row = this.run.events[i];
		const type = visible_line(this.run.event_types[row[EVENT.TYPE]] ?? '?');
		const machine = machine_name(this.run, row[EVENT.MACHINE]);

		return el('div.event', {},
			el('span.at', {}, at_time(row[EVENT.T])),
			el('span.machine', {}, machine),
			el('span.type' + (type === 'stderr' || TROUBLE.test(type) ?
				'.warn' : ''), {}, type),
			el('span.text.mono', {}, visible_line(
				event_text(row).slice(0, 2000))));
	}

	opened(i) {
		const row = this.run.events[i], step = row[EVENT.STEP];

		look_at('event-' + i);
		views.time?.point_at(row[EVENT.T]);
		this.detail.replaceChildren(...[
			el('h3', {}, visible_line(this.run.event_types[
				row[EVENT.TYPE]] ?? '?') + ' at ' +
				at_time(row[EVENT.T]) + ' s ' +
				machine_name(this.run, row[EVENT.MACHINE])),
			this.run.steps[step] === undefined ? null : el('p', {},
				'during ', step_link(this.run, step,
				step_call(this.run, step)), ' ', visible_line(
				this.run.steps[step][STEP.TEXT])),
			el('pre', {}, visible(row[EVENT.TEXT])),
			row[EVENT.DATA] === null ? null : el('pre.quiet', {},
				visible(JSON.stringify(row[EVENT.DATA], null, 2))),
		].filter((part) => part !== null));
	}

	/** show() - one event */
	show(i) {
		set_place(this.list, () => this.rows, i, () => this.filter.set({}));
	}

	/** near() - the events of a moment, of those that are shown */
	near(t) {
		if (this.rows.length > 0)
			this.list.reveal(nearest(this.rows, this.run.events, t), true);
	}

	/** show_console() - what a machine's console showed */
	show_console(machine) {
		this.filter.set({ machine: String(machine), type: String(
			this.run.event_types.indexOf('serial')) });
		this.section.scrollIntoView({ block: 'start' });
		this.list.choose(this.rows.length - 1);
		this.list.view.focus({ preventScroll: true });
	}
}
