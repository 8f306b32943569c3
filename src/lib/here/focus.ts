/** Where the focus is when nothing has it: on a page that has just come, or whose focused part has just gone. */
const isNowhere = () => document.activeElement === null || document.activeElement === document.body;

function give(title: HTMLElement): void {
	title.tabIndex = -1;
	title.focus({ preventScroll: true });
}

const coming = new MutationObserver(takeTitle);
function takeTitle(): void {
	const title = document.querySelector<HTMLElement>('main h1');
	if (title && isNowhere()) give(title);
	if (title || !isNowhere()) coming.disconnect();
}

/** Gives the focus to the title of a page that has just come, once it stands: it is said, and what stands under it comes next.
 * Whoever has begun to act keeps it. */
export function arriveAtTitle(): void {
	coming.observe(document.body, { childList: true, subtree: true });
	takeTitle();
}

/** Whatever goes while it has the focus leaves it to the title above, not to nobody: where somebody was stays where they are. */
let last: Node | undefined;
addEventListener('focusin', ({ target }) => {
	last = target as Node;
});
const going = new MutationObserver((changes) => {
	if (!isNowhere() || !last || last.isConnected) return;
	const from = changes.find(({ removedNodes }) => [...removedNodes].some((gone) => gone.contains(last!)))?.target;
	last = undefined;
	for (let place = from as Element | null | undefined; place && place !== document.body; place = place.parentElement) {
		const title = place.isConnected && place.querySelector<HTMLElement>('h1, h2, h3');
		if (title) return give(title);
	}
	arriveAtTitle();
});
going.observe(document.body, { childList: true, subtree: true });
