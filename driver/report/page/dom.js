/* dom: elements, made without ever reading HTML out of a string. */

/**
 * el() - an element
 * @name:  "div", or "div.a.b" with classes
 * @props: attributes; functions become listeners ("onclick"), a null or false
 *         one is left out, "style" is an object
 * Children are elements or text.
 */
function el(name, props, ...children) {
	const [tag, ...classes] = name.split('.');
	const element = document.createElement(tag);

	if (classes.length > 0)
		element.className = classes.join(' ');
	for (const [key, value] of Object.entries(props ?? {})) {
		if (typeof value === 'function')
			element.addEventListener(key.slice(2), value);
		else if (key === 'style')
			Object.assign(element.style, value);
		else if (value !== null && value !== false &&
			 value !== undefined)
			element.setAttribute(key, value === true ? '' : value);
	}
	element.append(...children.filter((child) =>
		child !== null && child !== undefined));
	return element;
}

/** file_link() - a link to a file beside this one, whatever it is called */
function file_link(path, text) {
	const safe = path.split('/').filter((part) => part !== '')
		.map(encodeURIComponent).join('/');

	return el('a', { href: './' + safe }, text ?? visible_line(path));
}

/** copy_button() - puts a text into the clipboard */
function copy_button(text, what) {
	const button = el('button.small', { type: 'button',
		'aria-label': 'Copy ' + what, onclick: copy }, 'Copy');

	async function copy() {
		try {
			await navigator.clipboard.writeText(text);
			button.textContent = 'Copied';
			announce('Copied');
		} catch {
			button.textContent = 'Select it';
		}
		setTimeout(() => {
			button.textContent = 'Copy';
		}, 2000);
	}
	return button;
}

/** announce() - tell those who hear the page */
function announce(text) {
	document.getElementById('announced').textContent = text;
}

/** choice() - a <select> with a label; @options: [[value, text], ...] */
function choice(label, options, value, changed) {
	const select = el('select', { 'aria-label': label,
		onchange: () => changed(select.value) });

	for (const [key, text] of options)
		select.append(el('option', { value: key }, text));
	select.value = value;
	return select;
}
