/** A field of one line runs the lines of what comes into it together: « 41⏎47 » would be 4 147. Here they stay apart, and
 * are read as several numbers. */
export function keepApart(event: (ClipboardEvent | DragEvent) & { currentTarget: HTMLInputElement }): void {
	const field = event.currentTarget;
	const coming = 'clipboardData' in event ? event.clipboardData : event.dataTransfer;
	const text = coming?.getData('text/plain').trim() ?? '';
	if (!/[\r\n]/.test(text)) return;
	event.preventDefault();
	const [start, end] = [field.selectionStart ?? 0, field.selectionEnd ?? field.value.length];
	field.setRangeText(text.replace(/\s*[\r\n]+\s*/g, '\t'), start, end, 'end');
	field.dispatchEvent(new Event('input', { bubbles: true }));
}
