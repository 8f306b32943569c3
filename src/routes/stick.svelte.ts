import type { Holder } from '$lib/local/database';
import { databaseName } from '$lib/local/database';
import { holderKey } from '$lib/local/holders';
import { writeOutbox } from '$lib/local/stick/outbox-file';
import { takeReceiptsFile, type Problem, type Taken } from '$lib/local/stick/receipts-file';
import type { Place } from '$lib/local/vault';
import { download } from './download';
import { exchangeLock, here, placeOf } from './here.svelte';

/** What somebody has not sent, carried by hand: open or locked. What became of it outlives the panel that shows it: choosing
 * a file may send the app to the background, which locks it before the file is there. */
class Stick {
	/** Whose it is about. */
	whose = $state.raw<string>();
	written = $state.raw<{ changes: number; media: number }>();
	taken = $state.raw<Taken | Problem>();

	/** Writes down what waits and hands it over as a file. */
	async write(holder: Holder): Promise<void> {
		const { device } = holder.session;
		const at = new Date().toISOString();
		const { file, changes, media } = await alone(holder, (place, key) =>
			writeOutbox(place, key, { name: device.name, at })
		);
		[this.whose, this.written, this.taken] = [holderKey(holder.session), { changes, media }, undefined];
		if (changes + media > 0) download(`temoin-${nameOf(device.name)}-${at.slice(0, 10)}.temoin`, file);
	}

	/** Takes the receipts that came back. */
	async take(holder: Holder, file: Blob): Promise<void> {
		const text = await file.text();
		const taken = await alone(holder, (place, key) => takeReceiptsFile(place, key, text));
		[this.whose, this.written, this.taken] = [holderKey(holder.session), undefined, taken];
		here.wake(); // an open vault writes down at once what the receipts cleared
	}
}

export const stick = new Stick();

/** One at a time for a person's database: an exchange may be under way, here or in another tab. */
const alone = async <T>(holder: Holder, work: (place: Place, key: string) => Promise<T>): Promise<T> => {
	const place = placeOf(holder.session);
	return await navigator.locks.request(exchangeLock(databaseName(place.structure, place.person)), () =>
		work(place, holder.locks!.key)
	);
};

/** A device's name as a part of a file's. */
export const nameOf = (device: string): string =>
	device
		.normalize('NFD')
		.replace(/\p{M}/gu, '')
		.replace(/[^A-Za-z0-9]+/g, '-')
		.replace(/^-|-$/g, '')
		.toLowerCase();
