import type { CDPSession } from '@playwright/test';

/** What went over the line: whole messages, headers and bodies as they were sent. */
export type Wire = { requests: number; up: number; down: number };

const sizeOf = (headers: { [name: string]: string }): number =>
	Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 2);

/** Counts a page's requests and bytes from now on, as the browser says it sent and received them. */
export async function countWire(cdp: CDPSession): Promise<{ read: () => Wire }> {
	const wire: Wire = { requests: 0, up: 0, down: 0 };
	cdp.on('Network.requestWillBeSent', ({ request }) => {
		wire.requests += 1;
		wire.up += `${request.method} ${new URL(request.url).pathname} HTTP/1.1\r\n`.length;
	});
	cdp.on('Network.requestWillBeSentExtraInfo', ({ headers }) => {
		const length = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-length')?.[1] ?? '0';
		wire.up += sizeOf(headers) + Number(length);
	});
	cdp.on('Network.loadingFinished', ({ encodedDataLength }) => {
		wire.down += encodedDataLength;
	});
	await cdp.send('Network.enable', { maxTotalBufferSize: 0, maxResourceBufferSize: 0 });
	return {
		read: () => {
			const read = { ...wire };
			Object.assign(wire, { requests: 0, up: 0, down: 0 });
			return read;
		}
	};
}

/** A line of 400 kbit/s each way, 400 ms there and back. */
export const slowDown = (cdp: CDPSession): Promise<unknown> =>
	cdp.send('Network.emulateNetworkConditions', {
		offline: false,
		latency: 400,
		downloadThroughput: 50_000, // bytes a second
		uploadThroughput: 50_000
	});
