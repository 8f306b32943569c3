import { onMount } from 'svelte';
import { readTyped } from '../local/typed';
import { here } from './here.svelte';
import { Pace } from './pace';

/** Writes when the page is covered, locks or is left: for as long as a component is there.
 * Called while the component is made. */
export function flushing(flush: () => Promise<unknown>): void {
	onMount(() => {
		const form = async () => void (await flush());
		here.forms.add(form);
		return () => void form().finally(() => here.forms.delete(form));
	});
}

/** Keeps what is typed in a form that is saved by a button: sealed on this device, within a second and before a lock, until
 * it is saved or left. The form finds it again when it opens. Called while the component is made.
 * @param read what there is to keep; nothing while the form is as it was
 * @param take puts what was found back into the form
 * @returns how to let go of what is typed by now: it has done its work, or is left on purpose */
export function keepTyping<T>(
	name: string,
	read: () => T | undefined,
	take: (found: T) => void
): { drop: () => Promise<void> } {
	const { stay } = here;
	let dropped: string | undefined;
	const current = () => {
		const typed = JSON.stringify(read());
		return typed === dropped ? undefined : typed;
	};
	let written: string | undefined;
	let looked = false;
	let writing: Promise<void> = Promise.resolve();

	async function write(): Promise<void> {
		const typed = current();
		if (!looked || typed === written) return;
		await stay.keepTyped(name, typed && JSON.parse(typed));
		written = typed;
	}
	// A device that cannot write says so when the form is saved: until then nothing here says « enregistré ».
	function flush(): Promise<void> {
		pace.rest();
		return (writing = writing.then(write).catch(() => undefined));
	}
	const pace = new Pace(flush);

	flushing(flush);
	onMount(async () => {
		const found = await readTyped<T>(stay.db, name).catch(() => undefined);
		if (found !== undefined) {
			written = JSON.stringify(found);
			if (read() === undefined) take(found);
		}
		looked = true;
		void flush();
	});
	$effect(() => {
		current();
		pace.key();
	});
	return {
		drop() {
			dropped = JSON.stringify(read());
			return flush();
		}
	};
}
