/*
 * list: many rows of the same height, of which only those in sight exist.  To
 * the keyboard and to screen readers it is one listbox or tree, whose active row
 * aria-activedescendant names.
 */
class List {
	/**
	 * @options: label; role ("listbox", "tree"); row_px; draw(i) makes row i;
	 *           key(event, i) -> true when it took a key; opened(i) is called
	 *           when a row becomes the active one
	 */
	constructor(id, options) {
		this.id = id;
		this.options = options;
		this.n = 0;
		this.active = -1;
		this.rows = new Map();
		this.sizer = el('div.sizer', { role: 'presentation' });
		this.view = el('div.view', { id, role: options.role ?? 'listbox',
			tabindex: '0', 'aria-label': options.label,
			onscroll: () => this.soon(),
			onkeydown: (event) => this.on_key(event),
			onclick: (event) => this.on_click(event) }, this.sizer);
		this.view.style.setProperty('--row', options.row_px + 'px');
		this.waits = false;
		new ResizeObserver(() => this.soon()).observe(this.view);
	}

	/** reset() - there are @n rows now, all of them others */
	reset(n) {
		this.n = n;
		this.sizer.style.height = n * this.options.row_px + 'px';
		this.active = -1;
		this.redraw();
	}

	/** redraw() - the rows look different now */
	redraw() {
		for (const row of this.rows.values())
			row.remove();
		this.rows.clear();
		this.draw();
	}

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
		const height = this.options.row_px;
		const top = this.view.scrollTop;
		const shown = this.view.clientHeight || 400;
		const first = Math.max(0, Math.floor(top / height) - 6);
		const end = Math.min(this.n, Math.ceil((top + shown) / height) + 6);
		const fresh = document.createDocumentFragment();

		for (const [i, row] of this.rows) {
			if ((i < first || i >= end) && i !== this.active) {
				row.remove();
				this.rows.delete(i);
			}
		}
		for (let i = first; i < end; i++) {
			if (!this.rows.has(i))
				fresh.append(this.make(i));
		}
		if (this.active >= 0 && this.active < this.n &&
		    !this.rows.has(this.active))
			fresh.append(this.make(this.active));
		this.sizer.append(fresh);
		this.point();
	}

	make(i) {
		const row = this.options.draw(i);

		row.id = this.id + '-row-' + i;
		row.classList.add('row');
		row.style.top = i * this.options.row_px + 'px';
		row.dataset.i = i;
		if (this.options.role !== 'tree') {
			row.setAttribute('role', 'option');
			row.setAttribute('aria-setsize', this.n);
			row.setAttribute('aria-posinset', i + 1);
		}
		row.setAttribute('aria-selected', i === this.active);
		this.rows.set(i, row);
		return row;
	}

	/* Screen readers and colours: which row is the active one? */
	point() {
		if (this.active >= 0)
			this.view.setAttribute('aria-activedescendant',
				this.id + '-row-' + this.active);
		else
			this.view.removeAttribute('aria-activedescendant');
		for (const [i, row] of this.rows) {
			row.classList.toggle('active', i === this.active);
			row.setAttribute('aria-selected', i === this.active);
		}
	}

	/** choose() - row @i becomes the active one, and can be seen */
	choose(i, centered) {
		if (this.n === 0)
			return;
		i = Math.max(0, Math.min(this.n - 1, i));
		this.active = i;
		this.reveal(i, centered);
		this.draw();
		this.options.opened?.(i);
	}

	reveal(i, centered) {
		const height = this.options.row_px, view = this.view;
		const top = i * height;

		if (centered)
			view.scrollTop = top - (view.clientHeight - height) / 2;
		else if (top < view.scrollTop)
			view.scrollTop = top;
		else if (top + height > view.scrollTop + view.clientHeight)
			view.scrollTop = top + height - view.clientHeight;
	}

	on_key(event) {
		if (event.ctrlKey || event.metaKey || event.altKey)
			return;
		const page = Math.max(1, Math.floor(this.view.clientHeight /
			this.options.row_px) - 1);
		const to = { ArrowDown: this.active + 1,
			ArrowUp: Math.max(0, this.active - 1),
			PageDown: this.active + page,
			PageUp: Math.max(0, this.active - page),
			Home: 0, End: this.n - 1 }[event.key];

		if (this.options.key?.(event, this.active) !== true) {
			if (to === undefined)
				return;
			this.choose(to);
		}
		event.preventDefault();
	}

	on_click(event) {
		const row = event.target.closest('.row');

		if (row !== null && this.view.contains(row)) {
			const i = Number(row.dataset.i);

			this.choose(i);
			this.options.click?.(event, i);
		}
	}

	/** printed() - what paper gets: rows from @first on, @most of them */
	printed(first, most) {
		const rows = [];

		for (let i = first; i < Math.min(this.n, first + most); i++) {
			const row = this.options.draw(i);

			row.classList.add('row');
			row.removeAttribute('role');
			rows.push(row);
		}
		return el('div.on-paper', {}, ...rows);
	}
}
