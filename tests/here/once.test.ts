import { expect, test } from 'vitest';
import { once, submitting } from '$lib/here/once';

/** Work that lasts until it is let go. */
function slow() {
	let letGo = (): void => undefined;
	let done = 0;
	const work = () => {
		done += 1;
		return new Promise<void>((end) => (letGo = end));
	};
	return { work, letGo: () => letGo(), done: () => done };
}

test('what is asked twice while it is under way is done once, and again afterwards', async () => {
	const { work, letGo, done } = slow();
	const start = once(work);
	const first = start();
	await start();
	expect(done()).toBe(1);
	letGo();
	await first;
	void start();
	expect(done()).toBe(2);
});

test('what failed can be tried again', async () => {
	const start = once(() => Promise.reject(new Error('full')));
	await expect(start()).rejects.toThrow('full');
	await expect(start()).rejects.toThrow('full');
});

test('a form that is sent twice is never sent by the browser', () => {
	const { work, done } = slow();
	const submit = submitting(work);
	let prevented = 0;
	const event = { preventDefault: () => (prevented += 1) } as unknown as SubmitEvent;
	submit(event);
	submit(event);
	expect([done(), prevented]).toEqual([1, 2]);
});
