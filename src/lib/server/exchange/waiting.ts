import { fits, FROM_DEVICE, FROM_PERSON, filledBy, type Waiting } from '../../domain/quota';
import { newId, type App } from '../app';
import { chunks, writeSetting, type Reader, type Trx } from '../database/store';

/** The setting that is another whenever something has left quarantine without the office's decision: its device is to ask
 * again, and there is place. */
export const LEFT = 'accepted';

export const noteLeft = (app: App, trx: Trx, structure: string): Promise<void> =>
	writeSetting(trx, structure, LEFT, newId(app));

/** What of somebody waits in quarantine from one device, and when the office last decided on something of it. */
export type FromDevice = Waiting & { device: string; decidedAt: string | null };

export async function waitingOf(db: Reader, structure: string, person: string): Promise<FromDevice[]> {
	const rows = await db
		.selectFrom('quarantine')
		.select((eb) => [
			'device_id',
			eb.fn.max('decided_at').as('decidedAt'),
			eb.fn.sum(eb.case().when('decision', 'is', null).then(1).else(0).end()).as('lines'),
			eb.fn.sum(eb.case().when('decision', 'is', null).then(eb.ref('bytes')).else(0).end()).as('bytes')
		])
		.where('structure_id', '=', structure)
		.where('person_id', '=', person)
		.groupBy('device_id')
		.execute();
	// PostgreSQL's sums arrive as strings.
	return rows.map(({ device_id, decidedAt, lines, bytes }) => ({
		device: device_id,
		decidedAt,
		lines: Number(lines),
		bytes: Number(bytes)
	}));
}

const together = (all: readonly Waiting[]): Waiting => ({
	lines: all.reduce((sum, { lines }) => sum + lines, 0),
	bytes: all.reduce((sum, { bytes }) => sum + bytes, 0)
});

const ofDevice = (all: readonly FromDevice[], device: string): Waiting =>
	together(all.filter((one) => one.device === device));

/** How full a person's place in quarantine is for one of their devices, in percent. */
export const filledFor = (all: readonly FromDevice[], device: string): number =>
	Math.max(filledBy(ofDevice(all, device), FROM_DEVICE), filledBy(together(all), FROM_PERSON));

/** The place that is left for what comes of a person from one device: asked for each, in the order they came.
 * @returns whether there is place for so many bytes more, which are taken from then on */
export function placeFor(all: readonly FromDevice[], device: string): (bytes: number) => boolean {
	let [fromDevice, fromPerson] = [ofDevice(all, device), together(all)];
	return (bytes) => {
		const more = ({ lines, bytes: held }: Waiting): Waiting => ({ lines: lines + 1, bytes: held + bytes });
		if (!fits(more(fromDevice), FROM_DEVICE) || !fits(more(fromPerson), FROM_PERSON)) return false;
		[fromDevice, fromPerson] = [more(fromDevice), more(fromPerson)];
		return true;
	};
}

/** Drops what names one of these ids anywhere, whatever was decided of it: what was refused is kept as it came. */
export async function forgetNaming(app: App, trx: Trx, structure: string, ids: readonly string[]): Promise<void> {
	for (const part of chunks(ids, 50)) {
		const { numDeletedRows } = await trx
			.deleteFrom('quarantine')
			.where('structure_id', '=', structure)
			.where((eb) => eb.or(part.map((id) => eb(eb.fn('lower', ['raw']), 'like', `%${id.toLowerCase()}%`))))
			.executeTakeFirst();
		if (Number(numDeletedRows) > 0) await noteLeft(app, trx, structure);
	}
}

/** Drops what names this record and says these words. */
export async function forgetSaying(
	app: App,
	trx: Trx,
	structure: string,
	record: string,
	words: string
): Promise<void> {
	const written = JSON.stringify(words).slice(1, -1);
	const { numDeletedRows } = await trx
		.deleteFrom('quarantine')
		.where('structure_id', '=', structure)
		.where('raw', 'like', `%${record}%`)
		.where((eb) => eb('raw', '!=', eb.fn<string>('replace', ['raw', eb.val(written), eb.val('')])))
		.executeTakeFirst();
	if (Number(numDeletedRows) > 0) await noteLeft(app, trx, structure);
}
