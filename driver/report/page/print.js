/* print: paper gets the rows of lists that the screen has not made. */
const ON_PAPER = { steps: 400, frames: 120 };

/** print_lists() - from now on paper gets lists whole, up to a limit */
function print_lists(run) {
	let made = [];

	function before() {
		after();
		for (const [name, most] of Object.entries(ON_PAPER)) {
			const list = views[name]?.list;

			if (list === undefined)
				continue;
			const paper = list.printed(0, most);

			if (list.n > most)
				paper.append(el('p.quiet', {}, '\u2026 and ' +
					count(list.n - most, 'row') + ' more'));
			list.view.after(paper);
			made.push(paper);
		}
		views.time.print();
	}
	function after() {
		made.forEach((paper) => paper.remove());
		made = [];
	}
	addEventListener('beforeprint', before);
	addEventListener('afterprint', () => {
		after();
		views.time.soon();
	});
}
