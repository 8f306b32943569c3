import type { Waiting } from '$lib/domain/waiting';
import { plainName } from '$lib/domain/plain-name';
import type { Holder } from '$lib/local/database';
import { holderKey } from '$lib/local/holders';
import { writeOutbox } from '$lib/local/stick/outbox-file';
import { takeReceiptsFile, type Problem, type TakenReceipts } from '$lib/local/stick/receipts-file';
import type { Seat } from '$lib/local/vault';
import { dayOf } from '$lib/words/format';
import { download } from './download';
import { here } from './here.svelte';
import { isoAt, platform } from './platform';
import { exchangeLock, seatOf } from './stay';

/** What somebody has not sent, carried by hand: open or locked. What became of it outlives the panel that shows it: choosing
 * a file may send the app to the background, which locks it before the file is there. */
class Stick {
	/** Whose it is about. */
	whose = $state.raw<string>();
	written = $state.raw<Waiting>();
	taken = $state.raw<TakenReceipts | Problem>();

	/** Writes down what waits and hands it over as a file. */
	async write(holder: Holder): Promise<void> {
		const { device } = holder.session;
		const at = isoAt(platform);
		const isHere = here.session && holderKey(here.session) === holderKey(holder.session);
		const unwritten = isHere ? await here.stay.takeUnwritten() : [];
		const { file, waiting } = await alone(holder, (place, key) =>
			writeOutbox(place, key, { name: device.name, at }, unwritten)
		);
		[this.whose, this.written, this.taken] = [holderKey(holder.session), waiting, undefined];
		if (waiting.length > 0) download(`temoin-${plainName(device.name)}-${dayOf(at)}.temoin`, file);
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
const alone = async <T>(holder: Holder, work: (place: Seat, key: string) => Promise<T>): Promise<T> => {
	const place = seatOf(holder.session);
	return await platform.alone(exchangeLock(place), () => work(place, holder.locks!.key));
};
