import { tick } from 'svelte';

/** Puts the cursor in the first field that is said to be wrong. */
export async function focusWrong(): Promise<void> {
	await tick();
	document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
