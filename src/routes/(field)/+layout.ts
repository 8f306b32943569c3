/** While a person answers there is nothing else on the screen, and nothing else to load. */
const ASKING: (string | null)[] = ['/(field)/interviews/new', '/(field)/interviews/[id]'];

/** Loaded before the page is shown, so that its title stands at once and is the one that is said. */
export const load = async ({ route }: { route: { id: string | null } }) => ({
	Shell: ASKING.includes(route.id) ? undefined : (await import('../Shell.svelte')).default
});
