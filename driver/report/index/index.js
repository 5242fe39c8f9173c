"use strict";

/* The table is there without us; what we add is to filter and to sort it. */

const table = document.getElementById("tests");
const body = table.tBodies[0];
const rows = Array.from(body.rows, (row, index) => ({
	row,
	index,
	words: row.textContent.toLowerCase(),
	result: row.dataset.result,
	keys: [Number(row.dataset.rank), row.dataset.name,
		Number(row.dataset.ms), Number(row.dataset.runs)],
}));
const search = document.getElementById("search");
const shown = document.getElementById("shown");
const buttons = Array.from(document.querySelectorAll("#bar [data-result]"));

function filter() {
	const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
	const wanted = new Set(buttons
		.filter((b) => b.getAttribute("aria-pressed") === "true")
		.map((b) => b.dataset.result));
	let n = 0;

	for (const r of rows) {
		const fits = (wanted.size === 0 || wanted.has(r.result)) &&
			words.every((word) => r.words.includes(word));

		r.row.hidden = !fits;
		n += fits ? 1 : 0;
	}
	shown.textContent = n === rows.length ? "" :
		`${n} of ${rows.length} shown`;
}

function compare(a, b, key) {
	const x = a.keys[key], y = b.keys[key];

	if (x === y)
		return a.index - b.index;
	return x < y ? -1 : 1;
}

function sort(heading, key) {
	const up = heading.getAttribute("aria-sort") === "ascending";

	for (const other of table.tHead.rows[0].cells)
		other.removeAttribute("aria-sort");
	heading.setAttribute("aria-sort", up ? "descending" : "ascending");
	rows.sort((a, b) => up ? compare(b, a, key) : compare(a, b, key));
	body.append(...rows.map((r) => r.row));
}

for (const button of buttons) {
	button.addEventListener("click", () => {
		const pressed = button.getAttribute("aria-pressed") === "true";

		button.setAttribute("aria-pressed", String(!pressed));
		filter();
	});
}
search.addEventListener("input", filter);
for (const heading of table.querySelectorAll("th[data-key]")) {
	const button = document.createElement("button");

	button.type = "button";
	button.textContent = heading.textContent;
	button.addEventListener("click",
		() => sort(heading, Number(heading.dataset.key)));
	heading.replaceChildren(button);
}
document.getElementById("bar").hidden = false;
filter();
performance.mark("vdelab-ready");
