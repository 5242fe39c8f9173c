/*
 * timeline: the lanes over time, on a canvas.  Zoomed and moved with the mouse,
 * with fingers, with keys; what is chosen with keys is told to screen readers.
 */
const AXIS_PX = 22;
const STEPS_OF_AXIS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1,
	2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600, 7200, 36000];

class Timeline {
	constructor(run) {
		this.run = run;
		this.lanes = make_lanes(run);
		this.lane = 0;
		this.item = -1;
		this.cursor = null;
		this.fingers = new Map();
		this.canvas = el('canvas', { 'aria-hidden': 'true' });
		this.tip = el('div.tip', { hidden: true, 'aria-hidden': 'true' });
		this.box = el('div.timeline-box', { id: 'timeline-box', tabindex: '0',
			role: 'application', 'aria-roledescription': 'time line',
			'aria-label': 'Time line', 'aria-describedby':
			'timeline-help', onkeydown: (event) => this.on_key(event),
			onpointerdown: (event) => this.on_down(event),
			onpointermove: (event) => this.on_move(event),
			onpointerup: (event) => this.on_up(event),
			onpointercancel: (event) =>
				this.fingers.delete(event.pointerId),
			onpointerleave: () => this.hide_tip() },
			this.canvas, this.tip);
		/* Not passive: the page must not scroll while this zooms. */
		this.box.addEventListener('wheel', (event) => this.on_wheel(event),
			{ passive: false });
		this.section = this.make_section();
		this.fit();
		new ResizeObserver(() => this.soon()).observe(this.box);
		document.addEventListener('theme', () => this.soon());
		matchMedia('(prefers-color-scheme: dark)').addEventListener('change',
			() => this.soon());
	}

	make_section() {
		const button = (text, label, act) => el('button', { type: 'button',
			'aria-label': label, onclick: act }, text);
		const names = el('div.lane-names', { 'aria-hidden': 'true' },
			el('div.axis-name', { style: { height: AXIS_PX + 'px' } },
				'seconds'),
			...this.lanes.map((lane) => el('div', { style: {
				height: lane.px + 'px' },
				class: lane.name === '' ? null : 'first' },
				el('b', {}, lane.name), el('span', {}, lane.label))));

		this.told = el('span.quiet', { role: 'status' });
		return section_of('timeline', 'Time line', el('div.bar', {},
			button('+', 'Zoom in', () => this.zoom(0.5)),
			button('\u2212', 'Zoom out', () => this.zoom(2)),
			button('Whole run', 'Show the whole run', () => this.fit()),
			this.run.where === null ? null :
				button('The ' + the_end(this.run),
				'Show the ' + the_end(this.run),
				() => this.show_failure()),
			this.told),
			el('div.timeline', {}, names, this.box),
			el('p.quiet.help', { id: 'timeline-help' },
				'Drag to move, Ctrl and wheel or two fingers to zoom, ' +
				'click to go to what happened. Keys: up and down ' +
				'choose a lane, left and right what is in it (with ' +
				'Shift: move), + and \u2212 zoom, 0 the whole run, F ' +
				'the failure, Enter goes there.'));
	}

	/* ---- the part of the time that is seen ---- */

	set_span(from, to) {
		const whole = this.run.duration || 1;
		const length = Math.min(Math.max(to - from, 1e-4), whole * 1.04);

		from = Math.max(-0.02 * whole, Math.min(from,
			1.02 * whole - length));
		this.from = from;
		this.to = from + length;
		this.soon();
	}

	fit() {
		const whole = this.run.duration || 1;

		this.set_span(-0.02 * whole, 1.02 * whole);
	}

	show_failure() {
		const [from, to] = this.run.where;
		const room = (to - from) * 0.1;

		this.set_span(from - room, to + room);
	}

	zoom(factor, at) {
		const middle = at ?? (this.from + this.to) / 2;

		this.set_span(middle - (middle - this.from) * factor,
			middle + (this.to - middle) * factor);
	}

	x_of(t) {
		return (t - this.from) / (this.to - this.from) * this.width;
	}

	t_of(x) {
		return this.from + x / this.width * (this.to - this.from);
	}

	/* ---- drawing ---- */

	soon() {
		if (this.waits)
			return;
		this.waits = true;
		requestAnimationFrame(() => {
			this.waits = false;
			this.draw();
		});
	}

	draw() {
		const style = getComputedStyle(document.documentElement);
		const scale = devicePixelRatio || 1;

		this.width = this.box.clientWidth;
		this.height = AXIS_PX + this.lanes.reduce((sum, lane) =>
			sum + lane.px, 0);
		if (this.width === 0)
			return;
		this.canvas.width = this.width * scale;
		this.canvas.height = this.height * scale;
		this.canvas.style.height = this.height + 'px';
		this.pen = this.canvas.getContext('2d');
		this.pen.scale(scale, scale);
		const colours = new Map();

		this.colour = (name) => {
			if (!colours.has(name))
				colours.set(name, style.getPropertyValue('--' +
					name));
			return colours.get(name);
		};
		this.draw_axis();
		let top = AXIS_PX;

		for (const lane of this.lanes) {
			lane.top = top;
			if (lane.name !== '')
				this.stroke(0, top + 0.5, this.width, top + 0.5,
					'line');
			this.draw_lane(lane);
			top += lane.px;
		}
		this.draw_markers();
	}

	stroke(x0, y0, x1, y1, colour, width) {
		this.pen.strokeStyle = this.colour(colour);
		this.pen.lineWidth = width ?? 1;
		this.pen.beginPath();
		this.pen.moveTo(x0, y0);
		this.pen.lineTo(x1, y1);
		this.pen.stroke();
	}

	draw_axis() {
		const span = this.to - this.from;
		const step = STEPS_OF_AXIS.find((s) => span / s <=
			Math.max(2, this.width / 80)) ?? span;
		const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;

		this.pen.font = '11px system-ui, sans-serif';
		this.pen.fillStyle = this.colour('quiet');
		for (let i = Math.ceil(this.from / step); i * step <= this.to; i++) {
			const x = Math.round(this.x_of(i * step)) + 0.5;

			this.stroke(x, AXIS_PX - 5, x, this.height, 'line');
			this.pen.fillText((i * step).toFixed(digits), x + 3, 13);
		}
	}

	/* Where items are dense, a column of pixels is drawn once. */
	draw_lane(lane) {
		const { items, top, px } = lane;
		const columns = new Map();

		for (let i = this.first_seen(lane); i < items.length; i++) {
			const [from, to, , look, place] = items[i];

			if (from > this.to)
				break;
			const x = this.x_of(from);

			if (lane.bars) {
				this.bar(x, top + 3 + place * 11,
					this.x_of(to) - x, look);
				continue;
			}
			const column = Math.round(x);
			const seen = columns.get(column);

			if (seen === undefined)
				columns.set(column, [1, look]);
			else {
				seen[0]++;
				if (look === 'bad' || seen[1] !== 'bad')
					seen[1] = look;
			}
		}
		for (const [x, [n, look]] of columns) {
			const high = lane.heights ? Math.min(px - 6,
				5 + 4 * Math.log2(n + 1)) : px - 6;

			this.pen.fillStyle = this.colour(look);
			this.pen.fillRect(x - 0.75, top + px - 3 - high, 1.5, high);
		}
	}

	bar(x, y, width, look) {
		const left = Math.max(-2, x);
		const right = Math.min(this.width + 2, x + Math.max(2, width));

		if (right < 0)
			return;
		if (look === 'group') {
			this.pen.strokeStyle = this.colour('quiet');
			this.pen.lineWidth = 1;
			this.pen.strokeRect(left + 0.5, y + 0.5, right - left - 1, 8);
			return;
		}
		this.pen.fillStyle = this.colour(look);
		this.pen.fillRect(left, y, right - left, 9);
	}

	draw_markers() {
		const failure = this.run.failure?.t ??
			(this.run.complete ? null : this.run.duration);

		if (this.cursor !== null) {
			const x = Math.round(this.x_of(this.cursor)) + 0.5;

			this.stroke(x, 0, x, this.height, 'link', 1);
		}
		if (failure !== null) {
			const x = Math.round(this.x_of(failure)) + 0.5;

			this.stroke(x, 0, x, this.height, 'bad', 2);
			this.pen.fillStyle = this.colour('bad');
			this.pen.beginPath();
			this.pen.moveTo(x - 6, 0);
			this.pen.lineTo(x + 6, 0);
			this.pen.lineTo(x, 8);
			this.pen.fill();
		}
		const lane = this.lanes[this.lane];
		const item = lane?.items[this.item];

		if (item !== undefined) {
			const x = this.x_of(item[0]);

			this.pen.strokeStyle = this.colour('focus');
			this.pen.lineWidth = 2;
			this.pen.strokeRect(x - 3, lane.top + 1, Math.max(6,
				this.x_of(item[1]) - x + 6), lane.px - 2);
		}
	}

	/* ---- finding ---- */

	/* Items are in the order of their beginning; bars before the first that
	 * begins in sight may reach into it. */
	first_seen(lane) {
		return lane.bars ? 0 : Math.max(0, first_at(lane.items, this.from) - 1);
	}

	/* The item nearest to a point: [lane, item], or null. */
	at(x, y) {
		const l = this.lanes.findIndex((lane) => y >= lane.top &&
			y < lane.top + lane.px);

		if (l < 0)
			return null;
		const lane = this.lanes[l], t = this.t_of(x);
		const slack = 5 * (this.to - this.from) / this.width;
		const place = Math.floor((y - lane.top - 2) / 11);
		let best = -1, distance = slack;

		for (let i = lane.bars ? 0 : Math.max(0,
			first_at(lane.items, t - slack) - 1);
			i < lane.items.length && lane.items[i][0] <= t + slack; i++) {
			const [from, to, , , row] = lane.items[i];
			const far = t < from ? from - t : t > to ? t - to : 0;

			if (far <= distance && (!lane.bars || row === place)) {
				distance = far;
				best = i;
			}
		}
		return best < 0 ? null : [l, best];
	}

	say([l, i]) {
		const lane = this.lanes[l], item = lane.items[i];

		return at_time(item[0]) + ' s' + (item[1] > item[0] ? ', ' +
			duration(item[1] - item[0]) : '') + ': ' + lane.say(item);
	}

	/* ---- what people do ---- */

	on_down(event) {
		if (event.button !== 0)
			return;
		this.box.setPointerCapture(event.pointerId);
		this.fingers.set(event.pointerId, event.offsetX);
		this.moved = 0;
	}

	on_move(event) {
		const was = this.fingers.get(event.pointerId);
		const x = event.offsetX;

		if (was === undefined) {
			this.show_tip(x, event.offsetY);
			return;
		}
		const others = [...this.fingers].filter(([id]) =>
			id !== event.pointerId);

		this.moved += Math.abs(x - was);
		this.hide_tip();
		if (others.length === 0) {
			const far = this.t_of(was) - this.t_of(x);

			if (this.moved > 3)
				this.set_span(this.from + far, this.to + far);
		} else {
			const other = others[0][1];
			const wide = Math.max(20, Math.abs(x - other));

			this.zoom(Math.max(20, Math.abs(was - other)) / wide,
				this.t_of(other));
		}
		this.fingers.set(event.pointerId, x);
	}

	on_up(event) {
		if (!this.fingers.delete(event.pointerId) || this.moved > 3)
			return;
		const found = this.at(event.offsetX, event.offsetY);

		this.point_at(this.t_of(event.offsetX));
		if (found !== null) {
			[this.lane, this.item] = found;
			this.open();
		}
	}

	on_wheel(event) {
		const wide = this.to - this.from;

		if (event.ctrlKey || event.metaKey) {
			event.preventDefault();
			this.zoom(Math.exp(event.deltaY * 0.003),
				this.t_of(event.offsetX));
		} else if (event.deltaX !== 0 || event.shiftKey) {
			const far = (event.deltaX || event.deltaY) / this.width * wide;

			event.preventDefault();
			this.set_span(this.from + far, this.to + far);
		}
	}

	on_key(event) {
		if (event.ctrlKey || event.metaKey || event.altKey)
			return;
		const wide = this.to - this.from;
		const keys = {
			'+': () => this.zoom(0.5), '=': () => this.zoom(0.5),
			'-': () => this.zoom(2), '0': () => this.fit(),
			f: () => this.run.where !== null && this.show_failure(),
			Enter: () => this.open(),
			ArrowUp: () => this.next_lane(-1),
			ArrowDown: () => this.next_lane(1),
			ArrowLeft: () => event.shiftKey ? this.set_span(this.from -
				wide / 5, this.to - wide / 5) : this.next_item(-1),
			ArrowRight: () => event.shiftKey ? this.set_span(this.from +
				wide / 5, this.to + wide / 5) : this.next_item(1),
		};
		const act = keys[event.key.length === 1 ? event.key.toLowerCase() :
			event.key];

		if (act === undefined)
			return;
		event.preventDefault();
		act();
	}

	next_lane(by) {
		const lane = this.lane + by;
		const t = this.lanes[this.lane]?.items[this.item]?.[0] ?? this.from;

		if (this.lanes[lane] === undefined)
			return;
		this.lane = lane;
		this.item = Math.min(first_at(this.lanes[lane].items, t),
			this.lanes[lane].items.length - 1);
		this.chosen();
	}

	next_item(by) {
		const lane = this.lanes[this.lane];

		if (lane === undefined)
			return;
		this.item = this.item < 0 ? Math.min(first_at(lane.items,
			Math.max(0, this.from)), lane.items.length - 1) :
			Math.max(0, Math.min(lane.items.length - 1, this.item + by));
		this.chosen();
	}

	chosen() {
		const lane = this.lanes[this.lane], item = lane.items[this.item];
		const wide = this.to - this.from;

		if (item[0] < this.from || item[0] > this.to)
			this.set_span(item[0] - wide / 2, item[0] + wide / 2);
		this.told.textContent = (lane.name + ' ' + lane.label).trim() + ', ' +
			this.say([this.lane, this.item]);
		this.soon();
	}

	open() {
		const lane = this.lanes[this.lane], item = lane?.items[this.item];

		if (item !== undefined)
			go_to(lane.view, item[2]);
	}

	show_tip(x, y) {
		const found = this.at(x, y);

		this.box.style.cursor = found === null ? 'grab' : 'pointer';
		if (found === null) {
			this.hide_tip();
			return;
		}
		this.tip.hidden = false;
		this.tip.textContent = this.say(found);
		this.tip.style.top = y + 14 + 'px';
		this.tip.style.left = Math.max(0, Math.min(x,
			this.width - this.tip.offsetWidth - 4)) + 'px';
	}

	hide_tip() {
		this.tip.hidden = true;
	}

	/** print() - drawn for paper: light, and now */
	print() {
		this.draw();
	}

	/** point_at() - a line at a moment, without going there */
	point_at(t) {
		this.cursor = t;
		this.soon();
	}

	/** show() - a moment; the lists go there, too */
	show(t) {
		const wide = Math.min(this.to - this.from, 10);

		this.cursor = t;
		this.set_span(t - wide / 2, t + wide / 2);
		views.events.near(t);
		views.frames?.near(t);
		look_at('t=' + t);
	}
}
