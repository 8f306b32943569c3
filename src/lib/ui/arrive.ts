import type { Attachment } from 'svelte/attachments';

/** A step begins at its title: it takes the focus, so that it is said, and what it heads is seen from its top. */
export const arrive: Attachment<HTMLElement> = (title) => {
	title.tabIndex = -1;
	title.focus({ preventScroll: true });
	title.closest('main')?.scrollTo(0, 0);
	scrollTo(0, 0);
	// On a screen so small that what stands above fills it, the title comes first.
	if (title.getBoundingClientRect().bottom > innerHeight) title.scrollIntoView({ block: 'start' });
};
