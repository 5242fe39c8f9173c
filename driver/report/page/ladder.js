/* ladder: the frames between the machines, as a diagram of rungs. */

/* So many columns are shown side by side before one segment is chosen. */
const MANY_COLUMNS = innerWidth < 700 ? 2 : 8;

/* What hosts with IPv6 say whenever they start to talk. */
const CHATTER = /multicast listener|router solicitation/;

class Ladder {
	constructor(run) {
		this.run = run;
		this.rows = [];
		this.told_of = new Set();
		this.list = new List('frame-list', { label: 'Frames', row_px: 38,
			draw: (i) => this.draw(this.rows[i],
				this.rows[i - 1]),
			opened: (i) => this.opened(this.rows[i]) });
		this.filter = new Filter('frames', {
			segment: ['Segment', [['all', 'all segments'],
				...run.segments.map((segment, i) => [String(i),
					visible_line(segment.name)])]],
			machine: ['Machine of frames', [['', 'all machines'],
				...run.machines.map((machine, i) => [String(i),
					visible_line(machine.name)])]],
			protocol: ['Protocol', [['', 'all protocols'],
				...run.protocols.map((name, i) => [String(i),
					visible_line(name)])]],
			marks: ['What happened to frames', [['', 'all frames'],
				['told', 'of findings'],
				['any', 'marked'], ...MARKS.map(([bit, name]) =>
					[String(bit), name])]],
		}, () => this.fill());
		this.section = this.make_section();
		this.start();
	}

	make_section() {
		const button = (text, act) => el('button', { type: 'button',
			onclick: act }, text);

		this.told = el('span.quiet', { role: 'status' });
		this.save = button('', () => this.save_frames());
		this.head = el('div.ladder-head', { 'aria-hidden': 'true' });
		this.detail = el('div.detail', { role: 'region',
			'aria-label': 'The chosen frame' });
		this.quiet = button('Hide chatter', () => {
			this.quiet.setAttribute('aria-pressed',
				this.quiet.getAttribute('aria-pressed') !== 'true');
			this.fill();
		});
		this.quiet.setAttribute('aria-pressed', 'false');
		this.quiet.title = 'IPv6: multicast listener reports, router ' +
			'solicitations';
		this.filter.bar.append(this.quiet,
			this.run.where === null ? '' :
				button('Around the ' + the_end(this.run),
				() => this.around_failure()),
			button('Whole run', () => this.filter.set({
				segment: this.filter.values.segment })));
		return section_of('ladder', 'On the wire', this.filter.bar,
			el('div.bar', {}, this.told, this.save),
			el('div.ladder', {}, this.head, this.list.view), this.detail);
	}

	start() {
		if (ladder_columns(this.run, 'all').length > MANY_COLUMNS)
			this.segment = String(Math.max(0,
				this.run.findings[0]?.segment ?? 0));
		if (this.run.where !== null)
			this.around_failure();
		else
			this.filter.set({ segment: this.segment });
	}

	around_failure() {
		const [from, to] = this.run.where;

		this.filter.set({ segment: this.segment, from: from.toFixed(3),
			to: to.toFixed(3) });
		this.reveal_bad();
	}

	/** reveal_bad() - the first frame that stands out is in sight */
	reveal_bad() {
		const bad = this.rows.findIndex((i) => this.run.telling.has(i));

		if (bad >= 0 && this.run.where !== null)
			this.list.reveal(bad, true);
	}

	wanted() {
		const { segment, machine, protocol, marks } = this.filter.values;
		const words_wanted = this.filter.words();
		const m = machine === '' ? null : Number(machine);
		const bits = marks === 'any' ? 15 : Number(marks);
		const quiet = this.quiet.getAttribute('aria-pressed') === 'true';
		const told_of = this.told_of.size > 0 ? this.told_of :
			this.run.telling;

		return (row, i) => {
			if (segment !== 'all' && row[FRAME.SEGMENT] !==
			    Number(segment))
				return false;
			if (m !== null && row[FRAME.FROM] !== m &&
			    row[FRAME.TO] !== m)
				return false;
			if (protocol !== '' && row[FRAME.PROTOCOL] !==
			    Number(protocol))
				return false;
			if (marks === 'told' ? !told_of.has(i) :
			    marks !== '' && (row[FRAME.FLAGS] & bits) === 0)
				return false;
			if (quiet && CHATTER.test(row[FRAME.TEXT]))
				return false;
			if (words_wanted.length === 0)
				return true;
			const text = this.searched(row);

			return words_wanted.every((word) => text.includes(word));
		};
	}

	/* All that a frame can be found by. */
	searched(row) {
		return (this.run.protocols[row[FRAME.PROTOCOL]] + ' ' +
			frame_text(row) + ' ' + station(this.run, row[FRAME.FROM]) +
			' ' + station(this.run, row[FRAME.TO]) + ' ' +
			(this.run.ports[row[FRAME.PORT]] ?? '') + ' ' +
			frame_marks(row[FRAME.FLAGS]).join(' ') + ' ' +
			(row[FRAME.NOTE] ?? '')).toLowerCase();
	}

	fill() {
		const run = this.run;

		this.columns = ladder_columns(run, this.filter.values.segment);
		this.rows = chosen_rows(run.frames, this.filter.span(),
			this.wanted());
		this.held = this.rows.filter((i) =>
			run.frame_octets[i] !== undefined);
		this.told.textContent = this.rows.length.toLocaleString('en') +
			' of ' + count(run.frames.length, 'frame');
		this.save.textContent = 'Save ' + (this.held.length ===
			this.rows.length ? 'these frames' :
			this.held.length.toLocaleString('en') + ' of these');
		this.save.title = 'as pcapng; frames far from the failure are in ' +
			'the captures only';
		this.save.disabled = this.held.length === 0;
		this.draw_head();
		this.list.reset(this.rows.length);
		this.list.view.style.height = Math.max(80, Math.min(
			this.rows.length * 38 + 2, 0.72 * innerHeight)) + 'px';
		this.detail.replaceChildren();
	}

	draw_head() {
		const segments = [...new Set(this.columns.map((c) => c.segment))];

		this.section.style.setProperty('--lanes-min',
			'calc(' + this.columns.length + ' * var(--lane))');
		this.head.replaceChildren(el('span.at', {}, 'seconds'),
			el('span.lanes', {}, ...segments.map((s) => {
				const here = this.columns.filter((c) =>
					c.segment === s);

				return el('span.segment', { style: { flex:
					here.length + ' 1 0' } },
					el('b', {}, segment_name(this.run, s)),
					el('span.names', {}, ...here.map((c) =>
						el('span', {}, c.name))));
			})), el('span.frame-number', {}, 'frame'));
	}

	draw(i, before) {
		const run = this.run, row = run.frames[i];
		const gap = before === undefined ? 0 : row[FRAME.T] -
			run.frames[before][FRAME.T];
		const unanswered = this.run.unanswered.has(i);
		const protocol = visible_line(run.protocols[row[FRAME.PROTOCOL]] ??
			'?');
		const marks = frame_marks(row[FRAME.FLAGS]);
		const way = station(run, row[FRAME.FROM]) + ' to ' +
			station(run, row[FRAME.TO]);

		if (unanswered)
			marks.push('no answer');
		return el('div.rung' + (this.told_of.has(i) ? '.told' : ''), {
			'aria-label': at_time(row[FRAME.T]) + ' s, ' +
				segment_name(run, row[FRAME.SEGMENT]) + ', ' + way +
				', ' + protocol + ' ' + frame_text(row) +
				(marks.length === 0 ? '' : ', ' + marks.join(', ')) },
			el('span.at', {}, at_time(row[FRAME.T]),
				gap < 0.1 ? null : el('small', {},
					'+' + duration(gap))),
			el('span.lanes', {}, ...draw_lifelines(this.columns),
				el('span.label', { style:
				label_place(this.columns, row) },
				el('b', {}, protocol), ' ',
				...marks.map((mark) => el('em', {}, mark)),
				frame_label(row)),
				...draw_arrow(this.columns, row, unanswered)),
			el('span.frame-number', {}, String(row[FRAME.NUMBER])));
	}

	opened(i) {
		const row = this.run.frames[i];

		look_at('frame-' + encodeURIComponent(this.run.segments[
			row[FRAME.SEGMENT]]?.name ?? '') + '-' + row[FRAME.NUMBER]);
		views.time?.point_at(row[FRAME.T]);
		this.detail.replaceChildren(...this.details(i, row));
	}

	details(i, row) {
		const run = this.run, capture = run.segments[row[FRAME.SEGMENT]]
			?.capture ?? null;
		const command = 'wireshark -g ' + row[FRAME.NUMBER] + ' ' +
			shell_word(capture);
		const marks = frame_marks(row[FRAME.FLAGS]);

		return [
			el('h3', {}, 'Frame ' + row[FRAME.NUMBER] + ' of ' +
				segment_name(run, row[FRAME.SEGMENT])),
			el('p', {}, at_time(row[FRAME.T]) + ' s, ' +
				station(run, row[FRAME.FROM]) + ' to ' +
				station(run, row[FRAME.TO]) + ', in at ' +
				visible_line(run.ports[row[FRAME.PORT]] ?? '?') +
				', ' + octets(row[FRAME.OCTETS]) +
				(marks.length === 0 ? '' : ', ' + marks.join(', '))),
			el('pre', {}, visible_line(run.protocols[
				row[FRAME.PROTOCOL]] ?? '') + ' ' + frame_text(row)),
			row[FRAME.NOTE] === null ? null : el('p.warn', {},
				visible_line(row[FRAME.NOTE])),
			capture === null ? el('p.quiet', {}, 'Its capture is not ' +
				'there.') : el('p', {}, file_link(capture), ' ',
				el('code', {}, command), ' ',
				copy_button(command, 'the command that opens it')),
			run.frame_octets[i] === undefined ? null : el('pre.dump', {},
				hex_dump(from_base64(run.frame_octets[i]))),
		].filter((part) => part !== null);
	}

	save_frames() {
		save_file(pcapng_of(this.run, this.held), this.run.test
			.replace(/[^A-Za-z0-9_.-]+/g, '-') + '-frames.pcapng');
	}

	/** show_finding() - the frames that a finding stands on */
	show_finding(finding, first) {
		this.told_of = new Set(finding.frames);
		this.filter.set({ marks: 'told' });
		this.section.scrollIntoView({ block: 'start' });
		this.list.choose(Math.max(0, this.rows.indexOf(
			first ?? finding.frames[0])));
		this.list.view.focus({ preventScroll: true });
	}

	/** show() - one frame */
	show(i) {
		set_place(this.list, () => this.rows, i, () => this.filter.set({}));
	}

	/** near() - the frames of a moment, of those that are shown */
	near(t) {
		if (this.rows.length > 0)
			this.list.reveal(nearest(this.rows, this.run.frames, t), true);
	}
}
