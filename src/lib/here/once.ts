/** Does one thing at a time: what is asked again while it is under way is the same hand, which tapped twice. */
export function once<Asked extends unknown[]>(work: (...asked: Asked) => Promise<void>) {
	let underWay = false;
	return async (...asked: Asked): Promise<void> => {
		if (underWay) return;
		underWay = true;
		try {
			await work(...asked);
		} finally {
			underWay = false;
		}
	};
}

/** The same for a form: whichever touch it was, the browser never sends it itself. */
export function submitting(work: () => Promise<void>) {
	const submit = once(work);
	return (event: SubmitEvent): void => {
		event.preventDefault();
		void submit();
	};
}
